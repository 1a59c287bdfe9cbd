#include "state/object_cache.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/mutation.h"
#include "base/qualified_name.h"
#include "merge/facets.h"
#include "state/author_reading.h"
#include "state/job_room.h"

namespace syncline::state {

// A load in progress, and everyone who waits for it.
struct ObjectCache::Loading {
  std::unique_ptr<Resident> resident;
  std::vector<log::Done<Resident*>> waiting;
  bool forgotten = false;  // the workspace was dropped during the load: the data may be stale
};

namespace {

Bytes whole_state(const merge::Object& object) {
  return is_mutated(Mutation::empty_snapshot) ? object.type().create()->snapshot()
                                              : object.snapshot();
}

// The state, or what changed since the milestone `base`, if that is known and the change is small.
void fill(const merge::Object& object, log::Position base, std::uint64_t base_bytes,
          log::Snapshot& snapshot) {
  auto delta = base == 0 || is_mutated(Mutation::empty_snapshot) ? std::nullopt
                                                                 : merge::delta_since_mark(object);
  if (snapshot.bytes_since_milestone == 0 || !delta || delta->size() > base_bytes / 2) {
    snapshot.bytes = whole_state(object);
    return;
  }
  snapshot.bytes = std::move(*delta);
  snapshot.base = base;
}

// If the snapshot cannot be stored, replays become longer. A later snapshot will be written anyway.
void put(log::SnapshotStore& snapshots, const std::string& workspace, const std::string& id,
         log::Snapshot snapshot) {
  snapshots.put_snapshot(workspace, id, std::move(snapshot), [](Result<void>) {});
}

}  // namespace

ObjectCache::ObjectCache(const ReplaySources& sources, CacheLimits limits, Quarantine* quarantine)
    : sources_(sources), limits_(limits), quarantine_(quarantine) {}

ObjectCache::~ObjectCache() = default;

void ObjectCache::acquire(const std::string& workspace, const std::string& id,
                          log::Done<Resident*> done) {
  const bool public_only = is_mutated(Mutation::cache_without_tenant);
  const Names names{is_mutated(Mutation::share_objects) ? "shared"
                    : public_only                       ? split_name(workspace).workspace
                                                        : std::string_view(workspace),
                    id};
  if (auto found = residents_.find(names); found != residents_.end()) {
    ++counters_.hits;
    hold(*found->second);
    done(found->second.get());
    return;
  }
  if (const auto* held = quarantine_ == nullptr ? nullptr : quarantine_->find(workspace, id))
    return done(std::unexpected(quarantine_error(*held)));
  const Key key(names);
  auto& loading = loading_[key];
  const bool first = !loading;
  if (first) loading = std::make_shared<Loading>();
  loading->waiting.push_back(std::move(done));
  if (first) load(key);
}

void ObjectCache::load(const Key& key) {
  ++counters_.loads;
  auto loading = loading_.at(key);
  loading->resident = std::make_unique<Resident>();
  loading->resident->workspace_ = key.first;
  loading->resident->id_ = key.second;
  try_replay(sources_, key.first, key.second, log::kNow,
             [this, loading](Replayed replayed) { loaded(loading, std::move(replayed)); });
}

void ObjectCache::loaded(const std::shared_ptr<Loading>& loading, Replayed replayed) {
  const Key key{loading->resident->workspace_, loading->resident->id_};
  if (loading->forgotten) {
    if (is_mutated(Mutation::lose_raced_load)) return;
    ++counters_.loads_repeated;
    // Load again, because the replayed events may differ from what the log really stored.
    loading->forgotten = false;
    if (replayed) {
      loading->resident->object_ = std::move(replayed->object);
      discard(std::move(loading->resident));
    }
    return load(key);
  }
  loading_.erase(key);
  if (!replayed) return fail_load(loading, std::move(replayed.error()));
  Resident& resident = *loading->resident;
  resident.object_ = std::move(replayed->object);
  if (replayed->generation > 0) resident.generation_ = replayed->generation;
  resident.position_ = resident.durable_ = replayed->position;
  resident.bytes_since_milestone_ = replayed->bytes_since_milestone;
  resident.snapshot_bytes_ = replayed->snapshot_bytes;
  resident.base_ = replayed->base;
  resident.base_bytes_ = replayed->base_bytes;
  resident.events_since_snapshot_ = replayed->replayed_events;
  counters_.replayed_events += replayed->replayed_events;
  if (replayed->damaged_snapshot) ++counters_.damaged_snapshots;
  // Held until all callbacks have run, so that no shrink() evicts it.
  resident.holders_ = 1;
  residents_.emplace(Names(resident.workspace_, resident.id_), std::move(loading->resident));
  account(resident);
  for (auto& done : std::exchange(loading->waiting, {})) {
    hold(resident);
    done(&resident);
  }
  release(resident);
}

void ObjectCache::fail_load(const std::shared_ptr<Loading>& loading, ReplayFailure failure) {
  ++counters_.load_failures;
  Error error = std::move(failure.error);
  if (quarantine_ != nullptr && failure.position > 0)
    error = quarantine_error(quarantine_->add(loading->resident->workspace_, loading->resident->id_,
                                              failure.position, std::move(error)));
  for (auto& done : std::exchange(loading->waiting, {})) done(std::unexpected(error));
}

void ObjectCache::hold(Resident& resident) {
  if (resident.holders_++ == 0) idle_.erase(resident.idle_);
}

void ObjectCache::release(Resident& resident) {
  SYNCLINE_ASSERT(resident.holders_ > 0);
  if (--resident.holders_ > 0) return;
  if (resident.forgotten_) {
    const auto found = forgotten_.find(&resident);
    std::unique_ptr<Resident> forgotten = std::move(found->second);
    forgotten_.erase(found);
    return discard(std::move(forgotten));
  }
  resident.idle_ = idle_.insert(idle_.end(), &resident);
  resident.idle_since_ms_ = now_ms_;
  rest(resident);
  shrink(limits_.budget_bytes);
}

void ObjectCache::rest(Resident& resident) {
  resident.object_->rest();
  account(resident);
}

bool ObjectCache::begin_as(Resident& resident, const merge::ObjectType& type) {
  if (resident.position_ > 0) return false;
  resident.object_ = type.create();
  account(resident);
  return true;
}

void ObjectCache::begin_generation(Resident& resident, std::uint64_t generation) {
  auto ended = std::make_unique<Resident>();
  ended->workspace_ = resident.workspace_;
  ended->object_ = std::exchange(resident.object_, sources_.types.default_type().create());
  if (is_mutated(Mutation::keep_deleted_state)) std::swap(ended->object_, resident.object_);
  resident.generation_ = generation;
  resident.position_ = resident.durable_ = 0;
  resident.bytes_since_milestone_ = resident.snapshot_bytes_ = 0;
  resident.base_ = resident.authors_at_ = 0;
  resident.base_bytes_ = 0;
  resident.events_since_snapshot_ = 0;
  account(resident);
  discard(std::move(ended));
}

void ObjectCache::forget(Resident& resident) {
  const auto found = residents_.find(Names(resident.workspace_, resident.id_));
  if (found == residents_.end() || found->second.get() != &resident) return;
  std::unique_ptr<Resident> held = std::move(found->second);
  residents_.erase(found);
  forget(std::move(held));
}

// It is not in residents_ any more.
void ObjectCache::forget(std::unique_ptr<Resident> resident) {
  bytes_ -= resident->accounted_bytes_;
  resident->forgotten_ = true;
  if (resident->holders_ == 0) {
    idle_.erase(resident->idle_);
    return discard(std::move(resident));
  }
  Resident* const key = resident.get();
  forgotten_.emplace(key, std::move(resident));
}

void ObjectCache::applied(Resident& resident, log::Position position, std::size_t record_bytes) {
  SYNCLINE_ASSERT(position > resident.position_);
  resident.position_ = position;
  resident.bytes_since_milestone_ += record_bytes;
  ++resident.events_since_snapshot_;
}

bool ObjectCache::milestone_due(const Resident& resident) const {
  return !resident.forgotten_ &&
         state::milestone_due(resident.bytes_since_milestone_, resident.snapshot_bytes_,
                              limits_.snapshot_min_bytes);
}

Bytes ObjectCache::make_milestone(merge::Object& object) {
  Bytes snapshot = whole_state(object);
  merge::mark(object);
  return snapshot;
}

log::Snapshot ObjectCache::take_up_milestone(Resident& resident, Bytes bytes) {
  log::Snapshot snapshot = begin_snapshot(resident, true);
  snapshot.bytes = std::move(bytes);
  counters_.snapshot_bytes += snapshot.bytes.size();
  resident.base_ = resident.position_;
  resident.snapshot_bytes_ = resident.base_bytes_ = snapshot.bytes.size();
  account(resident);
  shrink(limits_.budget_bytes);
  return snapshot;
}

void ObjectCache::store_milestone(const std::string& workspace, const std::string& id,
                                  log::Snapshot milestone) {
  const log::Position at = milestone.position;
  keep_authors(workspace, id, milestone);
  sources_.snapshots.put_snapshot(workspace, id, std::move(milestone),
                                  [this, key = Key{workspace, id}, at](Result<void> stored) {
                                    if (!stored) forget_base(Names(key), at);
                                  });
}

// So that the first who asks for the authors of a long history need not wait until all of it is read. A short one
// is read when somebody asks.
void ObjectCache::keep_authors(const std::string& workspace, const std::string& id,
                               const log::Snapshot& milestone) {
  const auto found = residents_.find(Names(workspace, id));
  if (!sources_.off_loop || found == residents_.end()) return;
  log::Position& last = found->second->authors_at_;
  if (milestone.position - last < std::max(limits_.authors_every, last / 8)) return;
  last = milestone.position;
  auto work = [workspace, id, type = milestone.type, generation = milestone.generation,
               at = milestone.position](Result<Workplace*> place, JobSlot slot) mutable {
    const merge::ObjectType* known = place ? (*place)->sources.types.find(type) : nullptr;
    if (known == nullptr) return;
    read_authors((*place)->sources, {std::move(workspace), std::move(id), *known, generation, at},
                 [slot = std::move(slot)](auto) {});
  };
  sources_.off_loop->jobs.start({.kind = JobOrder::kAnswer, .asker = "authors", .name = "authors"},
                                std::move(work));
}

// The milestone was not stored, so no delta can extend it.
void ObjectCache::forget_base(const Names& names, log::Position milestone) {
  const auto found = residents_.find(names);
  if (found != residents_.end() && found->second->base_ == milestone) found->second->base_ = 0;
}

void ObjectCache::durable(Resident& resident, log::Position position) {
  if (position >= resident.position_) resident.durable_ = resident.position_;
}

void ObjectCache::forget(std::string_view workspace) {
  for (auto& [key, loading] : loading_) {
    if (key.first == workspace) loading->forgotten = true;
  }
  auto it = residents_.lower_bound(Names(workspace, std::string_view()));
  while (it != residents_.end() && it->first.first == workspace) {
    std::unique_ptr<Resident> resident = std::move(it->second);
    it = residents_.erase(it);
    forget(std::move(resident));
  }
}

bool ObjectCache::has_any_of(std::string_view workspace) const {
  const auto first = residents_.lower_bound(Names(workspace, std::string_view()));
  return first != residents_.end() && first->first.first == workspace;
}

void ObjectCache::opened(std::string_view workspace, log::Position head) {
  const auto left = left_at_.find(workspace);
  const bool same = left != left_at_.end() && left->second == head;
  if (left != left_at_.end()) left_at_.erase(left);
  if (!same && has_any_of(workspace)) forget(workspace);
}

void ObjectCache::left(std::string_view workspace, log::Position head) {
  if (left_at_.size() > 2 * residents_.size() + 64)
    std::erase_if(left_at_, [this](const auto& each) { return !has_any_of(each.first); });
  if (has_any_of(workspace)) left_at_.insert_or_assign(std::string(workspace), head);
}

void ObjectCache::account(Resident& resident) {
  if (resident.forgotten_) return;
  const std::size_t now = resident.object_->memory_bytes();
  bytes_ = bytes_ - resident.accounted_bytes_ + now;
  resident.accounted_bytes_ = now;
}

bool ObjectCache::shrink(std::size_t bytes) {
  return evict_while([this, bytes](const Resident&) { return bytes_ > bytes; });
}

bool ObjectCache::expire(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  return evict_while([this](const Resident& resident) {
    return now_ms_ - resident.idle_since_ms_ >= limits_.idle_ms;
  });
}

// Least recently used first, until `leaves` says no.
template <typename Leaves>
bool ObjectCache::evict_while(Leaves leaves) {
  std::size_t looks = kEvictedAtOnce;
  std::size_t encoded = 0;
  auto next = idle_.begin();
  while (next != idle_.end() && leaves(**next)) {
    if (looks-- == 0 || encoded >= kEncodedAtOnce) return true;
    Resident& resident = **next++;
    // An object with unconfirmed events cannot be loaded again.
    if (resident.durable_ != resident.position_) continue;
    if (!is_large(resident)) encoded += resident.accounted_bytes_;
    evict(resident);
  }
  return false;
}

void ObjectCache::evict(Resident& resident) {
  ++counters_.evictions;
  if (!is_mutated(Mutation::keep_cache_bytes)) bytes_ -= resident.accounted_bytes_;
  idle_.erase(resident.idle_);
  const auto found = residents_.find(Names(resident.workspace_, resident.id_));
  std::unique_ptr<Resident> evicted = std::move(found->second);
  residents_.erase(found);
  if (evicted->events_since_snapshot_ >= limits_.evict_snapshot_events)
    write_snapshot(std::move(evicted));
  else
    discard(std::move(evicted));
}

// Destroys an object that is not found any more. Freeing millions of small pieces takes long.
void ObjectCache::discard(std::unique_ptr<Resident> gone) {
  if (is_large(*gone))
    elsewhere(std::move(gone), "free", 0, [](const Workplace&, const Resident&) {});
}

// It is no longer counted as an object, and its encoding is about as large.
MemoryCharge ObjectCache::charge_evicted(const Workplace& place, const Resident& evicted) {
  JobRoom* const room = place.sources.room;
  if (room == nullptr) return {};
  return room->hold(2 * evicted.object_->memory_bytes());
}

// Gives up an object that is not found any more to a worker, which frees it. `work` needs so much memory.
void ObjectCache::elsewhere(std::unique_ptr<Resident> evicted, const char* name, std::size_t bytes,
                            std::move_only_function<void(const Workplace&, Resident&)> work) {
  JobOrder order{
      .kind = JobOrder::kUrgent, .asker = evicted->workspace_, .name = name, .bytes = bytes};
  sources_.off_loop->jobs.start(std::move(order),
                                [evicted = std::move(evicted), work = std::move(work)](
                                    Result<Workplace*> place, JobSlot) mutable {
                                  if (!place) return;
                                  const MemoryCharge charge = charge_evicted(**place, *evicted);
                                  work(**place, *evicted);
                                  evicted.reset();
                                });
}

bool ObjectCache::is_large(const Resident& resident) const {
  return sources_.off_loop && resident.object_->memory_bytes() > sources_.off_loop->share.memory;
}

// Counts a snapshot, and returns it without its bytes.
log::Snapshot ObjectCache::begin_snapshot(Resident& resident, bool milestone) {
  ++counters_.snapshots;
  if (milestone) resident.bytes_since_milestone_ = 0;
  resident.events_since_snapshot_ = 0;
  log::Snapshot snapshot{resident.position_, {}, resident.bytes_since_milestone_, 0};
  const merge::ObjectType& type = resident.object_->type();
  snapshot.type = is_mutated(Mutation::mislabel_snapshot) ? "other" : type.name();
  snapshot.generation = resident.generation_;
  return snapshot;
}

// Of an object that is being evicted.
void ObjectCache::write_snapshot(std::unique_ptr<Resident> evicted) {
  log::Snapshot snapshot = begin_snapshot(*evicted, false);
  if (!is_large(*evicted)) {
    fill(*evicted->object_, evicted->base_, evicted->base_bytes_, snapshot);
    if (snapshot.base > 0) ++counters_.snapshot_deltas;
    counters_.snapshot_bytes += snapshot.bytes.size();
    return put(sources_.snapshots, evicted->workspace_, evicted->id_, std::move(snapshot));
  }
  const std::size_t bytes = evicted->object_->memory_bytes();
  elsewhere(std::move(evicted), "snapshot", bytes,
            [snapshot = std::move(snapshot)](const Workplace& place, Resident& gone) mutable {
              fill(*gone.object_, gone.base_, gone.base_bytes_, snapshot);
              put(place.sources.snapshots, gone.workspace_, gone.id_, std::move(snapshot));
            });
}

}  // namespace syncline::state
