#include "backend/store/repair.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>
#include <utility>

#include "backend/store/database.h"
#include "backend/store/dir_lock.h"
#include "backend/store/file_blobs.h"
#include "backend/store/sync_directory.h"
#include "backend/store/verify.h"
#include "backend/store/wal_scan.h"
#include "log/group_check.h"
#include "log/read_check.h"
#include "log/rules.h"
#include "log/statement.h"
#include "state/rules_replay.h"
#include "store/actors.h"
#include "store/contents.h"
#include "store/directory.h"
#include "store/files.h"
#include "store/object_past.h"
#include "store/reads.h"
#include "store/retention.h"
#include "store/tree.h"
#include "store/waiting.h"

namespace syncline::backend {
namespace {

namespace fs = std::filesystem;
using store::Database;
using store::WorkspaceId;

constexpr std::size_t kBatchBytes = std::size_t{4} << 20;

// Copies the sound part of one database into another, empty one.
class Salvage {
 public:
  Salvage(const Database& from, const Database& to, RepairReport& report)
      : from_(from), to_(to), report_(report), writes_(to) {}

  Result<void> run() {
    WorkspaceId next = 1;
    for (const auto& [id, name] : find_names()) {
      if (auto ok = copy_workspace(id, name); !ok) return ok;
      next = id + 1;
    }
    writes_.batch().Put(to_.meta, store::slice(store::kNextWorkspaceKey), store::id_key(next));
    copy_waiting();
    copy_records(store::kDirectoryPrefix);
    copy_records(store::kFilesPrefix);
    return write();
  }

  // Copies changes that wait for others, if they are undamaged.
  void copy_waiting() {
    const auto entries = from_.iterate(from_.meta);
    for (entries->Seek(store::slice(store::kWaitingPrefix)); entries->Valid(); entries->Next()) {
      const std::string_view key = store::text(entries->key());
      if (!key.starts_with(store::kWaitingPrefix)) break;
      if (!store::decode_waiting(key, store::text(entries->value()))) continue;
      writes_.put(store::Family::kMeta, key, store::text(entries->value()));
    }
  }

  // Copies records with a checksum, as far as they are undamaged: what the server knows of people, keys and tenants, and
  // what it knows of files. Files of lost events are kept, too.
  void copy_records(std::string_view prefix) {
    const auto entries = from_.iterate(from_.meta);
    for (entries->Seek(store::slice(prefix)); entries->Valid(); entries->Next()) {
      const std::string_view key = store::text(entries->key());
      if (!key.starts_with(prefix)) break;
      if (!store::decode_directory(key, store::text(entries->value()))) continue;
      writes_.put(store::Family::kMeta, key, store::text(entries->value()));
    }
  }

  // True if some workspace lost events, in this repair or in an earlier one.
  bool any_cut() const { return any_cut_; }

 private:
  struct HeldEvent {
    std::string object;
    Hash256 hash;
    std::optional<log::Origin> origin;
    std::optional<log::Event> rule;  // the event itself, if it is of a system object
    std::optional<log::Numbered> numbered;
    std::string record;
  };

  // What the saved events leave of pins and retention.
  struct SavedRules {
    state::RulesReplay replay;
    std::vector<log::RetentionChange> record;
    std::uint8_t first_version = log::kRecordVersion;  // of the log's first record

    Result<void> take(const log::Event& event) {
      if (auto ok = replay.take(event); !ok) return ok;
      const auto change = log::rule_change_in(event);
      if (!change || !*change) return {};
      if (auto retention = log::retention_change_of(**change))
        record.push_back(std::move(*retention));
      return {};
    }
  };

  // The progress of copying the snapshots of one workspace, in the order of their keys.
  struct SnapshotCopy {
    log::Position last = 0;   // of the saved events
    log::Position floor = 0;  // of retention
    std::string done;         // the last key that was processed
    store::MilestonesSeen milestones;
  };

