#include "log/memory_event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/assert.h"
#include "base/crc32c.h"
#include "log/append_check.h"
#include "log/read_check.h"
#include "log/reply_gate.h"

namespace syncline::log {
namespace {

struct KeptSnapshot {
  Snapshot snapshot;
  std::uint32_t crc = 0;

  bool intact() const { return crc32c(snapshot.bytes) == crc; }
  bool milestone() const { return snapshot.bytes_since_milestone == 0; }
};

using KeptSnapshots = std::map<Position, KeptSnapshot>;

// What a delta extends; nullptr: damaged or gone.
const KeptSnapshot* base_of(const KeptSnapshots& kept, const Snapshot& delta) {
  const auto base = kept.find(delta.base);
  const bool there = base != kept.end() && base->second.milestone() && base->second.intact();
  return there ? &base->second : nullptr;
}

// The newest intact milestone at or before `at`; 0: there is none.
Position newest_milestone(const KeptSnapshots& kept, Position at) {
  for (auto next = kept.upper_bound(at); next != kept.begin();)
    if (--next; next->second.milestone() && next->second.intact()) return next->first;
  return 0;
}

struct Workspace {
  std::vector<Bytes> records;  // of position index + 1
  Head head;
  std::map<std::string, std::vector<Position>, std::less<>> objects;
  std::map<std::string, KeptSnapshots, std::less<>> snapshots;
  std::map<std::string, Pin, std::less<>> pins;
  Retention retention;
  std::vector<RetentionRecord> retention_records;
  std::uint64_t checkpoint_size = 0;
  std::optional<std::string> checkpoint;
  Position cut = 0;
  std::vector<Statement> origins;
};

class MemoryStates final : public StandingStates {
 public:
  explicit MemoryStates(const Workspace& workspace) : workspace_(workspace) {}

  Result<Position> last_event(std::string_view object, Position at) override {
    const auto found = workspace_.objects.find(object);
    if (found == workspace_.objects.end()) return 0;
    const auto after = std::ranges::upper_bound(found->second, at);
    return after == found->second.begin() ? 0 : *std::prev(after);
  }

  Result<bool> intact_milestone(std::string_view object, Position position) override {
    const auto found = workspace_.snapshots.find(object);
    if (found == workspace_.snapshots.end()) return false;
    const auto kept = found->second.find(position);
    return kept != found->second.end() && kept->second.intact() && kept->second.milestone();
  }

 private:
  const Workspace& workspace_;
};

}  // namespace

struct MemoryStore::State {
  CommitMode mode;
  std::map<std::string, Workspace, std::less<>> workspaces;
  std::deque<Task> waiting;
  std::optional<Error> failure;
  FailRead read_failure;

  void enqueue(Task task) {
    waiting.push_back(std::move(task));
    if (mode == CommitMode::kAtOnce) commit(waiting.size());
  }

  void commit(std::size_t count) {
    for (; count > 0 && !waiting.empty(); --count) {
      Task task = std::move(waiting.front());
      waiting.pop_front();
      task();
    }
  }

  const Workspace* find(std::string_view name) const {
    const auto found = workspaces.find(name);
    return found == workspaces.end() ? nullptr : &found->second;
  }

  Result<Appended> append(const std::string& name, std::vector<EncodedEvent>& events) {
    if (failure) return std::unexpected(*failure);
    const Workspace* existing = find(name);
    if (auto ok = check_follows(name, events, existing != nullptr ? existing->head : Head{}); !ok)
      return std::unexpected(ok.error());
    Workspace& workspace = workspaces[name];
    workspace.head = head_after(events);
    for (EncodedEvent& event : events) {
      workspace.objects[event.object].push_back(event.position);
      workspace.records.push_back(std::move(event.record));
    }
    return Appended{workspace.head.last_position, Durability::kDisk};
  }

  Result<void> put_checkpoint(const std::string& name, std::uint64_t size, std::string note);
  Result<void> put_origin(const std::string& name, Statement origin);
  Result<Retention> change_retention(const std::string& name, const RetentionChange& change);
  Result<DroppedPayloads> drop_payloads(const std::string& name, Position to,
                                        const std::vector<std::string>& skip);

