// The invariants, as code. Each is reported by its name:
//
//   I1 convergence             clients, server, the log replayed and its updates merged are equal
//   I2 acked means durable     and nobody was shown what a crash took back
//   I3 exactly once            nothing known is logged again; honest clients are never refused
//   I4 order                   nothing of one actor is reordered or skipped
//   I6 isolation               no id of one object turns up in another
//   I10 clock                  stamps of a log grow, and stay near the wall clocks
//   I11 bounded                queues stay within their limits
//   I12 liveness               in step within the time given (sim/run.cpp)
//   I15 determinism            the same seed, the same hash (sim/run.h)
//   I17 snapshots              a snapshot is what replaying gives
//
// Everything is judged from the disk's own content and from what clients were told, never from
// what the server believes.
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
  struct History;  // of one object, as the log has it

  Oracle(World& world, const Book& book, const Plan& plan)
      : world_(world), book_(book), plan_(plan) {}

  // After a recovery: what was promised, and what was shown, is there.
  void check_recovered(const store::Tables& tables, const Clients& clients);

  // An older copy of the disk has come back: what had been shown may be gone.
  void rolled_back() { rolled_back_ = true; }

  // Now and then: limits hold.
  void check_bounds(Server& server, Network& network);

  // Now and then: who is told everything is told it in order, and whose updates may be refused is told
  // that no more of them are durable than are.
  void check_told(Server& server, Network& network, const Clients& clients);

  // When all is quiet. `clients` with those that joined late; `tables` with the payloads of all events
  // (AppendedTables), or what a real server left behind. `max_unix_ms`: the highest that any of the
  // server's clocks has shown.
  void check_all(const store::Tables& tables, const Clients& clients, std::uint64_t max_unix_ms);

  // `replica` of someone who is no Client of ours and knows all, held to the log.
  void check_replica(const store::Tables& tables, const ObjectName& name, const std::string& who,
                     const crdt::Doc& replica);

 private:
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
  // How far the log has come in what an actor has sent to an object.
  struct Progress {
    std::size_t next = 0;           // of its updates
    bool next_waits = false;        // that one had to wait for others, or may have had to
    std::vector<std::size_t> kept;  // those before it that wait, and are to be recorded later
  };
  bool check_actor(const ObjectName& name, const log::Event& event, const crdt::Doc& before,
                   std::map<std::string, Progress>& actors);
  void look_ahead(const ObjectName& name, const log::Event& event, const crdt::Doc& after,
                  std::map<std::string, Progress>& actors);
  void check_merged(const ObjectName& name, const History& history, const crdt::Doc& replayed);
  void check_client(const ObjectName& name, const crdt::Doc& replica, const std::string& client,
                    const crdt::Doc& replayed);

  World& world_;
  const Book& book_;
  const Plan& plan_;
  std::uint64_t max_unix_ms_ = 0;
  bool rolled_back_ = false;
  std::set<ObjectName> waited_;  // that held changes which waited for others
};

// Objects that only vandals write to: anything may be in them.
bool is_junk(const ObjectName& name);

// A vandal may say two things of one clock, and leave one of them waiting for what comes late or never.
// Which of the two a replica learns first decides then, and a merge cuts what waits where the other
// ends, which frees it: replaying, merging and restoring may give one state each, none of them wrong.
// So no state is expected of an object of theirs if among the workspace's `events` any of it waited,
// and any of its clocks came twice.
bool is_ambiguous(const ObjectName& name, std::span<const log::Event> events);

// The server refuses a second device under one id. What that sends later, under a new one, leans on its
// own idea of the old one and lands where nobody meant it, such as a list's values under a key. Of such
// a document other items are deleted when it is loaded than when it was edited, in Yjs as here.
// Whether an item is may turn on what had been deleted before it came: of two replicas that learned the
// same in another order one is confused, and the other need not be. Who compares them asks of both.
bool is_confused(const World& world, const crdt::Doc& doc);
// The same of the object as it was at a position.
bool is_confused(const World& world, const ObjectName& name, std::span<const log::Event> events,
                 log::Position at);

// How two documents differ, or nothing.
std::string difference(const crdt::Doc& a, const crdt::Doc& b);

}  // namespace syncline::sim