  // Every id that has a name or an event, with its name or a new one.
  std::map<WorkspaceId, std::string> find_names() {
    std::map<WorkspaceId, std::string> names;
    const auto meta = from_.iterate(from_.meta);
    for (meta->Seek(store::slice(store::kWorkspacePrefix)); meta->Valid(); meta->Next()) {
      std::string_view key = store::text(meta->key());
      if (!key.starts_with(store::kWorkspacePrefix)) break;
      key.remove_prefix(store::kWorkspacePrefix.size());
      const auto id = store::parse_id(store::text(meta->value()));
      if (id && log::check_workspace_name(key)) names.emplace(*id, key);
    }
    const auto events = from_.iterate(from_.events);
    for (events->Seek(store::id_key(store::kNoWorkspace + 1)); events->Valid();) {
      const auto id = store::parse_id(store::text(events->key()));
      if (!id) break;
      names.emplace(*id, fmt::format("recovered-{}", *id));
      if (*id + 1 == 0) break;
      events->Seek(store::id_key(*id + 1));
    }
    return names;
  }

  Result<void> copy_workspace(WorkspaceId id, const std::string& name) {
    log::Head head;  // of the saved events
    log::Head read;
    std::string reason;
    store::TreeEdge tree;
    store::StagedTiles tiles(to_, id);
    log::GroupCheck groups;
    std::vector<HeldEvent> held;                      // of a group that is not complete yet
    std::map<std::string, log::Position> taken_over;  // by region: events from other regions
    std::map<std::string, log::ActorNumbers> actors;  // by key
    SavedRules rules;
    const auto events = from_.iterate(from_.events);
    const std::string prefix = store::id_key(id);
    for (events->Seek(prefix); events->Valid(); events->Next()) {
      if (!store::text(events->key()).starts_with(prefix)) break;
      const auto event = sound_event(name, *events, read, groups);
      if (!event) {
        reason = event.error().message;
        break;
      }
      read = {event->position, event->hash, event->hlc, event->era};
      if (read.last_position == 1) rules.first_version = event->version;
      held.push_back({event->object, event->hash, event->origin, std::nullopt,
                      log::with_record(*event, {}).numbered,
                      std::string(store::text(events->value()))});
      if (log::is_system_object(event->object)) held.back().rule = *event;
      if (groups.open()) continue;
      log::Position position = head.last_position;
      for (const HeldEvent& each : held) {
        if (each.origin) taken_over[each.origin->region] = each.origin->position;
        if (each.rule)
          if (auto ok = rules.take(*each.rule); !ok) return ok;
        if (const auto& numbered = each.numbered)
          actors[store::actor_key(id, numbered->by)].add(numbered->first, numbered->last,
                                                         position + 1);
        // The Merkle tree is built again.
        if (auto ok = tree.append(each.hash, tiles); !ok) return ok;
        tiles.write_to(writes_);
        if (auto ok = copy_event(id, ++position, each); !ok) return ok;
      }
      held.clear();
      head = read;
    }
    if (groups.open() && reason.empty())
      reason = fmt::format("the rest of the group of event {} is missing", groups.first());
    if (!events->status().ok()) reason = events->status().ToString();
    const log::Position seen = last_seen(id, head.last_position);
    if (reason.empty() && seen > head.last_position) reason = "its last events are missing";
    if (reason.empty() && head.last_position == 0) reason = "all events are missing";
    if (!reason.empty()) report_.losses.push_back({name, head.last_position, seen, reason});
    if (head.last_position == 0) return {};
    writes_.batch().Put(to_.meta, store::workspace_key(name), store::id_key(id));
    ++report_.workspaces;
    // Signed checkpoints stay, even if the log is now shorter. Then nothing else is signed for
    // these events.
    const auto checkpoint = from_.get(store::Family::kMeta, store::checkpoint_key(id));
    if (checkpoint && *checkpoint)
      writes_.put(store::Family::kMeta, store::checkpoint_key(id), **checkpoint);
    note_cut(id, head.last_position, !reason.empty());
    for (const auto& [region, position] : taken_over)
      writes_.put(store::Family::kMeta, store::ingested_key(id, region),
                  store::encode_ingested(position));
    copy_actors(actors);
    // An owner that was replaced stays replaced.
    if (const std::uint64_t epoch = store::kept_epoch(from_, id).value_or(0); epoch > 0)
      writes_.put(store::Family::kMeta, store::epoch_key(id), store::encode_epoch(epoch));
    copy_origins(id);
    const log::Position floor = copy_upkeep(name, id, head.last_position, rules);
    return copy_snapshots(id, head.last_position, floor);
  }

