// RealWorld: runs the simulator's clients in the real world. The real clock drives their timeline,
// and their connections are real WebSockets. `syncline bench` and `syncline chaos` use it.
//
//   RealWorld real(seed, recording);
//   auto client = sim::make_client(real.world(), real, book, settings);
//   client->start();
//   real.run_until(real.now_us() + 5'000'000, [&] { return client->in_step(); });
//
// One thread. A client whose loop is paused reads nothing and answers no pings, like a stopped
// process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "backend/net/event_loop.h"
#include "backend/net/ws_client.h"
#include "sim/connector.h"
#include "sim/world.h"

namespace syncline::cli {

class RealWorld final : public sim::Connector {
 public:
  // `target_of` returns the target of the client with that number. Its path is put before the
  // client's own path.
  using TargetOf = std::function<backend::WsTarget(std::size_t client)>;

  RealWorld(std::uint64_t seed, bool recording);
  ~RealWorld() override;

  void set_target(TargetOf target_of) { target_of_ = std::move(target_of); }

  sim::World& world() { return world_; }
  backend::EventLoop& loop() { return loop_; }
  sim::Timeline& timeline() { return world_.timeline; }

  // Microseconds since the start, by the monotonic clock.
  std::uint64_t now_us() const;

  // Lets events happen until `end_us`, or until `done` returns true (it is called after every
  // turn), or until an invariant breaks.
  void run_until(std::uint64_t end_us, const std::function<bool()>& done = {});

  // ---- sim::Connector
  void connect(sim::Hello hello, sim::Loop& loop,
               std::unique_ptr<session::ConnectionHandler> handler) override;
  void process_gone(sim::Loop& loop, bool told) override;

 private:
  class Carrier;

  backend::EventLoop loop_;
  sim::World world_;
  const std::uint64_t start_us_;
  TargetOf target_of_;
  std::multimap<sim::Loop*, std::weak_ptr<backend::ClientSocket>> connections_;
};

// The path of a client's connection, relative to that of its target.
std::string path_of(const sim::Hello& hello);

}  // namespace syncline::cli
