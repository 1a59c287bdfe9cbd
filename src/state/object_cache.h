// ObjectCache: objects in memory, as views of the log. They are loaded on demand, kept while in
// use, and evicted under a memory budget.
//
// An object is its newest snapshot plus the events after it. Loading reads both and replays. A
// missing or damaged snapshot only makes the replay longer. If the events of an object cannot be
// replayed, the object is refused with kCorrupt and the position, and all others work. It goes into
// quarantine (state/quarantine.h) and is not replayed again until the quarantine is lifted.
//
// Time. An object that nobody has held for `idle_ms` leaves, too, when the owner calls expire(): so memory comes
// back when those who used it have left.
//
// Budget. The cache of a loop keeps the measured bytes of all its objects under `budget_bytes` by
// dropping the least recently used objects that nobody holds. Objects that are held stay, whatever
// they cost. What one call drops is bounded, because some of it is encoded: the rest follows with the
// next call, or when the owner calls shrink().
//
// What is long does not run here, if there is somewhere else (ReplaySources::off_loop): restoring a
// large object, encoding one that is evicted, and freeing the memory of one that is dropped.
//
// Snapshots. Milestones stay. They are spaced so that all of them together are smaller than twice
// the log (state/object_replay.h). When an object is evicted and a reload would take long, its
// newest state is stored until the next one replaces it. It is stored as a delta against the last
// milestone, so that only the changes are written, unless the delta would be larger than half of
// the milestone or the milestone is unknown.
//
// Ownership: the cache owns the residents. A Resident* from acquire() is valid until its release().
// Thread-safety: none; everything runs on one loop, and callbacks in a later turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "merge/object.h"
#include "state/object_replay.h"
#include "state/quarantine.h"
#include "syncline/error.h"

namespace syncline::state {

struct CacheLimits {
  std::size_t budget_bytes = std::size_t{512} << 20;
  std::size_t snapshot_min_bytes = kMilestoneMinBytes;  // of records since the last milestone
  std::uint64_t idle_ms = 60'000;
  // With fewer events since the last snapshot, no snapshot is written.
  std::uint32_t evict_snapshot_events = 32;
  // A worker brings the index of authors (author_reading.h) up to date at a milestone that comes at least so many
  // positions, and an eighth of all, after the last time.
  log::Position authors_every = 16'384;
};

struct CacheCounters {
  std::uint64_t hits = 0;
  std::uint64_t loads = 0;
  std::uint64_t load_failures = 0;   // without those that the quarantine answered
  std::uint64_t loads_repeated = 0;  // because of a reset during the load
  std::uint64_t replayed_events = 0;
  std::uint64_t evictions = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t snapshot_deltas = 0;    // of these
  std::uint64_t snapshot_bytes = 0;     // of all
  std::uint64_t damaged_snapshots = 0;  // rebuilt from the log
};

// An object in memory.
class Resident {
 public:
  merge::Object& object() { return *object_; }
  const merge::Object& object() const { return *object_; }
  const std::string& workspace() const { return workspace_; }
  const std::string& id() const { return id_; }
  log::Position position() const { return position_; }  // of the last applied event
  // The generation of the next change: that of the last event, or the first.
  std::uint64_t generation() const { return generation_; }

 private:
  friend class ObjectCache;

  std::string workspace_;
  std::string id_;
  std::unique_ptr<merge::Object> object_;
  std::uint64_t generation_ = 1;
  log::Position position_ = 0;
  log::Position durable_ = 0;                // the part of position_ that the log has confirmed
  std::uint64_t bytes_since_milestone_ = 0;  // of records
  std::uint64_t snapshot_bytes_ = 0;         // of the newest snapshot, with its base
  log::Position base_ = 0;                   // the milestone at which the object is marked; 0: none
  std::uint64_t base_bytes_ = 0;
  std::uint32_t events_since_snapshot_ = 0;
  log::Position authors_at_ = 0;  // when its index of authors was last brought up to date from here
  std::size_t accounted_bytes_ = 0;
  std::uint32_t holders_ = 0;
  std::uint64_t idle_since_ms_ = 0;      // while nobody holds it
  bool forgotten_ = false;               // no longer found; destroyed with its last holder
  std::list<Resident*>::iterator idle_;  // its place in the LRU list while nobody holds it
};

class ObjectCache {
 public:
  // What `sources` refers to, and `quarantine`, must outlive the cache. Without a quarantine, each
  // acquire() tries to load again.
  ObjectCache(const ReplaySources& sources, CacheLimits limits, Quarantine* quarantine = nullptr);
  ~ObjectCache();

  ObjectCache(const ObjectCache&) = delete;
  ObjectCache& operator=(const ObjectCache&) = delete;

  // Loads the object if necessary, and holds it. An object without events is created empty, with
  // the default type. If the object is in memory, the callback may run before acquire() returns.
  void acquire(const std::string& workspace, const std::string& id, log::Done<Resident*> done);

