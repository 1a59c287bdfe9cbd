// Fleet: all clients of a run, the documents that they share, and the loop that drives them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_writer.h"
#include "cli/load/histogram.h"
#include "load/client.h"
#include "load/connection.h"
#include "load/deliveries.h"
#include "load/updates.h"

namespace syncline::bench {

// The server under test, and its protocol.
struct Target {
  std::uint16_t port = 0;
  std::string path = "/";  // the part of the URL before the name of the document
  std::string query;       // the part after it, for writing clients, such as ?ack=1
  Dialect dialect = Dialect::kYWebsocket;
  std::string token;   // Hocuspocus
  bool saves = false;  // it reports to each writer which updates are durable

  std::string path_of(std::string_view document, bool writes) const;
};

// Presence messages while they are timed, and their delivery to others.
struct PresenceAccount {
  bool timed = false;
  Nanoseconds from = 0;
  std::uint64_t messages = 0;  // all that were received, timed or not
  std::uint64_t expected = 0;  // deliveries of what was sent since `from`
  std::uint64_t delivered = 0;
  cli::Histogram latency;  // nanoseconds

  void arrived(Nanoseconds sent_at, bool newest, Nanoseconds now) {
    if (!newest || sent_at < from) return;
    ++delivered;
    latency.record(static_cast<std::uint64_t>(now - sent_at));
  }
};

class Fleet {
 public:
  explicit Fleet(Target target) : target_(std::move(target)) {}

  Document& add_document(std::string name);
  std::size_t documents() const { return documents_.size(); }
  Client& add_client(Document& document, bool writes);
  std::vector<Client*> all() const;

  // Runs the loop until `tick` returns kDone, or until `limit` seconds have passed; returns false
  // in the second case. `tick` does what is due and returns the latest time at which it must be
  // called again. It may be called earlier.
  static constexpr Nanoseconds kDone = 0;
  using Tick = std::function<Nanoseconds(Nanoseconds now)>;
  bool run(double limit, const Tick& tick);

  // Starts these clients, `at_once` at a time, until each is synced or has failed. Returns the time
  // that it took, in seconds.
  double open(std::span<Client* const> clients, std::size_t at_once, double limit);
  // Waits until the server has been silent for 0.3 s, at most 5 s.
  void quiet_down();
  void pause(double seconds);
  // Waits until every update has arrived everywhere, and is durable if the server reports this.
  // False if the limit was reached first.
  bool drain(double limit);

  void settled(Client& client);
  void fail(std::string_view why);

  const Target& target() const { return target_; }
  Wire& wire() { return wire_; }
  Deliveries& deliveries() { return deliveries_; }
  UpdateReader& updates() { return updates_; }
  // Null if the id does not belong to this fleet.
  Client* client(std::uint64_t id);

  // Empty buffers for one message and for one update. Discards their previous content.
  ByteWriter& message();
  ByteWriter& update();

  PresenceAccount presence;
  cli::Histogram sync_time;  // nanoseconds from start() to synced
  std::uint64_t unreadable = 0;
  std::uint64_t failures = 0;
  std::string first_failure;

 private:
  Target target_;
  Wire wire_;
  Deliveries deliveries_;
  UpdateReader updates_;
  ByteWriter message_;
  ByteWriter update_;
  std::uint64_t settled_ = 0;
  std::vector<std::unique_ptr<Document>> documents_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace syncline::bench