  static Result<log::Event> sound_event(const std::string& name, const rocksdb::Iterator& at,
                                        const log::Head& head, log::GroupCheck& groups) {
    const auto position = store::parse_event_key(store::text(at.key()));
    if (!position) return fail(ErrorCode::kCorrupt, "bad key");
    auto event = log::decode_stored(name, *position, store::bytes(at.value()));
    if (!event) return event;
    if (auto ok = log::check_chained(name, *event, head.last_position, head.last_hash); !ok)
      return std::unexpected(std::move(ok.error()));
    if (auto ok = groups.take(event->position, event->group); !ok)
      return std::unexpected(std::move(ok.error()));
    return event;
  }

  Result<void> copy_event(WorkspaceId id, log::Position position, const HeldEvent& event) {
    writes_.put(store::Family::kEvents, store::event_key(id, position), event.record);
    writes_.put(store::Family::kObjects, store::object_key(id, event.object, position), {});
    ++report_.events;
    return writes_.batch().GetDataSize() > kBatchBytes ? write() : Result<void>();
  }

  // The highest position in the events or the index. It shows how much is lost, as far as this is
  // known.
  log::Position last_seen(WorkspaceId id, log::Position kept) const {
    log::Position last = kept;
    const std::string prefix = store::id_key(id);
    const auto events = from_.iterate(from_.events);
    events->SeekForPrev(store::event_key(id, ~log::Position{0}));
    if (events->Valid() && store::text(events->key()).starts_with(prefix))
      last = std::max(last, store::parse_event_key(store::text(events->key())).value_or(0));
    const auto index = from_.iterate(from_.objects);
    for (index->Seek(prefix); index->Valid(); index->Next()) {
      if (!store::text(index->key()).starts_with(prefix)) break;
      const auto key = store::parse_object_key(store::text(index->key()));
      if (key) last = std::max(last, key->position);
    }
    return last;
  }

  // Notes the cut, so that the log can grow again past events that were signed and lost.
  void note_cut(WorkspaceId id, log::Position last, bool lost) {
    log::Position cut = store::kept_cut(from_, id).value_or(0);
    if (lost) cut = cut == 0 ? last : std::min(cut, last);
    if (cut == 0) return;
    writes_.put(store::Family::kMeta, store::cut_key(id), store::encode_cut(cut));
    any_cut_ = true;
  }

  // Derives the numbers of named actors from the events that are kept. So a lost change is recorded
  // when its actor sends it again. A forgotten actor stays forgotten.
  void copy_actors(const std::map<std::string, log::ActorNumbers>& actors) {
    for (const auto& [key, numbers] : actors) {
      const auto kept = from_.get(store::Family::kMeta, key);
      if (!kept || kept->has_value())
        writes_.put(store::Family::kMeta, key, store::encode_actor(key, numbers));
    }
  }

  // The same for the statements of former keepers. A damaged one is ignored.
  void copy_origins(WorkspaceId id) {
    const std::string prefix = store::origin_key(id, "");
    const auto entries = from_.iterate(from_.meta);
    for (entries->Seek(prefix); entries->Valid(); entries->Next()) {
      const std::string_view key = store::text(entries->key());
      const std::string_view statement = store::text(entries->value());
      if (!key.starts_with(prefix)) break;
      if (key == store::kept_origin_key(id, statement) && log::statement_from_text(statement))
        writes_.put(store::Family::kMeta, key, statement);
    }
  }

