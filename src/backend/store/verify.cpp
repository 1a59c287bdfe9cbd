#include "backend/store/verify.h"

#include <fmt/format.h>
#include <rocksdb/snapshot.h>

#include <cstring>

#include "log/checkpoint.h"
#include "log/read_check.h"
#include "store/tree.h"

namespace syncline::backend::store {
namespace {

constexpr std::uint64_t kEventsPerProgress = 8192;

// Equal for two sets of index keys, however ordered, only if the sets are equal: compares the index
// with the events without a look-up for each. (The sum of 64 bits of a SHA-256 for every key.)
struct IndexSum {
  std::uint64_t entries = 0;
  std::uint64_t sum = 0;

  void add(std::string_view key) {
    const Hash256 hash = sha256(as_bytes(key));
    std::uint64_t value;
    std::memcpy(&value, hash.data(), sizeof value);
    sum += value;
    ++entries;
  }
  bool operator==(const IndexSum&) const = default;
};

// Compares the tiles that follow from the events with those that are stored.
class TileCheck final : public TileStore {
 public:
  TileCheck(const Database& database, std::string workspace, WorkspaceId id,
            rocksdb::ReadOptions options)
      : database_(database), workspace_(std::move(workspace)), id_(id), options_(options) {}

  Result<std::vector<Hash256>> load(unsigned, std::uint64_t, std::uint64_t) override {
    return fail(ErrorCode::kInvalid, "a check begins with the first event");
  }

  Result<void> put(unsigned level, std::uint64_t index, ByteView value) override {
    rocksdb::PinnableSlice stored;
    const auto status =
        database_.db->Get(options_, database_.tree, tree_key(id_, level, index), &stored);
    const std::string place =
        fmt::format("workspace {}, tree value {} of level {}", workspace_, index, level);
    if (status.IsNotFound()) return fail(ErrorCode::kCorrupt, place + ": missing");
    if (!status.ok()) return std::unexpected(to_error(status, place));
    if (text(stored) != as_text(value))
      return fail(ErrorCode::kCorrupt, place + ": does not follow from the events");
    ++values_;
    return {};
  }

  // After the last event: what is stored beyond it tells of events that are gone.
  Result<void> finish() const {
    const auto iterator = database_.iterate(database_.tree, options_);
    const std::string prefix = id_key(id_);
    std::uint64_t stored = 0;
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      if (!text(iterator->key()).starts_with(prefix)) break;
      ++stored;
    }
    const std::string place = fmt::format("workspace {}: tree", workspace_);
    if (!iterator->status().ok()) return std::unexpected(to_error(iterator->status(), place));
    if (stored == values_) return {};
    return fail(ErrorCode::kCorrupt,
                fmt::format("{} has {} values, {} follow from the events", place, stored, values_));
  }

 private:
  const Database& database_;
  const std::string workspace_;
  const WorkspaceId id_;
  const rocksdb::ReadOptions options_;
  std::uint64_t values_ = 0;
};

class Verifier {
 public:
  Verifier(const Database& database, const Progress& progress)
      : database_(database), progress_(progress), snapshot_(database.db.get()) {}

  Result<VerifyReport> run() {
    const auto names = iterate(database_.meta);
    for (names->Seek(slice(kWorkspacePrefix)); names->Valid(); names->Next()) {
      const std::string_view key = text(names->key());
      if (!key.starts_with(kWorkspacePrefix)) break;
      const std::string name(key.substr(kWorkspacePrefix.size()));
      const auto id = parse_id(text(names->value()));
      if (!id) return fail(ErrorCode::kCorrupt, fmt::format("workspace {}: entry damaged", name));
      if (auto ok = check_workspace(name, *id); !ok) return std::unexpected(std::move(ok.error()));
      ++report_.workspaces;
    }
    if (!names->status().ok()) return std::unexpected(to_error(names->status(), "reading names"));
    return std::move(report_);
  }

 private:
  rocksdb::ReadOptions read_options() const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_.snapshot();
    options.fill_cache = false;
    return options;
  }

  std::unique_ptr<rocksdb::Iterator> iterate(rocksdb::ColumnFamilyHandle* family) const {
    rocksdb::ReadOptions options = read_options();
    options.readahead_size = 2 << 20;
    return database_.iterate(family, options);
  }

  Result<void> check_workspace(const std::string& name, WorkspaceId id) {
    IndexSum from_events;
    log::Position last = 0;
    if (auto ok = check_events(name, id, last, from_events); !ok) return ok;
    if (auto ok = check_index(name, id, from_events); !ok) return ok;
    return check_snapshots(name, id, last);
  }

