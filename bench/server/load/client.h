// Client: one Yjs client that behaves on the wire as published clients do: sync step 1, its
// awareness, updates, and answers to the server's step 1.
//
// Clients belong to a Fleet (fleet.h) and live as long as it. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/connection.h"
#include "load/deliveries.h"
#include "load/dialect.h"
#include "load/progress.h"

namespace syncline::bench {

class Client;
class Fleet;

struct Document {
  std::string name;
  std::vector<Client*> clients;
  std::vector<ClockRange> known;   // the state that a connecting client reports
  std::vector<ClockRange> wanted;  // what it must have, besides an answer to step 1, to be synced
};

// The last presence that a client sent.
struct Presence {
  std::uint32_t clock = 0;
  Nanoseconds sent_at = 0;
};

class Client final : public Connection {
 public:
  Client(Fleet& fleet, Document& document, std::uint64_t id, bool writes);

  // Connects; reconnects if it was connected. The client is settled once it is synced or has
  // failed.
  void start();
  bool settled() const { return settled_; }

  // Types one character. Only for a client that writes.
  void write(Nanoseconds now);
  // Sends any update; Deliveries does not count it.
  void send_update(ByteView update);
  void tell_presence(Nanoseconds now);

  std::uint64_t id() const { return id_; }
  Document& document() const { return document_; }
  Writer* writer() const { return writer_.get(); }  // null if it only reads
  const Presence& presence() const { return presence_; }
  // This client has received all clocks of `client` below the result.
  std::uint32_t has_of(std::uint64_t client) const;

 private:
  void opened() override;
  void received(ByteView message) override;
  void lost(std::string_view why) override;

  Progress& progress(std::uint64_t client);
  void take_update(ByteView update);
  void take_awareness(ByteView update);
  void see_whether_synced();
  void settle();

  Fleet& fleet_;
  Document& document_;
  std::uint64_t id_;
  std::unique_ptr<Writer> writer_;
  Presence presence_;
  std::vector<Progress> progress_;
  Nanoseconds started_ = 0;
  bool answered_ = false;  // a step 2 has arrived
  bool synced_ = false;
  bool settled_ = false;
};

}  // namespace syncline::bench