  Result<void> put_snapshot(const std::string& name, const std::string& object, Snapshot snapshot) {
    if (failure) return std::unexpected(*failure);
    const auto found = workspaces.find(name);
    if (found == workspaces.end() || snapshot.position > found->second.head.last_position)
      return fail(ErrorCode::kInvalid, "snapshot of a position that the log does not have");
    auto& kept = found->second.snapshots[object];
    const auto same = kept.find(snapshot.position);
    const bool stands = same != kept.end() && same->second.intact() && same->second.milestone();
    const bool newer = std::any_of(kept.upper_bound(snapshot.position), kept.end(),
                                   [](const auto& each) { return each.second.intact(); });
    if ((stands || newer) && snapshot.bytes_since_milestone > 0) return {};
    const Position milestone = newest_milestone(kept, snapshot.position);
    if (auto ok = check_base(name, object, snapshot, milestone); !ok) return ok;
    while (!kept.empty()) {
      const auto& [position, last] = *kept.rbegin();
      if (position <= found->second.retention.floor) break;
      if (last.intact() && (position > snapshot.position || last.milestone())) break;
      kept.erase(std::prev(kept.end()));
    }
    const Position position = snapshot.position;
    const std::uint32_t crc = crc32c(snapshot.bytes);
    kept[position] = {std::move(snapshot), crc};
    return {};
  }

  Result<void> put_pin(const std::string& name, Pin pin) {
    if (failure) return std::unexpected(*failure);
    const auto found = workspaces.find(name);
    if (!is_pin_name(pin.name) || found == workspaces.end() ||
        pin.position > found->second.head.last_position)
      return fail(ErrorCode::kInvalid, "no such position, or no name for a pin");
    Retention& retention = found->second.retention;
    if (pin.position > 0 && pin.position < retention.floor)
      return std::unexpected(dropped_error(name, pin.position, retention.floor));
    if (found->second.pins.contains(pin.name)) retention.swept_to = 0;
    if (pin.position == 0 && found->second.pins.erase(pin.name) == 0)
      return fail(ErrorCode::kNotFound, "there is no pin " + pin.name);
    if (pin.position > 0) found->second.pins[pin.name] = std::move(pin);
    return {};
  }
};

Result<void> MemoryStore::State::put_checkpoint(const std::string& name, std::uint64_t size,
                                                std::string note) {
  if (failure) return std::unexpected(*failure);
  const auto found = workspaces.find(name);
  if (found == workspaces.end() || size > found->second.head.last_position)
    return fail(ErrorCode::kInvalid, "checkpoint of more events than the log has");
  if (found->second.checkpoint_size > size)
    return fail(ErrorCode::kConflict, "a checkpoint of more events is kept");
  found->second.checkpoint_size = size;
  found->second.checkpoint = std::move(note);
  return {};
}

Result<void> MemoryStore::State::put_origin(const std::string& name, Statement origin) {
  if (failure) return std::unexpected(*failure);
  const auto size_of = [](const Statement& each) {
    const auto said = peek_checkpoint(each.note);
    return said ? said->size : kNow;
  };
  const std::uint64_t size = size_of(origin);
  const auto found = workspaces.find(name);
  if (found == workspaces.end() || size > found->second.head.last_position)
    return fail(ErrorCode::kInvalid, "this log is not what its origin signed");
  auto& origins = found->second.origins;
  if (std::ranges::find(origins, origin) != origins.end()) return {};
  if (origins.size() >= kMaxStatements)
    return fail(ErrorCode::kTooLarge, "the log has had too many keepers");
  origins.insert(std::ranges::upper_bound(origins, size, {}, size_of), std::move(origin));
  return {};
}

Result<Retention> MemoryStore::State::change_retention(const std::string& name,
                                                       const RetentionChange& change) {
  if (failure) return std::unexpected(*failure);
  const auto found = workspaces.find(name);
  if (found == workspaces.end()) return fail(ErrorCode::kNotFound, "there is no workspace " + name);
  Workspace& workspace = found->second;
  auto changed = log::change_retention(workspace.retention, change, workspace.head.last_position);
  if (!changed) return changed;
  workspace.retention = *changed;
  if (change.act != RetentionAct::kRaiseFloor)
    workspace.retention_records.push_back({workspace.retention_records.size() + 1, change});
  return changed;
}

Result<DroppedPayloads> MemoryStore::State::drop_payloads(const std::string& name, Position to,
                                                          const std::vector<std::string>& skip) {
  if (failure) return std::unexpected(*failure);
  const auto found = workspaces.find(name);
  if (found == workspaces.end()) return fail(ErrorCode::kNotFound, "there is no workspace " + name);
  Workspace& workspace = found->second;
  Retention& retention = workspace.retention;
  if (auto ok = check_not_held(retention); !ok) return std::unexpected(std::move(ok.error()));
  if (to > retention.floor) return fail(ErrorCode::kInvalid, "behind the floor");
  std::vector<Position> moments{retention.floor};
  for (const auto& [pin_name, pin] : workspace.pins)
    if (pin.position < retention.floor) moments.push_back(pin.position);
  std::map<std::string, std::set<Position>> standing;
  std::vector<Event> events;
  for (Position next = retention.swept_to + 1; next <= to; ++next) {
    auto event = decode_stored(name, next, workspace.records[next - 1]);
    if (!event) return std::unexpected(std::move(event.error()));
    if (std::ranges::binary_search(skip, event->object)) continue;
    MemoryStates states(workspace);
    auto snapshots = standing_snapshots(states, name, event->object, moments);
    if (!snapshots) return std::unexpected(std::move(snapshots.error()));
    standing[event->object] = std::move(*snapshots);
    if (!event->dropped_payload) events.push_back(std::move(*event));
  }
  DroppedPayloads dropped{.events = events.size(), .swept_to = std::max(to, retention.swept_to)};
  for (const auto& [object, positions] : standing)
    dropped.snapshots += std::erase_if(workspace.snapshots[object], [&](const auto& kept) {
      const auto goes = [&](Position at) {
        return at < *positions.rbegin() && !positions.contains(at);
      };
      return goes(kept.first) || (kept.second.snapshot.base > 0 && goes(kept.second.snapshot.base));
    });
  for (Event& event : events) {
    Bytes& record = workspace.records[event.position - 1];
    const std::size_t before = record.size();
    record = encode_event(without_payload(std::move(event)))->record;
    dropped.bytes += before - std::min(before, record.size());
  }
  retention.swept_to = dropped.swept_to;
  return dropped;
}

class MemoryStore::Log final : public EventLog {
 public:
  Log(State& state, Scheduler& loop) : state_(state), gate_(loop) {}