  // Pins, and what retention is to keep. They follow from the events that were saved; those that Syncline
  // 0.1 kept without events are copied as far as they are sound and the log still reaches. Gives the
  // floor of retention.
  log::Position copy_upkeep(const std::string& name, WorkspaceId id, log::Position last,
                            const SavedRules& rules) {
    auto retention = store::read_retention(from_, name);
    bool whole = retention.has_value();
    log::Retention kept = retention.value_or(log::Retention{});
    kept.floor = std::min(kept.floor, last);
    kept.swept_to = std::min(kept.swept_to, kept.floor);
    const bool told = rules.replay.any() || store::rules_told(from_, id).value_or(true) ||
                      rules.first_version != log::kUnsaltedVersion;
    if (told) {
      // A hold of an event that is lost.
      whole = whole && (!kept.hold || rules.replay.held().hold);
      kept.rule = rules.replay.held().retention;
      kept.hold = rules.replay.held().hold;
    }
    if (kept != log::Retention{})
      writes_.put(store::Family::kMeta, store::retention_key(name), store::encode_retention(kept));
    whole = (told ? write_rules(id, rules) : copy_untold(id, last)) && whole;
    if (!whole) report_.upkeep_lost.push_back(name);
    return retention ? kept.floor : last;
  }

  // False: the store held a pin of which no event is left, or events of rules are of a newer version.
  bool write_rules(WorkspaceId id, const SavedRules& rules) {
    const auto& pins = rules.replay.held().pins;
    if (rules.replay.any()) writes_.put(store::Family::kMeta, store::rules_told_key(id), {});
    for (const auto& [name, pin] : pins)
      writes_.put(store::Family::kMeta, store::pin_key(id, name), store::encode_pin(pin));
    for (const auto& [position, act] : rules.replay.renamed()) {
      const store::PastLink link = store::link_of(id, act, position);
      writes_.put(store::Family::kMeta, link.key, link.value);
    }
    std::uint64_t number = 0;
    for (const log::RetentionChange& change : rules.record)
      writes_.put(store::Family::kMeta, store::retention_record_key(id, ++number),
                  store::encode_retention_record(change));
    bool whole = rules.replay.complete();
    const std::string prefix = store::pin_key(id, "");
    const auto entries = from_.iterate(from_.meta);
    for (entries->Seek(prefix); entries->Valid(); entries->Next()) {
      const std::string_view key = store::text(entries->key());
      if (!key.starts_with(prefix)) break;
      whole = whole && pins.contains(key.substr(prefix.size()));
    }
    return whole;
  }

  // False: some of it is damaged.
  bool copy_untold(WorkspaceId id, log::Position last) {
    bool whole = true;
    for (const std::string& prefix : {store::pin_key(id, ""), store::retention_record_prefix(id)}) {
      const auto entries = from_.iterate(from_.meta);
      for (entries->Seek(prefix); entries->Valid(); entries->Next()) {
        const std::string_view key = store::text(entries->key());
        if (!key.starts_with(prefix)) break;
        const auto pin =
            store::decode_pin(key.substr(prefix.size()), store::text(entries->value()));
        if (key.starts_with("p/") && !pin) whole = false;
        if (key.starts_with("p/") && (!pin || pin->position > last)) continue;
        writes_.put(store::Family::kMeta, key, store::text(entries->value()));
      }
      whole = whole && entries->status().ok();
    }
    return whole;
  }

  Result<void> copy_snapshots(WorkspaceId id, log::Position last, log::Position floor) {
    SnapshotCopy copy{last, floor, {}, {}};
    const auto snapshots = from_.iterate(from_.snapshots);
    const std::string prefix = store::id_key(id);
    for (snapshots->Seek(prefix); snapshots->Valid(); snapshots->Next()) {
      const std::string_view key = store::text(snapshots->key());
      if (!key.starts_with(prefix)) return {};
      if (auto ok = copy_snapshot(copy, key, store::text(snapshots->value())); !ok) return ok;
    }
    return snapshots->status().ok() ? Result<void>() : copy_snapshots_behind(copy, prefix);
  }

