// Attacker: what vandals (sim/vandal.h) and hostile clients (sim/hostile.h) have in common: a
// connection that is made again some time after it ended, a document of its own, and something that
// the attacker does again and again. What that is, a derived class decides.
//
// Over a simulated or a real network (sim/connector.h). Thread-safety: none. The world and the
// connector must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sim/connector.h"
#include "sim/world.h"
#include "syncline/crdt/doc.h"

namespace syncline::sim {

class Attacker {
 public:
  virtual ~Attacker();
  Attacker(const Attacker&) = delete;
  Attacker& operator=(const Attacker&) = delete;

  void start();
  // Permanently: its process ends, and its connection with it.
  void stop();

  // How many it has made or tried to make; the number of the present one.
  std::uint64_t connections() const { return connections_; }

 protected:
  struct Nature {
    std::string_view kind;  // "vandal"; its first letter begins the name
    std::size_t number = 0;
    std::uint64_t every_us = 0;  // the mean pause between two acts
    crdt::ClientId client_id = 0;
  };

  Attacker(World& world, Connector& connector, const Nature& nature);

  // Whether it has connections at all. Asked once, at the start.
  virtual bool connects() const { return true; }
  // Where it connects to, and with which token. The name and the numbers are filled in afterwards.
  virtual Hello hello() = 0;
  virtual void opened() {}
  virtual void received(ByteView) {}
  virtual void closed(std::uint16_t) {}
  virtual void act() = 0;

  bool connected() const { return connection_ != nullptr; }
  session::Connection& connection() { return *connection_; }
  void send(Bytes message);
  // Leaves, and comes back some time later.
  void close();

  World& world_;
  const std::string name_;
  Dice dice_;
  Loop loop_;
  crdt::Doc doc_;
  Bytes last_update_;  // of doc_

 private:
  class Handler;

  void connect();
  void connect_later();
  void act_later();

  Connector& connector_;
  const std::size_t number_;
  const std::uint64_t every_us_;
  // Of the present connection. An earlier one finds nullptr there, and is not heard any more.
  std::shared_ptr<Attacker*> handle_;
  session::Connection* connection_ = nullptr;
  std::uint64_t connections_ = 0;
  bool stopped_ = false;
};

}  // namespace syncline::sim