  void append(std::string workspace, std::vector<EncodedEvent> events,
              Position expected_last_position, Done<Appended> done) override {
    auto reply = gate_.bind(std::move(done));
    if (auto ok = check_append(workspace, events, expected_last_position); !ok)
      return reply(std::unexpected(ok.error()));
    state_.enqueue(
        [&state = state_, workspace = std::move(workspace), events = std::move(events),
         reply = std::move(reply)]() mutable { reply(state.append(workspace, events)); });
  }

  Durability durability() const override { return Durability::kDisk; }

  void head(std::string workspace, Done<Head> done) override {
    const Workspace* found = state_.find(workspace);
    gate_.bind(std::move(done))(found != nullptr ? found->head : Head{});
  }

  void read(std::string workspace, Position after, ReadLimits limits,
            Done<std::vector<Event>> done) override {
    auto reply = gate_.bind(std::move(done));
    EventReader reader(workspace, limits);
    const Workspace* found = state_.find(workspace);
    if (found != nullptr && after < found->head.last_position) {
      const auto& records = found->records;
      reader.expect_after(after, after > 0 ? ByteView(records[after - 1]) : ByteView());
      for (Position next = after + 1; next <= found->head.last_position; ++next)
        if (!reader.take(next, records[next - 1])) break;
    }
    reply(reader.finish());
  }

  void read_object(std::string workspace, std::string object, Position after, ReadLimits limits,
                   Done<std::vector<Event>> done) override {
    auto reply = gate_.bind(std::move(done));
    if (state_.read_failure)
      if (auto error = state_.read_failure(object))
        return reply(std::unexpected(std::move(*error)));
    EventReader reader(workspace, limits);
    if (const Workspace* found = state_.find(workspace)) {
      const auto positions = found->objects.find(object);
      if (positions != found->objects.end()) {
        const auto& all = positions->second;
        for (auto next = std::upper_bound(all.begin(), all.end(), after); next != all.end(); ++next)
          if (!reader.take(*next, found->records[*next - 1])) break;
      }
    }
    reply(reader.finish());
  }

  void put_snapshot(std::string workspace, std::string object, Snapshot snapshot,
                    Done<void> done) override {
    auto reply = gate_.bind(std::move(done));
    if (auto ok = check_snapshot(snapshot); !ok) return reply(std::move(ok));
    state_.enqueue([&state = state_, workspace = std::move(workspace), object = std::move(object),
                    snapshot = std::move(snapshot), reply = std::move(reply)]() mutable {
      reply(state.put_snapshot(workspace, object, std::move(snapshot)));
    });
  }

