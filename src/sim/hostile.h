// Hostile: a client that follows the protocol and wants more than its share. Each does one thing:
//
//   flood        many small messages; several such clients have one address
//   waiting      changes whose predecessors never come
//   presence     large presence: many awareness ids with large states
//   large        changes that are large or do much, which go to the workers
//   slow reader  does not read what it gets
//   opener       opens one document after the other, also while memory is full
//   asker        asks the HTTP API for many long answers at once, and often leaves before it has them
//
// Those that write have an object of their own (is_junk), so nothing that they do may change the
// objects of others. What the server owes them is checked where they are told it:
//
//   I3 served    for lack of memory, a client is told to come back, not to stay away
//   I11 bounded  no document is opened while memory is full
//
// What they may take of the server, Siege checks (sim/siege.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sim/api_user.h"
#include "sim/attacker.h"
#include "syncline/crdt/awareness.h"

namespace syncline::sim {

struct HostileSettings {
  enum Kind : std::uint8_t {
    kFlood,
    kWaiting,
    kPresence,
    kLarge,
    kSlowReader,
    kOpener,
    kAsker,
    kCount
  };

  std::size_t number = 0;
  Kind kind = kFlood;
  std::string workspace;
  std::string object;
  std::string token;
  std::string address = {};  // of its network; "": it has one of its own
  std::uint64_t every_us = 1'000'000;
  std::uint64_t most = 1;                    // of what it does at a time
  std::uint64_t in_all = ~std::uint64_t{0};  // in the whole run
};

std::string_view to_string(HostileSettings::Kind kind);

class Hostile final : public Attacker {
 public:
  // Since when memory has been full without a break, in the present process; nullopt: it is not.
  using FullSince = std::function<std::optional<std::uint64_t>()>;

  Hostile(World& world, Connector& connector, Server& server, HostileSettings settings,
          FullSince full_since);

  const HostileSettings& settings() const { return settings_; }
  // How many it was told are present, on the present connection.
  std::size_t told_present() const { return connected() ? present_.present() : 0; }

 private:
  bool connects() const override { return settings_.kind != HostileSettings::kAsker; }
  Hello hello() override;
  void opened() override;
  void received(ByteView message) override;
  void act() override;

  void flood();
  void send_waiting();
  void send_presence();
  void send_large();
  void stop_reading_for_long();
  void open_document();
  void ask();
  void take_presence(ByteView update);
  void take_hocuspocus(ByteView message);

  Server& server_;
  const HostileSettings settings_;
  const FullSince full_since_;
  std::uint64_t done_ = 0;  // of what settings_.in_all limits
  // ---- of the present connection
  crdt::Awareness present_;
  std::uint64_t ids_ = 0;  // for which it has spoken
  std::map<std::string, std::optional<std::uint64_t>, std::less<>> opened_;  // and full since when
};

}  // namespace syncline::sim