  // The chain and the tree from the first event on.
  Result<void> check_events(const std::string& name, WorkspaceId id, log::Position& last,
                            IndexSum& index) {
    const auto iterator = iterate(database_.events);
    const std::string prefix = id_key(id);
    TileCheck tiles(database_, name, id, read_options());
    TreeEdge tree;
    log::merkle::Frontier frontier;
    const auto signed_before = signed_checkpoint(name, id);
    if (!signed_before) return std::unexpected(signed_before.error());
    Hash256 last_hash{};
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      if (!text(iterator->key()).starts_with(prefix)) break;
      const auto position = parse_event_key(text(iterator->key()));
      if (!position) return fail(ErrorCode::kCorrupt, fmt::format("workspace {}: bad key", name));
      const auto event = log::decode_stored(name, *position, bytes(iterator->value()));
      if (!event) return std::unexpected(event.error());
      if (auto ok = log::check_chained(name, *event, last, last_hash); !ok) return ok;
      index.add(object_key(id, event->object, event->position));
      if (auto ok = tree.append(event->hash, tiles); !ok) return ok;
      frontier.append(event->hash);
      if (frontier.size() == signed_before->size && frontier.root() != signed_before->root)
        return fail(ErrorCode::kCorrupt,
                    fmt::format("workspace {}: its first {} events are not those that were signed",
                                name, frontier.size()));
      last = event->position;
      last_hash = event->hash;
      if (++report_.events % kEventsPerProgress == 0 && !go_on(name)) return stopped();
    }
    if (!iterator->status().ok())
      return std::unexpected(
          to_error(iterator->status(), fmt::format("workspace {}, event {}", name, last + 1)));
    if (last == 0)
      return fail(ErrorCode::kCorrupt, fmt::format("workspace {}, event 1: missing", name));
    if (last < signed_before->size)
      return fail(ErrorCode::kCorrupt,
                  fmt::format("workspace {}: ends at {}, but {} events were signed", name, last,
                              signed_before->size));
    if (auto ok = tiles.finish(); !ok) return ok;
    return go_on(name) ? Result<void>() : stopped();
  }

  // What the kept checkpoint says; nothing signed is a tree without events.
  Result<log::Checkpoint> signed_checkpoint(const std::string& name, WorkspaceId id) const {
    const auto kept = kept_checkpoint(database_, id);
    if (!kept) return std::unexpected(kept.error());
    if (!*kept) return log::Checkpoint{};
    auto checkpoint = log::peek_checkpoint((*kept)->note);
    if (checkpoint && checkpoint->size == (*kept)->size) return checkpoint;
    return fail(ErrorCode::kCorrupt, fmt::format("workspace {}: checkpoint damaged", name));
  }

  Result<void> check_indexed(const std::string& name, WorkspaceId id, const log::Event& event) {
    rocksdb::PinnableSlice value;
    const auto status = database_.db->Get(read_options(), database_.objects,
                                          object_key(id, event.object, event.position), &value);
    if (status.ok()) return {};
    const std::string place = fmt::format("workspace {}, event {}: index", name, event.position);
    if (status.IsNotFound()) return fail(ErrorCode::kCorrupt, place + " entry missing");
    return std::unexpected(to_error(status, place));
  }

  Result<void> check_index(const std::string& name, WorkspaceId id, const IndexSum& from_events) {
    const auto iterator = iterate(database_.objects);
    const std::string prefix = id_key(id);
    IndexSum sum;
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      if (!text(iterator->key()).starts_with(prefix)) break;
      sum.add(text(iterator->key()));
    }
    if (!iterator->status().ok())
      return std::unexpected(
          to_error(iterator->status(), fmt::format("workspace {}: index", name)));
    if (sum == from_events) return {};
    if (auto ok = find_unindexed(name, id); !ok) return ok;
    return fail(ErrorCode::kCorrupt, fmt::format("workspace {}: index has {} entries for {} events",
                                                 name, sum.entries, from_events.entries));
  }

  // The slow way to the first event without its entry, once it is known that something is wrong.
  Result<void> find_unindexed(const std::string& name, WorkspaceId id) {
    const auto iterator = iterate(database_.events);
    const std::string prefix = id_key(id);
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      if (!text(iterator->key()).starts_with(prefix)) break;
      const auto event = log::decode_event(bytes(iterator->value()));
      if (event)
        if (auto ok = check_indexed(name, id, *event); !ok) return ok;
    }
    return {};
  }

  Result<void> check_snapshots(const std::string& name, WorkspaceId id, log::Position last) {
    const auto iterator = iterate(database_.snapshots);
    const std::string prefix = id_key(id);
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      const std::string_view key = text(iterator->key());
      if (!key.starts_with(prefix)) break;
      ++report_.snapshots;
      const auto parsed = parse_object_key(key);
      const bool intact = parsed && decode_snapshot(key, text(iterator->value()));
      if (intact && parsed->position > last)
        return fail(
            ErrorCode::kCorrupt,
            fmt::format("workspace {}: the log ends at {}, but there is a snapshot of {} at {}",
                        name, last, parsed->object, parsed->position));
      if (!intact)
        report_.damaged_snapshots.push_back(
            fmt::format("{}/{}", name, parsed ? parsed->object : "?"));
    }
    if (!iterator->status().ok())
      return std::unexpected(
          to_error(iterator->status(), fmt::format("workspace {}: snapshots", name)));
    return {};
  }

  bool go_on(const std::string& name) const {
    return !progress_ || progress_({name, report_.workspaces, report_.events});
  }

  static Result<void> stopped() { return fail(ErrorCode::kUnavailable, "verification stopped"); }

  const Database& database_;
  const Progress& progress_;
  mutable rocksdb::ManagedSnapshot snapshot_;  // const in all but its accessor
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> verify(const Database& database, const Progress& progress) {
  return Verifier(database, progress).run();
}

}  // namespace syncline::backend::store
