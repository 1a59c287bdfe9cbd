// Vandal: a malicious or broken client. It sends garbage, cut and mutated messages, wrong lengths,
// updates of unknown documents, floods and wrong tokens, and does not read its socket.
//
// It may write to an object of its own, where anything is allowed except a crash and a difference
// between memory and log. On the objects of others it may only read, so nothing that it sends may
// change them.
#pragma once

#include <cstdint>
#include <string>

#include "sim/attacker.h"

namespace syncline::sim {

struct VandalSettings {
  std::size_t number = 0;
  bool hocuspocus = false;
  std::string workspace;
  std::string object;
  std::string token;
  bool may_write = false;
  std::uint64_t every_us = 1'000'000;
};

class Vandal final : public Attacker {
 public:
  Vandal(World& world, Connector& connector, const VandalSettings& settings);

 private:
  Hello hello() override;
  void opened() override;
  void closed(std::uint16_t code) override;
  void act() override;

  Bytes garbage();
  Bytes framed(ByteView sync_body_update, std::uint64_t kind);
  Bytes mutated();
  Bytes out_of_nowhere();
  void flood();

  const VandalSettings settings_;
};

}  // namespace syncline::sim
