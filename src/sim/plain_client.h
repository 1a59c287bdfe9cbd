// PlainClient: what lodgers (sim/lodgers.h) and holders (sim/holder.h) have in common: an attacker (sim/attacker.h) that
// opens one document as it should, writes into it, is present, and looks at every message that it gets. It does not read
// what others write.
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "protocol/y_sync.h"
#include "sim/attacker.h"

namespace syncline::sim {

class PlainClient : public Attacker {
 protected:
  struct Place {
    bool hocuspocus = false;
    std::string workspace;
    std::string object;
    std::string token;
    std::string tenant = {};  // that the address names
  };

  PlainClient(World& world, Connector& connector, const Nature& nature)
      : Attacker(world, connector, nature) {}

  // Where it goes now, with which token. Asked for each connection.
  virtual Place choose() = 0;
  // A message, before anything is made of it.
  virtual void shown(std::string_view bytes) = 0;
  // It is told something of the document, or of those who are present.
  virtual void served() = 0;
  // What was sent is saved.
  virtual void saved() {}

  const Place& place() const { return place_; }
  // It may send: the server has let it in, or has not said that it will not.
  bool welcome() const { return connected() && welcome_; }
  void announce(std::string_view state);
  void say(std::string_view text);  // to everybody; only of Hocuspocus
  // Inserts the mark; erases everything when it is there `most` times.
  void write(std::string_view mark, std::uint64_t most);

 private:
  Hello hello() override;
  void opened() override;
  void closed(std::uint16_t) override { welcome_ = false; }
  void received(ByteView message) override;
  void greet();
  void take_y(std::uint64_t kind);
  void take_hocuspocus(std::uint64_t kind, ByteReader& in);
  Bytes framed(ByteView payload, protocol::SyncKind kind) const;

  Place place_;
  bool welcome_ = false;
  std::uint64_t clock_ = 0;
};

}  // namespace syncline::sim