  // A cursor cannot pass a damaged block. So this asks for every position at which a snapshot may
  // be: those of the saved events.
  Result<void> copy_snapshots_behind(SnapshotCopy& copy, const std::string& prefix) {
    if (auto ok = write(); !ok) return ok;
    const auto index = to_.iterate(to_.objects);
    for (index->Seek(copy.done.empty() ? prefix : copy.done); index->Valid(); index->Next()) {
      const std::string key(store::text(index->key()));
      if (!key.starts_with(prefix)) break;
      if (key == copy.done) continue;
      const auto value = from_.get(store::Family::kSnapshots, key);
      if (!value && value.error().code != ErrorCode::kCorrupt)
        return std::unexpected(value.error());
      if (value && !*value) continue;
      if (auto ok = copy_snapshot(copy, key, value ? **value : std::string_view()); !ok) return ok;
    }
    return {};
  }

  Result<void> copy_snapshot(SnapshotCopy& copy, std::string_view key, std::string_view value) {
    copy.done = key;
    const auto parsed = store::parse_object_key(key);
    auto kept = store::decode_snapshot(key, value);
    if (kept && kept->apart && !is_there(*kept)) kept.reset();
    if (!parsed || parsed->position > copy.last || !copy.milestones.usable(*parsed, kept)) {
      ++report_.snapshots_dropped;
      if (parsed && parsed->position <= copy.floor) ++report_.standing_dropped;
      return {};
    }
    writes_.put(store::Family::kSnapshots, key, value);
    if (kept->apart) writes_.put(store::Family::kMeta, store::blob_key(kept->apart->name, key), {});
    ++report_.snapshots;
    return writes_.batch().GetDataSize() > kBatchBytes ? write() : Result<void>();
  }

  // The files of snapshots are not copied: the repaired database names those that are intact.
  bool is_there(const store::KeptSnapshot& kept) const {
    const auto content = store::content_of(from_, kept);
    return content && *content;
  }

  Result<void> write() {
    rocksdb::WriteOptions options;
    options.sync = true;
    const auto status = to_.db->Write(options, &writes_.batch());
    writes_.batch().Clear();
    if (!status.ok()) return std::unexpected(store::to_error(status, "writing the repaired data"));
    return {};
  }

