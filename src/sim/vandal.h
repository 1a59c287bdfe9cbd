// Vandal: a malicious or broken client. It sends garbage, cut and mutated messages, wrong lengths,
// updates of unknown documents, floods and wrong tokens, and does not read its socket.
//
// It may write to an object of its own, where anything is allowed except a crash and a difference
// between memory and log. On the objects of others it may only read, so nothing that it sends may
// change them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/connector.h"
#include "sim/world.h"
#include "syncline/crdt/doc.h"

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

class Vandal {
 public:
  Vandal(World& world, Connector& connector, VandalSettings settings);
  ~Vandal();

  void start();
  void stop();  // permanently

 private:
  class Handler;

  void connect();
  void act_later();
  void act();
  void authenticate();
  void send(Bytes message);
  Bytes garbage();
  Bytes framed(ByteView sync_body_update, std::uint64_t kind);
  Bytes mutated();
  Bytes out_of_nowhere();
  void flood();

  World& world_;
  Connector& connector_;
  const VandalSettings settings_;
  const std::string name_;
  Dice dice_;
  Loop loop_;
  crdt::Doc doc_;
  Bytes last_update_;
  std::shared_ptr<Vandal*> handle_;
  session::Connection* connection_ = nullptr;
  std::uint64_t connections_ = 0;
  bool stopped_ = false;
};

}  // namespace syncline::sim
