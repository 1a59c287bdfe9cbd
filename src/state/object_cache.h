// Objects in memory, as views of the log: loaded on demand, kept while in use, evicted under a
// budget.
//
// An object is its newest snapshot plus the events after it. Loading reads both and replays; a
// snapshot that is missing or damaged costs a longer replay and nothing else. An object whose
// events cannot be replayed is refused with kCorrupt, naming the position, while all others work;
// it goes to the quarantine (state/quarantine.h), and is not replayed again until that is lifted.
//
// Budget. The cache of a loop keeps the measured bytes of all its objects under `budget_bytes` by
// dropping the least recently used that nobody holds. What is held stays, whatever it costs.
//
// Snapshots. Milestones, which stay, are spaced so that their total is under twice the log's size
// (state/object_replay.h); on eviction, when a reload would be long, the newest state is kept until
// the next one comes: as a delta against the last milestone, so that what is written is what changed
// and not the object, unless that is over half of the milestone, or the milestone is not known here.
//
// Ownership: the cache owns the residents; a Resident* from acquire() is valid until its release().
// Thread-safety: none; everything on one loop, callbacks in a later turn.
#pragma once

#include <cstddef>
#include <cstdint>
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
  std::uint32_t evict_snapshot_events = 32;  // fewer events since the last snapshot are replayed
};

struct CacheCounters {
  std::uint64_t hits = 0;
  std::uint64_t loads = 0;
  std::uint64_t load_failures = 0;   // without those that the quarantine answered
  std::uint64_t loads_repeated = 0;  // a reset came between
  std::uint64_t replayed_events = 0;
  std::uint64_t evictions = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t snapshot_deltas = 0;    // of these
  std::uint64_t snapshot_bytes = 0;     // of all
  std::uint64_t damaged_snapshots = 0;  // rebuilt from the log
};

// One object in memory.
class Resident {
 public:
  merge::Object& object() { return *object_; }
  const merge::Object& object() const { return *object_; }
  const std::string& workspace() const { return workspace_; }
  const std::string& id() const { return id_; }
  log::Position position() const { return position_; }  // the last event applied
  // Of the next change: that of the last event, or the first.
  std::uint64_t generation() const { return generation_; }

 private:
  friend class ObjectCache;

  std::string workspace_;
  std::string id_;
  std::unique_ptr<merge::Object> object_;
  std::uint64_t generation_ = 1;
  log::Position position_ = 0;
  log::Position durable_ = 0;                // position_ as far as the log has confirmed it
  std::uint64_t bytes_since_milestone_ = 0;  // of records
  std::uint64_t snapshot_bytes_ = 0;         // of the newest snapshot and what it extends
  log::Position base_ = 0;                   // the milestone at which the object is marked; 0: none
  std::uint64_t base_bytes_ = 0;
  std::uint32_t events_since_snapshot_ = 0;
  std::size_t accounted_bytes_ = 0;
  std::uint32_t holders_ = 0;
  bool forgotten_ = false;               // no longer found; dies with its last holder
  std::list<Resident*>::iterator idle_;  // place in the LRU list while nobody holds it
};

class ObjectCache {
 public:
  // What `sources` names, and `quarantine`, must outlive the cache. Without a quarantine each load tries anew.
  ObjectCache(const ReplaySources& sources, CacheLimits limits, Quarantine* quarantine = nullptr);
  ~ObjectCache();

  ObjectCache(const ObjectCache&) = delete;
  ObjectCache& operator=(const ObjectCache&) = delete;

  // Gives the object, loaded if it was not, created empty, of the default type, if it has no events; and
  // holds it.
  // The callback may run before acquire() returns, if the object is in memory.
  void acquire(const std::string& workspace, const std::string& id, log::Done<Resident*> done);

  // Gives up one hold.
  void release(Resident& resident);

  // Makes an object without events one of another type, still empty. The caller sees to it that nobody else
  // uses the object. False, and nothing changes, if it has events.
  bool begin_as(Resident& resident, const merge::ObjectType& type);

  // To be called after a change was applied: it became the event at `position`, with a record of so
  // many bytes.
  void applied(Resident& resident, log::Position position, std::size_t record_bytes);

  // To be called after that event was handed to the log's append(); may write a snapshot, which the
  // log then keeps behind the event.
  void appended(Resident& resident);

  // To be called when the log has confirmed everything up to `position` of the workspace.
  void durable(Resident& resident, log::Position position);

  // Forgets what memory holds of a workspace, because it is ahead of a log that refused an append.
  // Residents still held stay usable for reading until released; the next acquire loads anew.
  void forget(std::string_view workspace);

  std::size_t bytes() const { return bytes_; }
  std::size_t residents() const { return residents_.size(); }
  const CacheCounters& counters() const { return counters_; }

 private:
  using Key = std::pair<std::string, std::string>;
  struct Loading;

  void load(const Key& key);
  void loaded(const std::shared_ptr<Loading>& loading, Replayed replayed);
  void fail_load(const std::shared_ptr<Loading>& loading, ReplayFailure failure);

  void hold(Resident& resident);
  void account(Resident& resident);
  void trim();
  void evict(Resident& resident);
  void write_snapshot(Resident& resident, bool milestone);
  bool take_delta(const Resident& resident, log::Snapshot& snapshot);

  const ReplaySources sources_;
  const CacheLimits limits_;
  Quarantine* const quarantine_;
  std::map<Key, std::unique_ptr<Resident>> residents_;
  std::map<Resident*, std::unique_ptr<Resident>> forgotten_;
  std::map<Key, std::shared_ptr<Loading>> loading_;
  std::list<Resident*> idle_;  // nobody holds these; least recently used first
  std::size_t bytes_ = 0;
  CacheCounters counters_;
};

}  // namespace syncline::state
