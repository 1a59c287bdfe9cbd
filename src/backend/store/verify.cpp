#include "backend/store/verify.h"

#include <fmt/format.h>
#include <rocksdb/snapshot.h>

#include <algorithm>
#include <map>
#include <set>

#include "backend/store/verify_rules.h"
#include "backend/store/verify_tables.h"
#include "base/qualified_name.h"
#include "log/notary.h"
#include "state/verify.h"
#include "store/actors.h"
#include "store/blob_file.h"
#include "store/file_check.h"
#include "store/tree.h"
#include "store/waiting.h"

namespace syncline::backend::store {
namespace {

using log::Check;
using log::Checked;
using log::differs;

constexpr std::uint64_t kEventsPerProgress = 8192;
constexpr std::size_t kAllRanges = ~std::size_t{0};

// Is this the origin of a checkpoint of that workspace? Those of a workspace and of a tenant's workspace of the
// same name end alike.
bool is_origin_of(std::string_view origin, std::string_view name) {
  const std::string end = log::checkpoint_origin("", name);
  if (!origin.ends_with(end)) return false;
  if (!split_name(name).tenant.empty()) return true;
  const std::string_view log_name = origin.substr(0, origin.size() - end.size());
  const std::size_t slash = log_name.rfind('/');
  return slash == log_name.npos || !log_name.substr(0, slash).ends_with("/t");
}

class Verifier {
 public:
  Verifier(const Database& database, const VerifyOptions& options, const Progress& progress)
      : database_(database), options_(options), progress_(progress), snapshot_(database.db.get()) {}

  Checked<VerifyReport> run() {
    std::uint64_t events = 0;
    if (database_.db->GetIntProperty(database_.events, "rocksdb.estimate-num-keys", &events))
      estimated_events_ = events;
    const auto names = iterate(database_.meta);
    for (names->Seek(slice(kWorkspacePrefix)); names->Valid(); names->Next()) {
      const std::string_view key = text(names->key());
      if (!key.starts_with(kWorkspacePrefix)) break;
      const std::string name(key.substr(kWorkspacePrefix.size()));
      const auto id = parse_id(text(names->value()));
      if (!id || names->value().size() != id_key(*id).size())
        return differs(Check::kIndex, {name}, "entry damaged");
      if (!ids_.insert(*id).second)
        return differs(Check::kIndex, {name}, "has the log of another workspace");
      if (auto ok = check_workspace(name, *id); !ok) return std::unexpected(std::move(ok.error()));
      ++report_.workspaces;
    }
    if (!names->status().ok())
      return differs(Check::kStorage, {}, to_error(names->status(), "reading names"));
    if (auto ok = check_named(); !ok) return std::unexpected(std::move(ok.error()));
    if (auto ok = check_bytes_of_files(); !ok) return std::unexpected(std::move(ok.error()));
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

  Checked<void> check_workspace(const std::string& name, WorkspaceId id) {
    state::WorkspaceVerifier verifier(name, {.types = options_.types,
                                             .replay = options_.replay,
                                             .memory_bytes = options_.memory_bytes});
    if (auto ok = expect_signed(name, id, verifier); !ok) return ok;
    auto snapshots =
        options_.replay ? snapshots_of(name, id) : Checked<std::vector<log::Position>>();
    if (!snapshots) return std::unexpected(std::move(snapshots.error()));
    if (auto ok = check_events(name, id, *snapshots, verifier); !ok) return ok;
    const log::Position last = verifier.last_position();
    while (verifier.begin_pass()) {
      ++report_.passes;
      if (auto ok = pass_events(name, id, *snapshots, verifier, {}); !ok) return ok;
    }
    add_counts(name, verifier.counts());
    if (auto ok = check_rules(name, id, verifier, last); !ok) return ok;
    return check_snapshots(name, id, last);
  }

  // Passes on the checkpoints that were signed for the log: here, by former keepers, and those that
  // the caller knows.
  Checked<void> expect_signed(const std::string& name, WorkspaceId id,
                              state::WorkspaceVerifier& verifier) {
    const auto refuse = [&](const Error& error) {
      return differs(Check::kCheckpoint, {name}, error.message, error.code);
    };
    signed_events_ = origin_events_ = 0;
    const auto kept = kept_checkpoint(database_, id);
    if (!kept) return refuse(kept.error());
    if (*kept) {
      auto said = options_.keys ? log::open_checkpoint((*kept)->note, *options_.keys)
                                : log::peek_checkpoint((*kept)->note);
      if (!said) return refuse(said.error());
      if (said->size != (*kept)->size || !said->origin.ends_with(log::checkpoint_origin("", name)))
        return refuse({ErrorCode::kCorrupt, "the checkpoint kept beside it is of another log"});
      signed_events_ = said->size;
      verifier.expect(*said, "the checkpoint kept beside it");
    }
    const auto origins = kept_origins(database_, id);
    if (!origins) return refuse(origins.error());
    for (const log::Statement& origin : *origins) {
      const auto said = log::open_statement(origin);
      if (!said) return refuse({said.error().code, "of its origin: " + said.error().message});
      const bool known = options_.keys && log::open_checkpoint(origin.note, *options_.keys);
      std::uint64_t& covered = known ? signed_events_ : origin_events_;
      covered = std::max(covered, said->size);
      verifier.expect(*said, fmt::format("the checkpoint of its origin {}", said->origin));
    }
    for (const log::Checkpoint& known : options_.known) {
      if (!is_origin_of(known.origin, name)) continue;
      ++report_.known_found;
      verifier.expect(known, "the checkpoint");
    }
    return {};
  }

  // The positions that have a snapshot of an object, in order. It is of the object of the event at
  // that position.
  Checked<std::vector<log::Position>> snapshots_of(const std::string& name, WorkspaceId id) const {
    std::vector<log::Position> positions;
    const auto iterator = iterate(database_.snapshots);
    const std::string prefix = id_key(id);
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      const std::string_view key = text(iterator->key());
      if (!key.starts_with(prefix)) break;
      const auto parsed = parse_object_key(key);
      if (parsed && !parsed->object.starts_with(log::kAuthorsPrefix))
        positions.push_back(parsed->position);
    }
    if (!iterator->status().ok())
      return differs(Check::kStorage, {name}, to_error(iterator->status(), "reading snapshots"));
    std::ranges::sort(positions);
    return positions;
  }

