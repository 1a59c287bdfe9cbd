#include "backend/store/verify.h"

#include <fmt/format.h>
#include <rocksdb/snapshot.h>

#include <cstring>

#include "log/read_check.h"

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
  std::unique_ptr<rocksdb::Iterator> iterate(rocksdb::ColumnFamilyHandle* family) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_.snapshot();
    options.fill_cache = false;
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

  // The chain from the first event on.
  Result<void> check_events(const std::string& name, WorkspaceId id, log::Position& last,
                            IndexSum& index) {
    const auto iterator = iterate(database_.events);
    const std::string prefix = id_key(id);
    Hash256 last_hash{};
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      if (!text(iterator->key()).starts_with(prefix)) break;
      const auto position = parse_event_key(text(iterator->key()));
      if (!position) return fail(ErrorCode::kCorrupt, fmt::format("workspace {}: bad key", name));
      const auto event = log::decode_stored(name, *position, bytes(iterator->value()));
      if (!event) return std::unexpected(event.error());
      if (auto ok = log::check_chained(name, *event, last, last_hash); !ok) return ok;
      index.add(object_key(id, event->object, event->position));
      last = event->position;
      last_hash = event->hash;
      if (++report_.events % kEventsPerProgress == 0 && !go_on(name)) return stopped();
    }
    if (!iterator->status().ok())
      return std::unexpected(
          to_error(iterator->status(), fmt::format("workspace {}, event {}", name, last + 1)));
    if (last == 0)
      return fail(ErrorCode::kCorrupt, fmt::format("workspace {}, event 1: missing", name));
    return go_on(name) ? Result<void>() : stopped();
  }

  Result<void> check_indexed(const std::string& name, WorkspaceId id, const log::Event& event) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_.snapshot();
    rocksdb::PinnableSlice value;
    const auto status = database_.db->Get(options, database_.objects,
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