  void load_snapshot(std::string workspace, std::string object, Position at,
                     Done<std::optional<Snapshot>> done) override {
    auto reply = gate_.bind(std::move(done));
    if (state_.read_failure)
      if (auto error = state_.read_failure(object))
        return reply(std::unexpected(std::move(*error)));
    const Workspace* found = state_.find(workspace);
    if (found == nullptr) return reply(std::nullopt);
    const auto kept = found->snapshots.find(object);
    if (kept == found->snapshots.end()) return reply(std::nullopt);
    Position damaged = 0;
    for (auto next = kept->second.upper_bound(at); next != kept->second.begin();) {
      --next;
      const Snapshot& here = next->second.snapshot;
      const KeptSnapshot* base = here.base > 0 ? base_of(kept->second, here) : nullptr;
      if (next->second.intact() && (here.base == 0 || base != nullptr)) {
        Snapshot snapshot = here;
        snapshot.damaged = damaged;
        if (base != nullptr) snapshot.base_bytes = base->snapshot.bytes;
        return reply(std::move(snapshot));
      }
      damaged = std::max(damaged, next->first);
    }
    if (damaged == 0) return reply(std::nullopt);
    reply(fail(ErrorCode::kCorrupt,
               fmt::format("snapshot of {}/{} fails its checksum", workspace, object)));
  }

  void put_pin(std::string workspace, Pin pin, Done<void> done) override {
    state_.enqueue([&state = state_, workspace = std::move(workspace), pin = std::move(pin),
                    reply = gate_.bind(std::move(done))]() mutable {
      reply(state.put_pin(workspace, std::move(pin)));
    });
  }

  void load_pin(std::string workspace, std::string name, Done<std::optional<Pin>> done) override {
    std::optional<Pin> pin;
    if (const Workspace* found = state_.find(workspace)) {
      const auto kept = found->pins.find(name);
      if (kept != found->pins.end()) pin = kept->second;
    }
    gate_.bind(std::move(done))(std::move(pin));
  }

  void list_pins(std::string workspace, std::string after, std::size_t limit,
                 Done<std::vector<Pin>> done) override {
    std::vector<Pin> pins;
    if (const Workspace* found = state_.find(workspace)) {
      const auto& all = found->pins;
      for (auto next = all.upper_bound(after); next != all.end() && pins.size() < limit; ++next)
        pins.push_back(next->second);
    }
    gate_.bind(std::move(done))(std::move(pins));
  }

  void change_retention(std::string workspace, RetentionChange change,
                        Done<Retention> done) override {
    state_.enqueue([&state = state_, workspace = std::move(workspace), change = std::move(change),
                    reply = gate_.bind(std::move(done))]() mutable {
      reply(state.change_retention(workspace, change));
    });
  }

  void load_retention(std::string workspace, Done<Retention> done) override {
    const Workspace* found = state_.find(workspace);
    gate_.bind(std::move(done))(found == nullptr ? Retention{} : found->retention);
  }

  void list_retention(std::string workspace, std::uint64_t after, std::size_t limit,
                      Done<std::vector<RetentionRecord>> done) override {
    std::vector<RetentionRecord> records;
    if (const Workspace* found = state_.find(workspace))
      for (const RetentionRecord& record : found->retention_records)
        if (record.number > after && records.size() < limit) records.push_back(record);
    gate_.bind(std::move(done))(std::move(records));
  }

  void list_retained(std::string after, std::size_t limit,
                     Done<std::vector<std::string>> done) override {
    std::vector<std::string> names;
    const auto& all = state_.workspaces;
    for (auto next = all.upper_bound(after); next != all.end() && names.size() < limit; ++next) {
      const Retention& retention = next->second.retention;
      if (!retention.rule.keeps_all() || retention.swept_to < retention.floor)
        names.push_back(next->first);
    }
    gate_.bind(std::move(done))(std::move(names));
  }

  void drop_payloads(std::string workspace, Position to, std::vector<std::string> skip,
                     Done<DroppedPayloads> done) override {
    state_.enqueue([&state = state_, workspace = std::move(workspace), to, skip = std::move(skip),
                    reply = gate_.bind(std::move(done))]() mutable {
      reply(state.drop_payloads(workspace, to, skip));
    });
  }

  void tree_nodes(std::string workspace, std::vector<merkle::Node> nodes,
                  Done<std::vector<Hash256>> done) override {
    auto reply = gate_.bind(std::move(done));
    const Workspace* found = state_.find(workspace);
    std::vector<Hash256> roots;
    for (const merkle::Node& node : nodes) {
      const std::uint64_t length = std::uint64_t{1} << node.level;
      const std::uint64_t begin = node.index << node.level;
      if (found == nullptr || begin + length > found->records.size())
        return reply(fail(ErrorCode::kNotFound, "the log does not reach that far"));
      std::vector<Hash256> leaves;
      for (std::uint64_t leaf = begin; leaf < begin + length; ++leaf) {
        const auto event = decode_stored(workspace, leaf + 1, found->records[leaf]);
        if (!event) return reply(std::unexpected(event.error()));
        leaves.push_back(event->hash);
      }
      roots.push_back(merkle::block_root(leaves));
    }
    reply(std::move(roots));
  }