  Checked<void> check_events(const std::string& name, WorkspaceId id,
                             const std::vector<log::Position>& snapshots,
                             state::WorkspaceVerifier& verifier) {
    TileCheck tiles(database_, name, id, read_options());
    IndexCheck index(database_, name, id, read_options());
    TreeEdge tree;
    std::map<std::string, log::Position> taken_over;  // by region
    std::map<std::string, log::ActorNumbers> actors;  // by key, all that they ever had recorded
    auto beside = [&](const log::Event& event) -> Checked<void> {
      if (event.origin) taken_over[event.origin->region] = event.origin->position;
      if (event.actor_named)
        actors.try_emplace(actor_key(id, {event.tenant, event.principal, event.actor}), kAllRanges)
            .first->second.add(event.actor_seq, event.last_actor_seq(), event.position);
      index.expect(event.object, event.position);
      if (auto ok = tree.append(event.hash, tiles); !ok)
        return differs(Check::kTree, {name}, ok.error());
      ++report_.events;
      return {};
    };
    if (auto ok = pass_events(name, id, snapshots, verifier, beside); !ok) return ok;
    if (auto ok = tiles.finish(); !ok) return ok;
    if (auto ok = index.finish(); !ok) return ok;
    if (auto ok = check_taken_over(name, id, taken_over); !ok) return ok;
    return check_actors(name, id, actors);
  }

