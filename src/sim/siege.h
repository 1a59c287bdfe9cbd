// Siege: some runs have hostile clients (sim/hostile.h), a small memory plan, low rates, and workers
// that stand still for a while. This drives them, and checks the budgets:
//
//   I11 bounded   the connections of a network, or of a principal, send no faster than its rate and burst; no author has
//                 more changes wait than he may, and no object; while memory is short, no queue grows
//                 above the shorter limit; nobody is told of more who are present on an object than
//                 it may hold; everything that is counted returns to zero when everybody
//                 has left: connections, objects, queues, jobs
//   I12 liveness  a quiet client's edit is durable, and it is told so, soon after the server has read
//                 it, whatever others do and however long workers take (only in runs without faults)
//
// That nothing acknowledged is lost, the other oracles check in these runs, too.
//
// The memory of what is not simulated (the store, the allocator, sockets) is a share of the limit
// that the plan sets. What the product counts comes on top.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/client.h"
#include "sim/freeze.h"
#include "sim/hostile.h"
#include "sim/network.h"
#include "sim/plan.h"
#include "sim/server.h"

namespace syncline::sim {

class Siege {
 public:
  Siege(World& world, Network& network, Server& server, Freeze& freeze, const Plan& plan);
  ~Siege();

  void start();
  // Phase two: the hostile clients leave, and the memory of others is small.
  void heal();

  // Called every virtual second.
  void look(const std::vector<std::unique_ptr<Client>>& clients);
  // After everybody has left: what is still held or counted, for people; "" if nothing is.
  std::string what_remains();

 private:
  using Clients = std::vector<std::unique_ptr<Client>>;

  // The messages of a network, or of a principal of the hostile clients, since the present process began.
  struct Sent {
    std::map<std::uint64_t, std::uint64_t> taken;  // by connection
    std::size_t connections = 0;
    std::uint64_t messages = 0;
  };
  // The quiet client's edits that the server has, and has not confirmed.
  struct Watched {
    std::uint64_t connection = 0;
    std::uint64_t sent = 0;  // messages that must have been read
    std::uint64_t acks = 0;
    std::optional<std::uint64_t> read_us;
  };

  void measure();
  std::optional<std::uint64_t> full_since() const;
  bool same_process() const;
  void check_cache();
  void check_queues();
  void check_rates();
  void check_rate(const std::map<std::string, Sent>& all, const limits::Rate& rate) const;
  void check_waiting();
  void check_presence();
  void check_quiet(const Clients& clients);

  World& world_;
  Network& network_;
  Server& server_;
  Freeze& freeze_;
  const Plan& plan_;
  std::vector<std::unique_ptr<Hostile>> hostiles_;
  bool healed_ = false;
  std::uint64_t percent_;  // of the memory, that others use
  // ---- of the present process
  std::weak_ptr<const int> process_;
  std::uint64_t process_since_us_ = 0;
  std::optional<std::uint64_t> full_since_us_;
  std::optional<std::uint64_t> short_since_us_;
  std::map<std::string, Sent> networks_;
  std::map<std::string, Sent> principals_;  // by token
  std::map<std::pair<std::size_t, std::uint64_t>, std::size_t> queued_then_;
  Watched watched_;
};

}  // namespace syncline::sim
