#include "store/group_commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "log/append_check.h"
#include "store/contents.h"
#include "store/directory.h"

namespace syncline::store {
namespace {

// The size of the cache of recently written workspaces. A tree edge has up to 8 KiB.
constexpr std::size_t kMaxKnownWorkspaces = 16384;
constexpr std::size_t kMaxTreeBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxKnownWaiting = 1024;
constexpr std::size_t kMaxKnownActors = 16384;

std::unexpected<Error> overflowed() {
  return fail(ErrorCode::kUnavailable, "the disk does not keep up with what is appended");
}

// `staged` is the answer if the write succeeds, or the reason why the request was refused before
// it.
template <typename T>
void add_answer(GroupCommit::Batch& batch, log::Done<T> done, Result<T> staged) {
  if (!staged)
    ++batch.refused;
  else if constexpr (std::is_same_v<T, log::Appended>)
    ++batch.appends;
  batch.answers.push_back(
      [done = std::move(done), staged = std::move(staged)](const Result<void>& written) mutable {
        if (staged && !written) staged = std::unexpected(written.error());
        done(std::move(staged));
      });
}

}  // namespace

GroupCommit::Batch GroupCommit::stage(std::vector<Request> requests, const Ready& ready,
                                      Writes& writes) {
  if (known_.size() > kMaxKnownWorkspaces || tree_bytes_ > kMaxTreeBytes ||
      waiting_.size() > kMaxKnownWaiting || known_actors_ > kMaxKnownActors)
    forget();
  forget_damaged();
  Batch batch;
  ++batches_;
  files_.begin_batch();
  const Result<void> poisoned = poison_ ? std::unexpected(*poison_) : Result<void>();
  for (Request& request : requests) {
    const Result<void>& allowed = makes_room(request) ? ready.cleaning : ready.all;
    const Result<void>& possible = poisoned ? allowed : poisoned;
    std::visit(
        [&](auto& each) {
          using Answer = decltype(stage(each, batch, writes));
          Answer staged =
              possible ? stage(each, batch, writes) : Answer(std::unexpected(possible.error()));
          add_answer(batch, std::move(each.done), std::move(staged));
        },
        request);
  }
  return batch;
}

void GroupCommit::finish(Batch batch, const Result<void>& written) {
  Result<void> outcome = written;
  if (!written) {
    if (!is_mutated(Mutation::keep_heads_after_failure)) {
      forget();  // they describe events that were not stored
      next_id_.reset();
    }
    if (written.error().code != ErrorCode::kUnavailable && !is_mutated(Mutation::forget_poison)) {
      poison_ = {
          ErrorCode::kIo,
          "the disk failed or its data is damaged, nothing more is stored until a restart: " +
              written.error().message};
      outcome = std::unexpected(*poison_);
    }
  }
  for (auto& answer : batch.answers) answer(outcome);
}

void GroupCommit::forget() {
  known_.clear();
  waiting_.clear();
  tree_bytes_ = 0;
  known_actors_ = 0;
}

// Within a batch, such a workspace is refused, because what was staged of it cannot be read yet.
// The next batch reads it again, because it may have been repaired.
void GroupCommit::forget_damaged() {
  for (const std::string& workspace : std::exchange(damaged_, {})) {
    const auto found = known_.find(workspace);
    if (found == known_.end()) continue;
    tree_bytes_ -= found->second.tree.memory_bytes();
    known_actors_ -= found->second.actors.size();
    known_.erase(found);
  }
}

Result<GroupCommit::Known*> GroupCommit::find(const std::string& workspace) {
  if (const auto found = known_.find(workspace); found != known_.end()) return &found->second;
  const auto id = find_workspace(tables_, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return nullptr;
  const auto head = stored_head(tables_, workspace, **id);
  if (!head) return std::unexpected(head.error());
  return &known_
              .emplace(workspace,
                       Known{.id = **id, .head = *head, .tree = TreeEdge(head->last_position)})
              .first->second;
}

Result<GroupCommit::Known*> GroupCommit::create(const std::string& workspace, Writes& writes) {
  if (!next_id_) {
    const auto value = tables_.get(Family::kMeta, kNextWorkspaceKey);
    if (!value) return fail_while("creating workspace " + workspace, value.error());
    next_id_ = *value ? parse_id(**value) : 1;
    if (!next_id_) return fail(ErrorCode::kCorrupt, "the count of workspaces is damaged");
  }
  const WorkspaceId id = (*next_id_)++;
  writes.put(Family::kMeta, workspace_key(workspace), id_key(id));
  writes.put(Family::kMeta, kNextWorkspaceKey, id_key(*next_id_));
  return &known_.emplace(workspace, Known{.id = id, .tree = TreeEdge()}).first->second;
}

Result<log::Appended> GroupCommit::stage(AppendRequest& request, Batch& batch, Writes& writes) {
  if (request.overflowed) return overflowed();
  auto known = find(request.workspace);
  if (!known) return std::unexpected(std::move(known.error()));
  if (auto ok = check_epoch(request, *known); !ok) return std::unexpected(std::move(ok.error()));
  const std::vector<log::EncodedEvent>& events = request.append.events;
  const log::Head head = *known != nullptr ? (*known)->head : log::Head{};
  const bool checked = !is_mutated(Mutation::accept_gap);
  if (auto ok = log::check_follows(request.workspace, events, head); !ok && checked)
    return std::unexpected(std::move(ok.error()));
  if (auto ok = check_origins(request, *known); !ok) return std::unexpected(std::move(ok.error()));
  auto rules = check_rules(request, *known);
  if (!rules) return std::unexpected(std::move(rules.error()));
  if (*known == nullptr) {
    known = create(request.workspace, writes);
    if (!known) return std::unexpected(std::move(known.error()));
  }
  Known& workspace = **known;
  if (auto ok = read_actors(workspace, request); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = make_room_for_actors(workspace, request, writes); !ok)
    return std::unexpected(std::move(ok.error()));
  const std::size_t before = workspace.tree.memory_bytes();
  auto grown = grow_tree(workspace, request, writes);
  tree_bytes_ = tree_bytes_ - before + workspace.tree.memory_bytes();
  if (!grown) return std::unexpected(std::move(grown.error()));
  if (auto ok = settle(request, writes); !ok) return std::unexpected(std::move(ok.error()));
  write_rules(request.workspace, workspace, std::move(*rules), writes);
  keep_ownership(workspace, request, writes);
  record_actors(workspace, request, writes);
  for (const log::EncodedEvent& event : events) {
    writes.put(Family::kEvents, event_key(workspace.id, event.position), as_text(event.record));
    writes.put(Family::kObjects, object_key(workspace.id, event.object, event.position), {});
    batch.bytes += event.record.size();
  }
  files_.name_versions(std::string(split_name(request.workspace).tenant), workspace.id, events,
                       writes);
  batch.events += events.size();
  workspace.head = log::head_after(events);
  return log::Appended{workspace.head.last_position, log::Durability::kDisk};
}

Result<void> GroupCommit::check_epoch(const AppendRequest& request, Known* known) {
  if (known == nullptr) return {};
  if (!known->epoch) {
    const auto kept = kept_epoch(tables_, known->id);
    if (!kept) return fail_while("workspace " + request.workspace, kept.error());
    known->epoch = *kept;
  }
  if (request.append.epoch >= *known->epoch) return {};
  return fail(ErrorCode::kFenced,
              fmt::format("append to {} in epoch {}, but an owner of epoch {} has taken over",
                          request.workspace, request.append.epoch, *known->epoch));
}

// Each event of another log is taken over only once, in the order of that log.
Result<void> GroupCommit::check_origins(const AppendRequest& request, Known* known) {
  std::map<std::string_view, log::Position> taken;  // by this append
  for (const log::EncodedEvent& event : request.append.events) {
    if (!event.origin) continue;
    const auto& [region, position] = *event.origin;
    const auto [last, first] = taken.try_emplace(region, 0);
    if (first && known != nullptr) {
      auto found = known->ingested.find(region);
      if (found == known->ingested.end()) {
        const auto kept = kept_ingested(tables_, known->id, region);
        if (!kept) return fail_while("workspace " + request.workspace, kept.error());
        found = known->ingested.emplace(region, *kept).first;
      }
      last->second = found->second;
    }
    if (position <= last->second)
      return fail(
          ErrorCode::kConflict,
          fmt::format("append to {}: event {} of region {} is not behind {}, up to which its "
                      "log was taken over",
                      request.workspace, position, region, last->second));
    last->second = position;
  }
  return {};
}

void GroupCommit::keep_ownership(Known& workspace, const AppendRequest& request, Writes& writes) {
  if (request.append.epoch > workspace.epoch.value_or(0)) {
    workspace.epoch = request.append.epoch;
    writes.put(Family::kMeta, epoch_key(workspace.id), encode_epoch(request.append.epoch));
  }
  std::set<std::string_view> regions;
  for (const log::EncodedEvent& event : request.append.events) {
    if (!event.origin) continue;
    workspace.ingested[event.origin->region] = event.origin->position;
    regions.insert(event.origin->region);
  }
  for (const std::string_view region : regions)
    writes.put(Family::kMeta, ingested_key(workspace.id, region),
               encode_ingested(workspace.ingested[std::string(region)]));
}

Result<void> GroupCommit::grow_tree(Known& workspace, const AppendRequest& request,
                                    Writes& writes) {
  if (workspace.damage) return std::unexpected(*workspace.damage);
  StagedTiles tiles(tables_, workspace.id);
  for (const log::EncodedEvent& event : request.append.events) {
    auto ok = workspace.tree.append(event.hash, tiles);
    if (ok) continue;
    workspace.damage = Error{ErrorCode::kCorrupt, fmt::format("workspace {}: {}", request.workspace,
                                                              ok.error().message)};
    damaged_.push_back(request.workspace);
    return std::unexpected(*workspace.damage);
  }
  tiles.write_to(writes);
  return {};
}

Result<void> GroupCommit::stage(SnapshotRequest& request, Batch& batch, Writes& writes) {
  if (request.overflowed) return overflowed();
  const auto known = find(request.workspace);
  if (!known) return std::unexpected(known.error());
  const log::Position position = request.snapshot.position;
  if (*known == nullptr || position > (*known)->head.last_position)
    return fail(ErrorCode::kInvalid,
                fmt::format("snapshot of {}/{} at {}, which the log does not have",
                            request.workspace, request.object, position));
  const auto retention = retention_of(request.workspace, **known);
  if (!retention) return std::unexpected(retention.error());
  const WorkspaceId id = (*known)->id;
  const std::string key = object_key(id, request.object, position);
  const auto there = tables_.get(Family::kSnapshots, key);
  if (!there) return fail_while("keeping a snapshot of " + request.object, there.error());
  const auto same = *there ? decode_snapshot(key, **there) : std::nullopt;
  // A milestone that represents dropped payloads must not become a snapshot that others replace.
  if (same && same->bytes_since_milestone == 0 && request.snapshot.bytes_since_milestone > 0)
    return {};
  const auto replace = replace_snapshots(id, request, retention->floor, batch, writes);
  if (!replace) return std::unexpected(replace.error());
  if (!*replace) return {};
  if (same && same->apart) remove_snapshot(writes, key, same->apart, batch.released);
  if (!request.apart) {
    writes.put(Family::kSnapshots, key, encode_snapshot(key, request.snapshot));
    return {};
  }
  writes.put(Family::kSnapshots, key, encode_snapshot(key, request.snapshot, *request.apart));
  writes.put(Family::kMeta, blob_key(request.apart->name, key), {});
  (*known)->apart_in = batches_;
  return {};
}

Result<void> GroupCommit::stage(OriginRequest& request, Batch&, Writes& writes) {
  if (request.overflowed) return overflowed();
  const auto known = find(request.workspace);
  if (!known) return std::unexpected(known.error());
  const auto said = log::peek_checkpoint(request.origin.note);
  if (*known == nullptr || !said || said->size > (*known)->head.last_position)
    return fail(ErrorCode::kInvalid,
                fmt::format("workspace {} is not what its origin signed", request.workspace));
  const auto kept = kept_origins(tables_, (*known)->id);
  if (!kept) return fail_while("workspace " + request.workspace, kept.error());
  if (std::ranges::find(*kept, request.origin) != kept->end()) return {};
  if (kept->size() >= log::kMaxStatements)
    return fail(ErrorCode::kTooLarge,
                fmt::format("workspace {} has had too many keepers", request.workspace));
  const std::string text = log::to_text(request.origin);
  writes.put(Family::kMeta, kept_origin_key((*known)->id, text), text);
  return {};
}

Result<void> GroupCommit::stage(CheckpointRequest& request, Batch&, Writes& writes) {
  if (request.overflowed) return overflowed();
  const auto known = find(request.workspace);
  if (!known) return std::unexpected(known.error());
  if (*known == nullptr || request.size > (*known)->head.last_position)
    return fail(ErrorCode::kInvalid,
                fmt::format("checkpoint of {} events of workspace {}, which has fewer",
                            request.size, request.workspace));
  Known& workspace = **known;
  const auto kept = kept_checkpoint(tables_, workspace.id);
  if (!kept) return fail_while("workspace " + request.workspace, kept.error());
  const std::uint64_t size = std::max(workspace.checkpoint, *kept ? (*kept)->size : 0);
  if (size > request.size)
    return fail(ErrorCode::kConflict,
                fmt::format("workspace {}: a checkpoint of {} events is kept, this one has {}",
                            request.workspace, size, request.size));
  workspace.checkpoint = request.size;
  writes.put(Family::kMeta, checkpoint_key(workspace.id),
             encode_checkpoint({request.size, std::move(request.note)}));
  return {};
}

Result<void> GroupCommit::stage(DirectoryRequest& request, Batch&, Writes& writes) {
  if (request.overflowed) return overflowed();
  for (const log::DirectoryChange& change : request.changes) {
    const std::string key = directory_key(change.kind, change.id);
    if (change.value)
      writes.put(Family::kMeta, key, encode_directory(key, *change.value));
    else
      writes.remove(Family::kMeta, key);
  }
  return {};
}

Result<void> GroupCommit::stage(FileRequest& request, Batch& batch, Writes& writes) {
  if (request.overflowed) return overflowed();
  return files_.stage(request.tenant, request.change, batch.files, writes);
}

// Reads entries and small values, but no content: a milestone whose blob is damaged counts as one.
// The reader that meets the damage stores the milestone again.
Result<bool> GroupCommit::replace_snapshots(WorkspaceId id, const SnapshotRequest& request,
                                            log::Position floor, Batch& batch, Writes& writes) {
  const log::Snapshot& snapshot = request.snapshot;
  const std::string prefix = object_key(id, request.object);
  std::vector<std::pair<std::string, std::optional<ApartContent>>> replaced;
  log::Position milestone = 0;  // the newest at or before the new one
  const auto cursor = tables_.cursor(Family::kSnapshots);
  // From the newest backwards: all snapshots that can be replaced are after the last milestone.
  cursor->seek_for_prev(object_key(id, request.object, log::kNow));
  while (cursor->valid()) {
    const std::string key(cursor->key());
    const auto parsed = parse_object_key(key);
    if (!key.starts_with(prefix) || !parsed) break;
    const auto kept = decode_snapshot(key, cursor->value());
    if (kept) {
      if (parsed->position > snapshot.position) return snapshot.bytes_since_milestone == 0;
      if (kept->milestone()) {
        milestone = parsed->position;
        break;
      }
    }
    // An unreadable snapshot is useless, so the new one replaces it. But up to the floor it may
    // represent dropped payloads. Only retention removes those, because an unreadable one may still
    // be the only copy.
    if (parsed->position > floor) replaced.emplace_back(key, kept ? kept->apart : std::nullopt);
    if (parsed->position == 0) break;
    cursor->seek_for_prev(object_key(id, request.object, parsed->position - 1));
  }
  if (auto ok = log::check_base(request.workspace, request.object, snapshot, milestone); !ok)
    return std::unexpected(std::move(ok.error()));
  for (const auto& [key, apart] : replaced) remove_snapshot(writes, key, apart, batch.released);
  return true;
}

}  // namespace syncline::store
