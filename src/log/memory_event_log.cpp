#include "log/memory_event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

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
};

struct Workspace {
  std::vector<Bytes> records;  // of position index + 1
  Head head;
  std::map<std::string, std::vector<Position>, std::less<>> objects;
  std::map<std::string, KeptSnapshot, std::less<>> snapshots;
  std::uint64_t checkpoint_size = 0;
  std::optional<std::string> checkpoint;
};

}  // namespace

struct MemoryStore::State {
  CommitMode mode;
  std::map<std::string, Workspace, std::less<>> workspaces;
  std::deque<Task> waiting;
  std::optional<Error> failure;

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

  Result<void> put_snapshot(const std::string& name, const std::string& object, Snapshot snapshot) {
    if (failure) return std::unexpected(*failure);
    const auto found = workspaces.find(name);
    if (found == workspaces.end() || snapshot.position > found->second.head.last_position)
      return fail(ErrorCode::kInvalid, "snapshot of a position that the log does not have");
    KeptSnapshot& kept = found->second.snapshots[object];
    if (kept.intact() && kept.snapshot.position > snapshot.position) return {};
    kept.crc = crc32c(snapshot.bytes);
    kept.snapshot = std::move(snapshot);
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

  void put_snapshot(std::string workspace, std::string object, Position position, Bytes bytes,
                    Done<void> done) override {
    auto reply = gate_.bind(std::move(done));
    if (bytes.size() > kMaxSnapshotBytes)
      return reply(fail(ErrorCode::kTooLarge, "snapshot too large"));
    state_.enqueue([&state = state_, workspace = std::move(workspace), object = std::move(object),
                    snapshot = Snapshot{position, std::move(bytes)},
                    reply = std::move(reply)]() mutable {
      reply(state.put_snapshot(workspace, object, std::move(snapshot)));
    });
  }

  void load_snapshot(std::string workspace, std::string object,
                     Done<std::optional<Snapshot>> done) override {
    auto reply = gate_.bind(std::move(done));
    const Workspace* found = state_.find(workspace);
    if (found == nullptr) return reply(std::nullopt);
    const auto kept = found->snapshots.find(object);
    if (kept == found->snapshots.end()) return reply(std::nullopt);
    if (!kept->second.intact())
      return reply(fail(ErrorCode::kCorrupt,
                        fmt::format("snapshot of {}/{} fails its checksum", workspace, object)));
    reply(kept->second.snapshot);
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

void MemoryStore::plant_checkpoint(const std::string& workspace, std::string note) {
  const auto found = state_->workspaces.find(workspace);
  SYNCLINE_ASSERT(found != state_->workspaces.end());
  found->second.checkpoint = std::move(note);
}

void MemoryStore::damage_event(const std::string& workspace, Position position) {
  const auto found = state_->workspaces.find(workspace);
  SYNCLINE_ASSERT(found != state_->workspaces.end() && position > 0 &&
                  position <= found->second.records.size());
  Bytes& record = found->second.records[position - 1];
  record[record.size() / 2] ^= 1;
}

void MemoryStore::damage_snapshot(const std::string& workspace, const std::string& object) {
  const auto found = state_->workspaces.find(workspace);
  SYNCLINE_ASSERT(found != state_->workspaces.end() && found->second.snapshots.contains(object));
  found->second.snapshots[object].crc ^= 1;
}

}  // namespace syncline::log
