#include "sim/oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/byte_writer.h"
#include "base/qualified_name.h"
#include "base/sha256.h"
#include "crdt/update_writer.h"
#include "log/audit.h"
#include "sim/actor_order.h"
#include "sim/archivist.h"
#include "sim/canonical_json.h"
#include "sim/guests.h"
#include "sim/invariants.h"

#include "sim/clearer.h"
#include "sim/locksmith.h"
#include "sim/newsroom.h"
#include "sim/producer.h"
#include "sim/remover.h"
#include "sim/stored_log.h"
#include "sim/straggler.h"
#include "sim/uploader.h"
#include "sim/warden.h"
#include "state/rules_replay.h"
#include "store/reads.h"
#include "store/retention.h"
#include "syncline/crdt/updates.h"

namespace syncline::sim {
namespace {

// Answers that were already being made when a queue went over its limit, for the few documents of a
// connection.
constexpr std::size_t kBeforeToken = 1000;  // messages that a session holds
constexpr std::size_t kOverLimit = 32;

// Objects with generations, and objects that the server itself edits: whoever asks for that looks at them.
bool looked_at_by_others(const ObjectName& name) {
  return name.first == Remover::kWorkspace || name.first == Clearer::kWorkspace ||
         name.first == Newsroom::kWorkspace || name.first == Straggler::kWorkspace;
}

std::string shown(const crdt::IdSet& ids) {
  const auto& [client, ranges] = *ids.clients().begin();
  return fmt::format("client {} clocks {}..{}", client, ranges.front().clock,
                     ranges.front().end() - 1);
}

crdt::IdSet without(crdt::IdSet ids, const crdt::IdSet& known) {
  ids.remove(known);
  return ids;
}

crdt::IdSet ids_of(const crdt::StateVector& vector, const std::set<crdt::ClientId>& except) {
  crdt::IdSet ids;
  for (const auto& [client, clock] : vector.clients())
    if (!except.contains(client)) ids.add(client, 0, clock);
  return ids;
}

// The document's bytes with the blocks that a replica has after learning everything at once. The
// borders of blocks depend on the order in which changes came, which differs between replicas.
Bytes canonical_bytes(const crdt::Doc& doc) {
  crdt::Doc copy = make_reference();
  static_cast<void>(copy.apply_update(doc.encode_state_as_update()));
  return copy.encode_state_as_update();
}

}  // namespace

// The events of one object, and all ids that they contain.
struct Oracle::History {
  std::vector<log::Event> events;
  Acked logged;
};

namespace {

const Oracle::History kNoHistory;

// The snapshots with a correct checksum. Readers skip the others.
std::map<log::Position, log::Snapshot> snapshots_of(const store::Tables& tables,
                                                    const ObjectName& name) {
  std::map<log::Position, log::Snapshot> snapshots;
  for (log::Position at = log::kNow;;) {
    auto snapshot = store::read_snapshot(tables, name.first, name.second, at);
    if (!snapshot || !*snapshot) return snapshots;
    at = (*snapshot)->position - 1;
    snapshots.emplace((*snapshot)->position, std::move(**snapshot));
  }
}

// How the document of a snapshot differs; "" if it does not.
std::string differs_from(const log::Snapshot& snapshot, const crdt::Doc& doc) {
  crdt::Doc restored = make_reference();
  auto applied = snapshot.base == 0
                     ? Result<crdt::ApplyResult>()
                     : restored.apply_update(snapshot.base_bytes, crdt::UpdateVersion::kV2);
  if (applied) applied = restored.apply_update(snapshot.bytes, crdt::UpdateVersion::kV2);
  return applied ? difference(restored, doc) : applied.error().message;
}

crdt::Doc replay(const Oracle::History& history) {
  crdt::Doc doc = make_reference();
  for (const log::Event& event : history.events) static_cast<void>(doc.apply_update(event.intent));
  return doc;
}

// True if one clock of a client occurs in two events.
bool claims_twice(const ObjectName& name, std::span<const log::Event> events) {
  crdt::IdSet claimed;
  for (const log::Event& event : events) {
    if (event.object != name.second) continue;
    const auto meta = crdt::update_meta(event.intent, crdt::UpdateVersion::kV1);
    if (!meta) continue;
    if (without(meta->inserts, claimed) != meta->inserts) return true;
    claimed.add(meta->inserts);
  }
  return false;
}

}  // namespace

bool is_ambiguous(const ObjectName& name, std::span<const log::Event> events) {
  if (!is_junk(name)) return false;
  crdt::Doc doc = make_reference();
  bool waited = false;
  for (const log::Event& event : events) {
    if (event.object != name.second) continue;
    static_cast<void>(doc.apply_update(event.intent));
    waited |= !doc.missing().clients().empty();
  }
  return waited && claims_twice(name, events);
}

bool is_confused(const World& world, const crdt::Doc& doc) {
  return world.probes[Probe::client_doubled] > 0 &&
         !differs_from({.bytes = doc.encode_state_as_update({}, crdt::UpdateVersion::kV2)}, doc)
              .empty();
}

bool is_confused(const World& world, const ObjectName& name, std::span<const log::Event> events,
                 log::Position at) {
  crdt::Doc doc = make_reference();
  for (const log::Event& event : events)
    if (event.object == name.second && event.position <= at)
      static_cast<void>(doc.apply_update(event.intent));
  return is_confused(world, doc);
}

crdt::Doc make_reference() {
  crdt::Doc doc({.clean_formats = false});
  doc.text("content");
  doc.map("meta");
  doc.array("list");
  doc.xml_fragment("tree");
  return doc;
}

bool is_junk(const ObjectName& name) {
  return name.second == "junk";
}

std::string difference(const crdt::Doc& a, const crdt::Doc& b) {
  const crdt::StateVector first = a.state_vector();
  const crdt::StateVector second = b.state_vector();
  if (first != second) {
    for (const auto& [client, clock] : first.clients())
      if (second.get(client) != clock)
        return fmt::format("of client {} one knows {} clocks, the other {}", client, clock,
                           second.get(client));
    return "one knows a client that the other does not";
  }
  if (a.delete_set() != b.delete_set()) return "their delete sets differ";
  const std::string one = canonical_json(a.to_json());
  const std::string two = canonical_json(b.to_json());
  if (one == two) {
    // Waiting updates are part of the bytes, and only some replicas have them.
    const bool complete = a.missing().clients().empty() && b.missing().clients().empty();
    return !complete || canonical_bytes(a) == canonical_bytes(b) ? "" : "their bytes differ";
  }
  const auto at = std::ranges::mismatch(one, two);
  const auto place = static_cast<std::size_t>(at.in1 - one.begin());
  const std::size_t from = place < 20 ? 0 : place - 20;
  return fmt::format("their content differs at byte {}: …{} / …{}", place, one.substr(from, 60),
                     two.substr(from, 60));
}

bool Oracle::load(const store::Tables& tables, std::map<ObjectName, History>& histories) {
  const auto names = store::read_workspaces(tables, "", 1000);
  if (!names) {
    world_.violated(std::string(kDurable), names.error().message);
    return false;
  }
  for (const std::string& workspace : *names) {
    std::vector<log::Event> all;
    for (;;) {
      auto some = store::read_events(tables, workspace, all.size(), {});
      if (!some) {
        world_.violated(std::string(kDurable), some.error().message);
        return false;
      }
      if (some->empty()) break;
      std::ranges::move(*some, std::back_inserter(all));
    }
    check_stamps(workspace, all);
    check_payloads(workspace, all);
    check_rules(tables, workspace, all);
    if (workspace == Guests::kWorkspace) continue;  // of types that are not known here
    // Files and streams have oracles of their own.
    if (workspace == Uploader::kWorkspace || workspace == Producer::kWorkspace) continue;
    if (Archivist::is_copy(workspace)) continue;  // compared with the original by its archivist
    if (!split_name(workspace).tenant.empty()) continue;  // their lodgers look at them
    if (workspace == Locksmith::kWorkspace) continue;     // the locksmith looks at it
    if (workspace == Warden::kWorkspace) continue;        // the same with the warden
    if (workspace == log::kSystemWorkspace) continue;     // no document
    for (log::Event& event : all) {
      if (log::is_system_object(event.object)) continue;  // no document: check_rules looks at it
      History& history = histories[{workspace, event.object}];
      if (auto meta = crdt::update_meta(event.intent, crdt::UpdateVersion::kV1)) {
        history.logged.inserts.add(meta->inserts);
        history.logged.deletes.add(meta->deletes);
      }
      history.events.push_back(std::move(event));
    }
  }
  return true;
}

void Oracle::check_stamps(const std::string& workspace, const std::vector<log::Event>& events) {
  HlcStamp last;
  log::Era era;
  std::uint64_t accepted_ms = 0;
  for (const log::Event& event : events) {
    const bool begins = event.era.since == event.position;
    if (!begins && (event.era.since != era.since || event.accepted_ms() < accepted_ms))
      return world_.violated(
          std::string(kClock),
          fmt::format("{}, event {}: the time {} of the era that began at {} is before {} of {}",
                      workspace, event.position, event.accepted_ms(), event.era.since, accepted_ms,
                      era.since));
    era = event.era;
    accepted_ms = event.accepted_ms();
    if (event.hlc <= last)
      return world_.violated(std::string(kClock),
                             fmt::format("{}, event {}: {} is not after {}", workspace,
                                         event.position, to_string(event.hlc), to_string(last)));
    last = event.hlc;
  }
  if (max_unix_ms_ > 0 && last.unix_ms() > max_unix_ms_ + 1000)
    world_.violated(std::string(kClock),
                    fmt::format("{}: {} is ahead of every wall clock", workspace, to_string(last)));
}

// The digest of a payload must not reveal anything about it, so a unique salt is hashed first
// (docs/formats/log.md).
void Oracle::check_payloads(const std::string& workspace, const std::vector<log::Event>& events) {
  std::set<log::Salt> salts;
  for (const log::Event& event : events) {
    if (event.dropped_payload) continue;
    ByteWriter payload;
    if (event.version > log::kUnsaltedVersion) {
      if (!salts.insert(event.salt).second)
        return world_.violated(kAudit, fmt::format("{}, event {} has the salt of an earlier one",
                                                   workspace, event.position));
      payload.append(ByteView(event.salt));
    }
    payload.var_buffer(event.intent);
    payload.var_buffer(event.effect);
    if (log::payload_digest(event) != sha256(payload.view()))
      return world_.violated(kAudit, fmt::format("{}, event {}: the digest is not that of its salt "
                                                 "and payload",
                                                 workspace, event.position));
  }
}

// Pins, the rule and the hold in the store are those that the events say (log/rules.h), and no payload of an
// object that holds them is ever dropped.
void Oracle::check_rules(const store::Tables& tables, const std::string& workspace,
                         const std::vector<log::Event>& events) {
  const auto broken = [&](std::string_view what) {
    world_.violated(std::string(kDurable), fmt::format("{}: {}", workspace, what));
  };
  state::RulesReplay rules;
  for (const log::Event& event : events)
    if (const auto taken = rules.take(event); !taken) return broken(taken.error().message);
  std::map<std::string, log::Pin, std::less<>> pins;
  const auto stored = store::read_pins(tables, workspace, "", 100'000);
  if (!stored) return broken(stored.error().message);
  for (const log::Pin& pin : *stored) pins.emplace(pin.name, pin);
  const auto retention = store::read_retention(tables, workspace);
  if (!retention) return broken(retention.error().message);
  if (pins != rules.held().pins) return broken("the pins are not those that the events say");
  if (retention->rule != rules.held().retention || retention->hold != rules.held().hold)
    broken("the rule or the hold is not the one that the events say");
}

void Oracle::check_promises(const std::map<ObjectName, History>& histories) {
  for (const auto& [name, acked] : book_.acked()) {
    const auto found = histories.find(name);
    const History& history = found == histories.end() ? kNoHistory : found->second;
    crdt::IdSet inserts = without(acked.inserts, history.logged.inserts);
    crdt::IdSet deletes = without(acked.deletes, history.logged.deletes);
    // Merging also deletes: what is inserted into something deleted, and what loses a key to
    // another value.
    if (!deletes.empty()) deletes = without(std::move(deletes), replay(history).delete_set());
    if (inserts.empty() && deletes.empty()) continue;
    return world_.violated(
        std::string(kDurable),
        inserts.empty()
            ? fmt::format("{}: the acknowledged delete of {} is lost", shown(name), shown(deletes))
            : fmt::format("{}: acknowledged, {} is lost", shown(name), shown(inserts)));
  }
}

void Oracle::check_shown(const std::map<ObjectName, History>& histories, const Clients& clients) {
  for (const auto& client : clients) {
    for (const Replica& replica : client->replicas()) {
      const auto found = histories.find(replica.name);
      const crdt::IdSet known = ids_of(replica.editor->doc().state_vector(), replica.own);
      const crdt::IdSet lost =
          without(known, found == histories.end() ? crdt::IdSet{} : found->second.logged.inserts);
      if (lost.empty()) continue;
      return world_.violated(std::string(kDurable),
                             fmt::format("{} was shown {} of {}, which is not in the log",
                                         client->name(), shown(lost), shown(replica.name)));
    }
  }
}

void Oracle::check_recovered(const store::Tables& tables, const Clients& clients) {
  std::map<ObjectName, History> histories;
  if (!load(tables, histories)) return;
  check_promises(histories);
  if (!rolled_back_) check_shown(histories, clients);
}

void Oracle::check_bounds(Server& server, Network& network) {
  server.note_clock();
  const Server::Process* process = server.process();
  if (process == nullptr) return;
  const session::Limits& limits = plan_.server.limits;
  for (const auto& wire : network.wires()) {
    const std::size_t queued = wire->queued_bytes(Side::kServer);
    const std::size_t bound = limits.queue_bytes + 2 * wire->largest_message(Side::kServer) + 8'000;
    if (queued > bound)
      return world_.violated(std::string(kBounded),
                             fmt::format("{} bytes are queued for {}, more than {}", queued,
                                         wire->hello().client, bound));
  }
  for (const auto& wire : network.wires()) {
    const std::size_t over = wire->sent_over_limit(Side::kServer);
    if (over > kOverLimit && wire->hello().number < plan_.clients.size())
      return world_.violated(std::string(kBounded),
                             fmt::format("{} messages were queued for {}, who reads too slowly",
                                         over, wire->hello().client));
  }
  // The session stops reading at one more than the limit. What came before its token was judged is there already.
  const std::size_t early = plan_.issuer.on ? kBeforeToken : 0;
  std::uint64_t waiting = 0;
  std::uint64_t opened = 0;
  std::uint64_t resets = 0;
  for (std::size_t i = 0; i < process->shards.size(); ++i) {
    const node::Shard& shard = *process->shards.at(i);
    check_changes(shard, limits.inflight_updates, early);
    waiting += shard.workspace_counters.changes_accepted - shard.workspace_counters.changes_settled;
    opened += shard.session_counters.opened;
    resets += shard.workspace_counters.resets;
  }
  const std::uint64_t bound = (limits.inflight_updates + 1) * 2 * (1 + opened);
  if (resets == 0 && waiting > bound)
    world_.violated(std::string(kBounded),
                    fmt::format("{} changes wait for the disk, more than {}", waiting, bound));
}

void Oracle::check_changes(const node::Shard& shard, std::size_t most, std::size_t early) {
  if (shard.session_counters.most_inflight > most + 1 + early)
    world_.violated(
        std::string(kBounded),
        fmt::format("{} updates of one session were on their way to the disk, more than {}",
                    shard.session_counters.most_inflight, most));
}

namespace {

const Wire* wire_of(const std::vector<std::shared_ptr<Wire>>& wires, const Client& client) {
  for (const auto& wire : wires)
    if (wire->hello().number == client.settings().number &&
        wire->hello().connection == client.connections())
      return wire.get();
  return nullptr;
}

}  // namespace

void Oracle::check_told(Server& server, Network& network, const Clients& clients) {
  if (server.process() == nullptr) return;
  const DiskTables& stored = server.process()->store->tables();
  const auto wires = network.wires();
  for (const auto& client : clients)
    for (Replica& replica : client->replicas()) {
      const bool waited = std::exchange(replica.waited, 0) > 0;
      const Wire* wire = waited ? wire_of(wires, *client) : nullptr;
      // A client that fell behind gets what is already queued before it gets what it missed.
      if (wire != nullptr && !wire->was_congested(Side::kServer))
        check_order_told(stored, *client, replica);
      if (!client->refusable() || client->suspect() || replica.acks == replica.acks_checked)
        continue;
      replica.acks_checked = replica.acks;
      if (!client->settings().read_only && !rolled_back_) check_acks(stored, *client, replica);
    }
}

// The client had to wait for what a change builds on. So had the server, if a client sends a new
// edit before it has sent its offline edits.
void Oracle::check_order_told(const DiskTables& stored, const Client& client,
                              const Replica& replica) {
  if (is_junk(replica.name) || rolled_back_ || waited_.contains(replica.name)) return;
  const auto events = read_log(AppendedTables(stored), replica.name.first);
  if (!events) return;  // another oracle reports this
  crdt::Doc doc = make_reference();
  for (const log::Event& event : *events) {
    if (event.object != replica.name.second) continue;
    static_cast<void>(doc.apply_update(event.intent));
    if (doc.missing().clients().empty()) continue;
    waited_.insert(replica.name);
    return;
  }
  world_.violated(kOrder, fmt::format("{} was told of changes to {} before others that they need",
                                      client.name(), shown(replica.name)));
}

// Known changes count as saved. The client cannot tell which these are, because refusals come in
// between.
void Oracle::check_acks(const DiskTables& stored, const Client& client, Replica& replica) {
  const std::string actor = fmt::format("{}#{}", client.name(), client.connections());
  const std::vector<Bytes>* sent = book_.sent_by(replica.name, actor);
  const auto events = read_log(AppendedTables(stored), replica.name.first);
  if (sent == nullptr || !events) return;  // another oracle reports an unreadable log
  crdt::Doc doc = make_reference();
  for (const log::Event& event : *events)
    if (event.object == replica.name.second) static_cast<void>(doc.apply_update(event.intent));
  std::uint64_t held = 0;
  for (const Bytes& update : *sent) {
    const auto effect = doc.prepare(update);
    if (effect && !effect->changes) ++held;
  }
  world_.hit(Probe::acks_of_refusable);
  if (replica.acks > held)
    world_.violated(kDurable,
                    fmt::format("{} was told that {} of its updates of {} are durable, and "
                                "{} are",
                                client.name(), replica.acks, shown(replica.name), held));
}

void Oracle::check_all(const store::Tables& tables, const Clients& clients,
                       std::uint64_t max_unix_ms) {
  max_unix_ms_ = max_unix_ms;
  std::map<ObjectName, History> histories;
  if (!load(tables, histories)) return;
  check_promises(histories);
  for (const auto& [name, history] : histories) {
    if (looked_at_by_others(name)) continue;
    check_owners(name, history);
    check_history(name, history, tables, clients);
    if (world_.violation) return;
  }
}

void Oracle::check_replica(const store::Tables& tables, const ObjectName& name,
                           const std::string& who, const crdt::Doc& replica) {
  std::map<ObjectName, History> histories;
  if (load(tables, histories)) check_client(name, replica, who, replay(histories[name]));
}

void Oracle::check_owners(const ObjectName& name, const History& history) {
  if (is_junk(name)) return;  // what anybody may send
  const auto owners = book_.owners().find(name);
  for (const auto& [client, ranges] : history.logged.inserts.clients())
    if (owners == book_.owners().end() || !owners->second.contains(client))
      return world_.violated(
          std::string(kIsolation),
          fmt::format("{} holds something of client {}, which may not write there", shown(name),
                      client));
}

// Replays the log as a recovering server does, and compares everybody with the result.
void Oracle::check_history(const ObjectName& name, const History& history,
                           const store::Tables& tables, const Clients& clients) {
  crdt::Doc doc = make_reference();
  ActorOrder order(book_, name, history.events);
  const auto snapshots = snapshots_of(tables, name);
  const bool ambiguous = is_ambiguous(name, history.events);
  for (std::size_t index = 0; index < history.events.size(); ++index) {
    const log::Event& event = history.events[index];
    const auto effect = doc.prepare(event.intent);
    if (!effect)
      return world_.violated(std::string(kDurable),
                             fmt::format("{}, event {} cannot be replayed: {}", shown(name),
                                         event.position, effect.error().message));
    if (!effect->changes && !effect->waits())
      return world_.violated(std::string(kOnce),
                             fmt::format("{}, event {} by {} holds nothing new", shown(name),
                                         event.position, event.actor));
    if (!effect->waits_for.clients().empty()) world_.hit(Probe::change_waits);
    if (event.further_seqs > 0) world_.hit(Probe::updates_joined);
    if (const std::string fault = order.check(index, doc); !fault.empty())
      return world_.violated(std::string(kOrder),
                             fmt::format("{}, event {}: {}", shown(name), event.position, fault));
    if (auto applied = doc.apply_update(event.intent); !applied)
      return world_.violated(std::string(kDurable), applied.error().message);
    const auto snapshot = snapshots.find(event.position);
    if (snapshot == snapshots.end()) continue;
    if (snapshot->second.type != event.type)
      return world_.violated(kSnapshots,
                             fmt::format("{} at {} is said to be of type '{}'", shown(name),
                                         event.position, snapshot->second.type));
    if (ambiguous) continue;
    if (const std::string different = differs_from(snapshot->second, doc);
        !different.empty() && !is_confused(world_, doc))
      return world_.violated(std::string(kSnapshots),
                             fmt::format("{} at {}: {}", shown(name), event.position, different));
  }
  if (order.waited()) world_.hit(Probe::change_waits);
  if (ambiguous) return;
  if (is_junk(name)) world_.hit(Probe::junk_agreed);
  check_merged(name, history, doc);
  for (const auto& client : clients)
    for (const Replica& replica : client->replicas())
      if (replica.name == name) check_client(name, replica.editor->doc(), client->name(), doc);
}

void Oracle::check_merged(const ObjectName& name, const History& history,
                          const crdt::Doc& replayed) {
  std::vector<ByteView> updates;
  for (const log::Event& event : history.events) updates.emplace_back(event.intent);
  crdt::Doc doc = make_reference();
  const auto merged = crdt::merge_updates(updates, crdt::UpdateVersion::kV1);
  const bool applied = merged && doc.apply_update(*merged);
  // If a vandal sent two contents for one clock, the merge may keep the other one than replaying, which
  // keeps the one that it meets first.
  if (applied && is_junk(name) && claims_twice(name, history.events)) return;
  const std::string different = applied ? difference(replayed, doc) : "they cannot be merged";
  if (!different.empty() && !is_confused(world_, replayed) && !is_confused(world_, doc))
    world_.violated(std::string(kConvergence),
                    fmt::format("{}: replayed and merged: {}", shown(name), different));
}

void Oracle::check_client(const ObjectName& name, const crdt::Doc& replica,
                          const std::string& client, const crdt::Doc& replayed) {
  const std::string different = difference(replayed, replica);
  if (!different.empty() && !is_confused(world_, replayed) && !is_confused(world_, replica))
    world_.violated(std::string(kConvergence),
                    fmt::format("{}: the log and {}: {}", shown(name), client, different));
}

}  // namespace syncline::sim