  const Database& from_;
  const Database& to_;
  RepairReport& report_;
  store::DatabaseWrites writes_;
  bool any_cut_ = false;
};

Result<void> checked_file(const std::error_code& error, std::string_view what) {
  if (!error) return {};
  return fail(ErrorCode::kIo, fmt::format("{}: {}", what, error.message()));
}

// Makes the directory's entries, a rename above all, durable.
std::string time_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

std::string unused_name(const std::string& wanted) {
  std::string name = wanted;
  for (int next = 2; fs::exists(name); ++next) name = fmt::format("{}-{}", wanted, next);
  return name;
}

// Swaps two directories in one step. So after a crash the data directory never lacks a log, which
// would look like a new one.
Result<void> change_places(const std::string& one, const std::string& other) {
  if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0) return {};
  return fail(ErrorCode::kIo,
              fmt::format("exchanging {} and {}: {}", one, other, std::strerror(errno)));
}

// Opens the damaged database for reading. If that fails, opens a rebuilt copy of it in `copy`.
Result<Database> open_damaged(const std::string& damaged, const std::string& copy,
                              const StoreOptions& options) {
  auto database = store::open_database(damaged, options, store::OpenMode::kSalvage);
  if (database) return database;
  std::error_code error;
  fs::copy(damaged, copy, fs::copy_options::recursive, error);
  if (auto ok = checked_file(error, "copying " + damaged); !ok)
    return std::unexpected(std::move(ok.error()));
  if (auto ok = store::rebuild_database(copy, options); !ok)
    return std::unexpected(std::move(ok.error()));
  StoreOptions completing = options;  // families that are lost completely are created empty
  completing.create_if_missing = true;
  return store::open_database(copy, completing, store::OpenMode::kReadWrite);
}

// The next start removes the files of snapshots that the repaired database does not name. Those that
// the damaged one names stay beside it, as second links to the same files.
Result<void> keep_snapshot_files(const std::string& data_dir, const std::string& suffix) {
  const std::string from = store::blobs_dir(data_dir);
  if (!fs::exists(from)) return {};
  const std::string to = from + suffix;
  std::error_code error;
  fs::create_directory(to, fs::path(from), error);  // with the same rights
  if (auto ok = checked_file(error, "creating " + to); !ok) return ok;
  for (fs::directory_iterator at(from, error), end; !error && at != end; at.increment(error)) {
    fs::create_hard_link(at->path(), fs::path(to) / at->path().filename(), error);
    if (error) break;
  }
  return checked_file(error, "keeping the files of " + from);
}

Result<void> salvage(const std::string& damaged, const std::string& copy, const std::string& fresh,
                     const StoreOptions& options, RepairReport& report) {
  const store::FileBlobs blobs(store::blobs_dir(options.data_dir),
                               options.env);  // outlives both databases
  auto from = open_damaged(damaged, copy, options);
  if (!from) return std::unexpected(std::move(from.error()));
  from->content = &blobs;
  StoreOptions creating = options;
  creating.create_if_missing = true;
  auto to = store::open_database(fresh, creating, store::OpenMode::kReadWrite);
  if (!to) return std::unexpected(std::move(to.error()));
  to->content = &blobs;
  Salvage salvage(*from, *to, report);
  if (auto ok = salvage.run(); !ok) return ok;
  const auto verified = store::verify(*to, {}, {});
  if (verified) return {};
  // Signed checkpoints for lost events stay, and this check reports them from now on.
  if (verified.error().check == log::Check::kCheckpoint && salvage.any_cut()) return {};
  return std::unexpected(verified.error());
}

}  // namespace

Result<RepairReport> repair_store(const StoreOptions& options) {
  const std::string damaged = store::rocksdb_dir(options.data_dir);
  const std::string copy = damaged + ".copy";
  const std::string fresh = damaged + ".repaired";
  if (!fs::exists(damaged))
    return fail(ErrorCode::kNotFound, fmt::format("{} is no data directory", options.data_dir));
  auto lock = store::DirLock::take(options.data_dir);
  if (!lock) return std::unexpected(std::move(lock.error()));

  RepairReport report;
  for (const std::string& path : store::list_wals(damaged))
    if (const auto scan = store::scan_wal(path))
      report.wal_bytes_dropped += scan->file_bytes - scan->good_bytes;
  std::error_code error;
  for (const std::string& left : {copy, fresh}) fs::remove_all(left, error);
  auto saved = salvage(damaged, copy, fresh, options, report);
  fs::remove_all(copy, error);
  if (!saved) {
    fs::remove_all(fresh, error);
    return std::unexpected(std::move(saved.error()));
  }

  report.damaged_dir = unused_name(fmt::format("{}.damaged-{}", damaged, time_stamp()));
  if (auto ok = keep_snapshot_files(options.data_dir, report.damaged_dir.substr(damaged.size()));
      !ok)
    return std::unexpected(std::move(ok.error()));
  if (auto ok = change_places(damaged, fresh); !ok) return std::unexpected(std::move(ok.error()));
  fs::rename(fresh, report.damaged_dir, error);  // after the swap, the damaged files are here
  if (auto ok = checked_file(error, "moving " + fresh); !ok) return std::unexpected(ok.error());
  if (!sync_directory(options.data_dir))
    return fail(ErrorCode::kIo, fmt::format("cannot sync {}", options.data_dir));
  return report;
}

}  // namespace syncline::backend