  void put_checkpoint(std::string workspace, std::uint64_t size, std::string note,
                      Done<void> done) override {
    state_.enqueue([&state = state_, workspace = std::move(workspace), size, note = std::move(note),
                    reply = gate_.bind(std::move(done))]() mutable {
      reply(state.put_checkpoint(workspace, size, std::move(note)));
    });
  }

  void load_checkpoint(std::string workspace, Done<std::optional<std::string>> done) override {
    const Workspace* found = state_.find(workspace);
    gate_.bind(std::move(done))(found == nullptr ? std::nullopt : found->checkpoint);
  }

  void load_cut(std::string workspace, Done<Position> done) override {
    const Workspace* found = state_.find(workspace);
    gate_.bind(std::move(done))(found == nullptr ? 0 : found->cut);
  }

  void put_origin(std::string workspace, Statement origin, Done<void> done) override {
    state_.enqueue([&state = state_, workspace = std::move(workspace), origin = std::move(origin),
                    reply = gate_.bind(std::move(done))]() mutable {
      reply(state.put_origin(workspace, std::move(origin)));
    });
  }

  void load_origins(std::string workspace, Done<std::vector<Statement>> done) override {
    const Workspace* found = state_.find(workspace);
    gate_.bind(std::move(done))(found == nullptr ? std::vector<Statement>() : found->origins);
  }

  void list_workspaces(std::string after, std::size_t limit,
                       Done<std::vector<std::string>> done) override {
    std::vector<std::string> names;
    const auto& all = state_.workspaces;
    for (auto next = all.upper_bound(after); next != all.end() && names.size() < limit; ++next)
      names.push_back(next->first);
    gate_.bind(std::move(done))(std::move(names));
  }

  void list_objects(std::string workspace, std::string prefix, std::string after, std::size_t limit,
                    Done<std::vector<std::string>> done) override {
    std::vector<std::string> ids;
    if (const Workspace* found = state_.find(workspace)) {
      const auto& all = found->objects;
      auto next = after < prefix ? all.lower_bound(prefix) : all.upper_bound(after);
      for (; next != all.end() && ids.size() < limit && next->first.starts_with(prefix); ++next)
        ids.push_back(next->first);
    }
    gate_.bind(std::move(done))(std::move(ids));
  }

 private:
  State& state_;
  ReplyGate gate_;
};

MemoryStore::MemoryStore(CommitMode mode) : state_(std::make_unique<State>()) {
  state_->mode = mode;
}

MemoryStore::~MemoryStore() = default;

std::unique_ptr<EventLog> MemoryStore::open(Scheduler& loop) {
  return std::make_unique<Log>(*state_, loop);
}

void MemoryStore::commit(std::size_t count) {
  state_->commit(count);
}

std::size_t MemoryStore::waiting() const {
  return state_->waiting.size();
}

void MemoryStore::crash() {
  state_->waiting.clear();
}

void MemoryStore::fail_appends(std::optional<Error> error) {
  if (state_->failure && state_->failure->code == ErrorCode::kIo) return;
  state_->failure = std::move(error);
}

void MemoryStore::fail_reads(FailRead failure) {
  state_->read_failure = std::move(failure);
}

void MemoryStore::plant_checkpoint(const std::string& workspace, std::string note) {
  const auto found = state_->workspaces.find(workspace);
  SYNCLINE_ASSERT(found != state_->workspaces.end());
  found->second.checkpoint = std::move(note);
}

void MemoryStore::plant_cut(const std::string& workspace, Position kept) {
  const auto found = state_->workspaces.find(workspace);
  SYNCLINE_ASSERT(found != state_->workspaces.end());
  found->second.cut = kept;
}

void MemoryStore::damage_event(const std::string& workspace, Position position) {
  const auto found = state_->workspaces.find(workspace);
  SYNCLINE_ASSERT(found != state_->workspaces.end() && position > 0 &&
                  position <= found->second.records.size());
  Bytes& record = found->second.records[position - 1];
  record[record.size() / 2] ^= 1;
}

void MemoryStore::damage_snapshot(const std::string& workspace, const std::string& object,
                                  std::optional<Position> position) {
  const auto found = state_->workspaces.find(workspace);
  SYNCLINE_ASSERT(found != state_->workspaces.end() && found->second.snapshots.contains(object));
  for (auto& [at, snapshot] : found->second.snapshots[object])
    if (!position || at == *position) snapshot.crc ^= 1;
}

}  // namespace syncline::log
