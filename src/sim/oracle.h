// Oracle: the invariants, as code. Each is reported by its name:
//
//   I1 convergence             clients, server, the replayed log and its merged updates are equal
//   I2 acked means durable     and nobody was shown what a crash took back
//   I3 exactly once            nothing known is logged again; honest clients are never refused
//   I4 order                   nothing of one actor is reordered or skipped
//   I6 isolation               no id of one object appears in another
//   I10 clock                  the stamps of a log grow, and stay near the wall clocks
//   I11 bounded                queues stay within their limits
//   I12 liveness               clients converge within the given time (sim/run.cpp)
//   I15 determinism            the same seed gives the same hash (sim/run.h)
//   I17 snapshots              a snapshot equals the result of replaying
//
// The oracles judge by the content of the disk and by what clients were told, never by what the
// server believes.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "sim/book.h"
#include "sim/client.h"
#include "sim/plan.h"
#include "sim/server.h"
#include "store/tables.h"

namespace syncline::sim {

using Clients = std::vector<std::unique_ptr<Client>>;

class Oracle {
 public:
  struct History;  // of one object, from the log

  Oracle(World& world, const Book& book, const Plan& plan)
      : world_(world), book_(book), plan_(plan) {}

  // After a recovery: everything that was promised, and everything that was shown, exists.
  void check_recovered(const store::Tables& tables, const Clients& clients);

  // An older copy of the disk was brought back, so something that was shown may be missing.
  void rolled_back() { rolled_back_ = true; }

  // From time to time: the limits hold.
  void check_bounds(Server& server, Network& network);

  // From time to time: a client that is told everything is told it in order; and a client whose
  // updates may be refused is not told that more of them are durable than really are.
  void check_told(Server& server, Network& network, const Clients& clients);

  // At the end of the run. `clients` includes late joiners. `tables` must have the payloads of all
  // events (AppendedTables), or be those that a real server left behind. `max_unix_ms` is the
  // highest time that the server's clocks have shown.
  void check_all(const store::Tables& tables, const Clients& clients, std::uint64_t max_unix_ms);

  // Compares with the log a replica that is not one of our Clients and should know everything.
  void check_replica(const store::Tables& tables, const ObjectName& name, const std::string& who,
                     const crdt::Doc& replica);

 private:
  void check_changes(const node::Shard& shard, std::size_t most, std::size_t early);
  bool load(const store::Tables& tables, std::map<ObjectName, History>& histories);
  void check_promises(const std::map<ObjectName, History>& histories);
  void check_shown(const std::map<ObjectName, History>& histories, const Clients& clients);
  void check_order_told(const DiskTables& stored, const Client& client, const Replica& replica);
  void check_acks(const DiskTables& stored, const Client& client, Replica& replica);
  void check_rules(const store::Tables& tables, const std::string& workspace,
                   const std::vector<log::Event>& events);
  void check_payloads(const std::string& workspace, const std::vector<log::Event>& events);
  void check_stamps(const std::string& workspace, const std::vector<log::Event>& events);
  void check_owners(const ObjectName& name, const History& history);
  void check_history(const ObjectName& name, const History& history, const store::Tables& tables,
                     const Clients& clients);
  void check_merged(const ObjectName& name, const History& history, const crdt::Doc& replayed);
  void check_client(const ObjectName& name, const crdt::Doc& replica, const std::string& client,
                    const crdt::Doc& replayed);

  World& world_;
  const Book& book_;
  const Plan& plan_;
  std::uint64_t max_unix_ms_ = 0;
  bool rolled_back_ = false;
  std::set<ObjectName> waited_;  // that had changes which waited for others
};

// A replica that edits nothing and has the roots that the editors use.
crdt::Doc make_reference();

// Objects to which only vandals write. They may contain anything.
bool is_junk(const ObjectName& name);

// A vandal may send two different contents for one clock, and leave one of them waiting for an
// update that comes late or never. Which of the two a replica learns first then decides the result.
// A merge splits what waits where the other content ends, and so releases it. So replaying, merging
// and restoring may each give another state, and none is wrong. For such an object, no particular
// state is expected: if, among the workspace's `events`, a part of it waited and one of its clocks
// occurred twice.
bool is_ambiguous(const ObjectName& name, std::span<const log::Event> events);

// The server refuses a second device with the same id. What this device sends later, under a new
// id, refers to its own version of the old id, and lands in a place that nobody intended, such as
// values of a list under a key. After loading such a document, other items are deleted than after
// editing it, in Yjs as here. Which items are affected can depend on what was deleted before they
// arrived. So of two replicas that learned the same in different orders, one may be confused and
// the other not. A comparison must ask for both.
bool is_confused(const World& world, const crdt::Doc& doc);
// The same for an object at a position.
bool is_confused(const World& world, const ObjectName& name, std::span<const log::Event> events,
                 log::Position at);

// How two documents differ, or "".
std::string difference(const crdt::Doc& a, const crdt::Doc& b);

}  // namespace syncline::sim