  // Gives up one hold.
  void release(Resident& resident);

  // Nobody changes the object at present (merge::Object::rest).
  void rest(Resident& resident);

  // Changes the type of an object without events; it stays empty. The caller must ensure that
  // nobody else uses the object. Returns false without a change if the object has events.
  bool begin_as(Resident& resident, const merge::ObjectType& type);

  // Ends the generation of the object: it is empty, of the default type and without events, and the next change begins
  // that generation. The caller must ensure that nobody else uses the state.
  void begin_generation(Resident& resident, std::uint64_t generation);
  // The object is no longer found, and the next acquire() loads it again. It stays readable until released.
  void forget(Resident& resident);

  // Must be called after a change was applied: it became the event at `position`, with a record of
  // `record_bytes` bytes.
  void applied(Resident& resident, log::Position position, std::size_t record_bytes);

  // A milestone is due: the caller makes one, takes it up, and has it stored when its position is
  // durable. An append that is refused must leave no milestone of what it would have stored.
  bool milestone_due(const Resident& resident) const;
  // The snapshot for a milestone; marks the object there (merge::SnapshotDeltas). On any thread that
  // may use the object now.
  static Bytes make_milestone(merge::Object& object);
  // The milestone of the present state, as it is stored. From now on, deltas extend it.
  log::Snapshot take_up_milestone(Resident& resident, Bytes snapshot);
  void store_milestone(const std::string& workspace, const std::string& id,
                       log::Snapshot milestone);

  // Must be called when the log has confirmed everything up to `position` of the workspace.
  void durable(Resident& resident, log::Position position);

  // Drops the cached objects of a workspace, because they are ahead of a log that refused an
  // append. Residents that are still held stay readable until released. The next acquire loads
  // again.
  void forget(std::string_view workspace);

  // A workspace is opened, and its log ends at `head`. If it ended elsewhere when the workspace was left, somebody has written
  // to it meanwhile: an append that nobody waited for any more, or another owner. Then its cached objects are dropped.
  void opened(std::string_view workspace, log::Position head);
  // A workspace is left, and its cached objects know its log up to `head`.
  void left(std::string_view workspace, log::Position head);

  // Evicts objects that nobody holds, until all together have at most `bytes`; at most kEvictedAtOnce, and
  // kEncodedAtOnce of memory that is encoded here. True if the rest can follow in a later turn.
  bool shrink(std::size_t bytes);
  // The same for objects that nobody has held for idle_ms. The owner calls this some times a second: what is
  // released gets the time of the last call.
  bool expire(std::uint64_t now_ms);
  static constexpr std::size_t kEvictedAtOnce = 8;
  static constexpr std::size_t kEncodedAtOnce = std::size_t{512} << 10;

  std::size_t budget() const { return limits_.budget_bytes; }

  std::size_t bytes() const { return bytes_; }
  std::size_t residents() const { return residents_.size(); }
  const CacheCounters& counters() const { return counters_; }

 private:
  using Key = std::pair<std::string, std::string>;
  using Names = std::pair<std::string_view, std::string_view>;  // of workspace and object
  struct Loading;

  void load(const Key& key);
  void loaded(const std::shared_ptr<Loading>& loading, Replayed replayed);
  void fail_load(const std::shared_ptr<Loading>& loading, ReplayFailure failure);

  void hold(Resident& resident);
  void account(Resident& resident);
  template <typename Leaves>
  bool evict_while(Leaves leaves);
  void evict(Resident& resident);
  void forget(std::unique_ptr<Resident> resident);
  bool has_any_of(std::string_view workspace) const;
  void discard(std::unique_ptr<Resident> gone);
  bool is_large(const Resident& resident) const;
  static MemoryCharge charge_evicted(const Workplace& place, const Resident& evicted);
  void elsewhere(std::unique_ptr<Resident> evicted, const char* name, std::size_t bytes,
                 std::move_only_function<void(const Workplace&, Resident&)> work);
  void keep_authors(const std::string& workspace, const std::string& id,
                    const log::Snapshot& milestone);
  void forget_base(const Names& names, log::Position milestone);
  log::Snapshot begin_snapshot(Resident& resident, bool milestone);
  void write_snapshot(std::unique_ptr<Resident> evicted);

  const ReplaySources sources_;
  const CacheLimits limits_;
  Quarantine* const quarantine_;
  std::map<Names, std::unique_ptr<Resident>> residents_;  // by the names that the resident owns
  std::map<Resident*, std::unique_ptr<Resident>> forgotten_;
  std::map<std::string, log::Position, std::less<>>
      left_at_;  // of workspaces with residents, and few others
  std::map<Key, std::shared_ptr<Loading>> loading_;
  std::list<Resident*> idle_;  // not held; least recently used first
  std::size_t bytes_ = 0;
  std::uint64_t now_ms_ = 0;
  CacheCounters counters_;
};

}  // namespace syncline::state