  // Finds numbers that the store calls recorded, but that no event has: the server would take a new
  // change with such a number for a repeated one.
  Checked<void> check_actors(const std::string& name, WorkspaceId id,
                             const std::map<std::string, log::ActorNumbers>& by_events) const {
    const auto iterator = iterate(database_.meta);
    const std::string prefix = actors_prefix(id);
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      const std::string key(text(iterator->key()));
      if (!key.starts_with(prefix)) break;
      const auto kept = decode_actor(key, text(iterator->value()));
      const auto found = by_events.find(key);
      const bool fits = kept && found != by_events.end() &&
                        std::ranges::all_of(kept->ranges(), [&](const auto& range) {
                          return found->second.find(range.first, range.last).standing ==
                                 log::ActorNumbers::Standing::kRecorded;
                        });
      if (!fits)
        return differs(Check::kIndex, {name},
                       "what is said to be recorded of an actor does not fit the events");
    }
    if (!iterator->status().ok())
      return differs(Check::kStorage, {name}, to_error(iterator->status(), "reading names"));
    return {};
  }

  Checked<void> check_taken_over(const std::string& name, WorkspaceId id,
                                 const std::map<std::string, log::Position>& by_events) const {
    std::map<std::string, log::Position> kept;
    const auto iterator = iterate(database_.meta);
    const std::string prefix = ingested_key(id, "");
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      const std::string_view key = text(iterator->key());
      if (!key.starts_with(prefix)) break;
      const std::string region(key.substr(prefix.size()));
      kept[region] = kept_ingested(database_, id, region).value_or(0);
    }
    if (!iterator->status().ok())
      return differs(Check::kStorage, {name}, to_error(iterator->status(), "reading names"));
    if (kept == by_events) return {};
    return differs(Check::kIndex, {name},
                   "how far the logs of other regions were taken over does not fit the events");
  }

  // Reads all events, and the snapshots at their positions. Calls `beside` for each event.
  Checked<void> pass_events(const std::string& name, WorkspaceId id,
                            const std::vector<log::Position>& snapshots,
                            state::WorkspaceVerifier& verifier,
                            const std::function<Checked<void>(const log::Event&)>& beside) {
    const auto iterator = iterate(database_.events);
    const std::string prefix = id_key(id);
    auto next_snapshot = snapshots.begin();
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      if (!text(iterator->key()).starts_with(prefix)) break;
      const auto position = parse_event_key(text(iterator->key()));
      if (!position) return differs(Check::kRecord, {name}, "bad key");
      const auto event = verifier.event(*position, bytes(iterator->value()));
      if (!event) return std::unexpected(event.error());
      if (beside)
        if (auto ok = beside(**event); !ok) return ok;
      next_snapshot = std::find_if(next_snapshot, snapshots.end(),
                                   [&](log::Position each) { return each >= *position; });
      if (next_snapshot != snapshots.end() && *next_snapshot == *position)
        if (auto ok = check_shown(name, id, **event, verifier); !ok) return ok;
      if (++steps_ % kEventsPerProgress == 0 && !go_on(name)) return stopped();
    }
    if (!iterator->status().ok())
      return differs(Check::kStorage, {name, verifier.last_position() + 1},
                     to_error(iterator->status(), fmt::format("workspace {}, event {}", name,
                                                              verifier.last_position() + 1)));
    if (auto ok = verifier.finish(); !ok) return ok;
    return go_on(name) ? Checked<void>() : stopped();
  }

  Checked<void> check_shown(const std::string& name, WorkspaceId id, const log::Event& event,
                            state::WorkspaceVerifier& verifier) const {
    rocksdb::PinnableSlice value;
    const std::string key = object_key(id, event.object, event.position);
    const auto status = database_.db->Get(read_options(), database_.snapshots, key, &value);
    if (status.IsNotFound())
      return differs(Check::kSnapshot, {name, event.position},
                     "a snapshot of an object that this event does not change");
    if (!status.ok())
      return differs(Check::kStorage, {name, event.position, event.object},
                     to_error(status, "reading a snapshot"));
    const auto kept = decode_snapshot(key, text(value));
    if (!kept) return {};  // damaged, so it is never used
    const auto content = content_of(database_, *kept);
    if (!content)
      return differs(Check::kStorage, {name, event.position, event.object}, content.error());
    if (!*content) return {};
    if (kept->base == 0) return verifier.snapshot({.whole = **content, .type = kept->type});
    const auto base = base_of(name, id, event.object, *kept);
    if (!base) return std::unexpected(base.error());
    return *base ? verifier.snapshot({.whole = **base, .delta = **content, .type = kept->type})
                 : Checked<void>();
  }

  // The state of the milestone that a delta extends. nullopt if it is damaged or missing; then the
  // delta is never used.
  Checked<std::optional<Bytes>> base_of(const std::string& name, WorkspaceId id,
                                        const std::string& object,
                                        const KeptSnapshot& delta) const {
    rocksdb::PinnableSlice value;
    const std::string key = object_key(id, object, delta.base);
    const auto status = database_.db->Get(read_options(), database_.snapshots, key, &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok())
      return differs(Check::kStorage, {name, delta.base, object},
                     to_error(status, "reading a snapshot"));
    const auto kept = decode_snapshot(key, text(value));
    if (!kept || !kept->milestone()) return std::nullopt;
    auto content = content_of(database_, *kept);
    if (!content) return differs(Check::kStorage, {name, delta.base, object}, content.error());
    return std::move(*content);
  }

  void add_counts(const std::string& name, const state::ReplayCounts& counts) {
    report_.replayed += counts.effects + counts.untold;
    report_.effects += counts.effects;
    report_.not_replayable += counts.not_replayable;
    report_.snapshots_compared += counts.snapshots;
    report_.signed_events += signed_events_;
    report_.origin_events += origin_events_;
    for (const state::ReplayGap& gap : counts.gaps)
      if (report_.gaps.size() < state::ReplayCounts::kMaxGaps)
        report_.gaps.push_back({name, gap.object, gap.from, gap.to, gap.events});
  }

  Checked<void> check_rules(const std::string& name, WorkspaceId id,
                            const state::WorkspaceVerifier& verifier, log::Position last) {
    RulesCheck check(database_, name, id, read_options(), verifier.rules(), last,
                     verifier.first_version());
    if (auto ok = check.run(); !ok) return ok;
    report_.pins += check.pins();
    report_.untold += check.untold();
    return {};
  }

  Checked<void> check_snapshots(const std::string& name, WorkspaceId id, log::Position last) {
    const auto iterator = iterate(database_.snapshots);
    const std::string prefix = id_key(id);
    MilestonesSeen milestones;
    for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
      const std::string_view key = text(iterator->key());
      if (!key.starts_with(prefix)) break;
      ++report_.snapshots;
      const auto parsed = parse_object_key(key);
      auto kept = decode_snapshot(key, text(iterator->value()));
      if (kept && kept->apart) {
        const auto standing = check_apart(name, key, *kept->apart);
        if (!standing) return std::unexpected(standing.error());
        if (*standing == Apart::kReplaced) continue;
        if (*standing == Apart::kDamaged) kept.reset();
      }
      const bool intact = parsed && milestones.usable(*parsed, kept);
      if (intact && parsed->position > last)
        return differs(Check::kSnapshot, {name},
                       fmt::format("the log ends at {}, but there is a snapshot of {} at {}", last,
                                   parsed->object, parsed->position));
      if (!intact)
        report_.damaged_snapshots.push_back(
            parsed ? fmt::format("{}/{} at {}", name, parsed->object, parsed->position)
                   : fmt::format("{}/?", name));
    }
    if (!iterator->status().ok())
      return differs(Check::kStorage, {name}, to_error(iterator->status(), "reading snapshots"));
    return {};
  }

  enum class Apart { kIntact, kDamaged, kReplaced };

  // Checks the file of a snapshot, with the hash that names it, and that the file is known to have
  // this entry: otherwise a start would remove it. The file may be gone because the snapshot was
  // replaced after this verification began.
  Checked<Apart> check_apart(const std::string& name, std::string_view key,
                             const ApartContent& apart) const {
    const auto known = database_.get(Family::kMeta, blob_key(apart.name, key));
    const auto content = database_.blobs().read(apart.name);
    const auto now = database_.get(Family::kSnapshots, key);
    for (const auto* read : {&known, &now})
      if (!*read) return differs(Check::kStorage, {name}, read->error());
    if (!content) return differs(Check::kStorage, {name}, content.error());
    const auto kept = *now ? decode_snapshot(key, **now) : std::nullopt;
    if (!kept || kept->apart != apart) return Apart::kReplaced;
    if (!*known)
      return differs(Check::kIndex, {name}, "the list of files lacks the file of a snapshot");
    const bool intact =
        *content && (*content)->size() == apart.size && blob_name(**content) == apart.name;
    return intact ? Apart::kIntact : Apart::kDamaged;
  }

  // Checks that every id has a name and is below the next id. Also looks at the first key of each
  // family, which belongs to no workspace and which other reads may miss.
  Checked<void> check_named() const {
    for (auto* family :
         {database_.events, database_.objects, database_.snapshots, database_.tree}) {
      const auto iterator = iterate(family);
      WorkspaceId id = kNoWorkspace;
      for (iterator->SeekToFirst(); iterator->Valid(); iterator->Seek(id_key(id + 1))) {
        id = parse_id(text(iterator->key())).value_or(kNoWorkspace);
        if (auto ok = check_number(id); !ok) return ok;
        if (id + 1 == 0) break;
      }
      if (!iterator->status().ok())
        return differs(Check::kStorage, {}, to_error(iterator->status(), "reading numbers"));
    }
    return check_meta();
  }

  Checked<void> check_number(WorkspaceId id) const {
    if (id == kNoWorkspace || ids_.contains(id)) return {};
    return differs(Check::kIndex, {}, fmt::format("the name of workspace {} is missing", id));
  }

  // Checks that checkpoints, pins, epochs, origins and actors belong to existing workspaces, and
  // that waiting changes are undamaged. The workspace of a waiting change may have no event yet.
  Checked<void> check_meta() const {
    const auto iterator = iterate(database_.meta);
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
      const std::string_view key = text(iterator->key());
      if (key.starts_with(kWaitingPrefix) && !decode_waiting(key, text(iterator->value())))
        return differs(Check::kRecord, {}, "a change that waits is damaged");
      const bool numbered = key.starts_with("c/") || key.starts_with("o/") ||
                            key.starts_with("p/") || key.starts_with("e/") ||
                            key.starts_with("i/") || key.starts_with("n/") ||
                            key.starts_with("a/") || key.starts_with("t/") || key.starts_with("l/");
      if (!numbered) continue;
      if (auto ok = check_number(parse_id(key.substr(2)).value_or(~kNoWorkspace)); !ok) return ok;
    }
    if (!iterator->status().ok())
      return differs(Check::kStorage, {}, to_error(iterator->status(), "reading names"));
    if (ids_.empty()) return {};
    std::string value;
    const auto status =
        database_.db->Get(read_options(), database_.meta, slice(kNextWorkspaceKey), &value);
    const auto next = parse_id(value);
    if (status.ok() && next && *next > *ids_.rbegin()) return {};
    return differs(Check::kIndex, {}, "the count of workspaces is damaged");
  }

  Checked<void> check_bytes_of_files() {
    if (!options_.files) return {};
    const auto checked = syncline::store::check_files(
        database_, [this](const syncline::store::CheckedFiles&) { return go_on("files"); });
    if (!checked) return differs(Check::kStorage, {}, checked.error());
    report_.files = checked->files;
    report_.file_bytes = checked->bytes;
    return {};
  }

  bool go_on(const std::string& name) const {
    return !progress_ || progress_({name, report_.workspaces, report_.events, estimated_events_});
  }

  static Checked<void> stopped() {
    return differs(Check::kStorage, {}, "verification stopped", ErrorCode::kUnavailable);
  }

  const Database& database_;
  const VerifyOptions& options_;
  const Progress& progress_;
  mutable rocksdb::ManagedSnapshot snapshot_;  // mutable because its accessor is not const
  std::set<WorkspaceId> ids_;
  std::uint64_t steps_ = 0;
  std::uint64_t signed_events_ = 0;  // of the workspace being checked
  std::uint64_t origin_events_ = 0;
  std::uint64_t estimated_events_ = 0;
  VerifyReport report_;
};

}  // namespace

Checked<VerifyReport> verify(const Database& database, const VerifyOptions& options,
                             const Progress& progress) {
  return Verifier(database, options, progress).run();
}

}  // namespace syncline::backend::store
