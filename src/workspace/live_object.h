// LiveObject: an object with connected clients: its state, its subscribers, and its presence.
//
// Lending. Work on a large object, or with a large change, takes long. The workspace then lends the
// object to a worker (state/jobs.h). As long as it is away, nothing on the loop may look at its
// state, and whatever concerns the object waits in line here. So all of it happens in the order in
// which it came, and other objects do not wait.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/scheduler.h"
#include "log/event.h"
#include "merge/lineage.h"
#include "state/object_cache.h"
#include "syncline/bytes.h"
#include "syncline/error.h"
#include "workspace/delivery.h"
#include "workspace/object_line.h"
#include "workspace/presence.h"

namespace syncline::workspace {

// A subscriber gets the changes of an object: a session's channel. It must unsubscribe before it is
// destroyed.
class Subscriber {
 public:
  virtual ~Subscriber() = default;

  // A durable change by somebody else.
  virtual void on_change(const Delivery& change) = 0;

  // Somebody's presence has changed. A client's own presence comes back, too, unless nothing
  // changed: clients use the echo as a sign of life.
  virtual void on_presence(const Delivery& update) = 0;

  // A message from one client to the others, which the server does not interpret. Ignored by
  // default, because not every protocol has such messages.
  virtual void on_message(const Delivery&) {}

  // Policies or shares have changed, and the change is durable. Whoever has rights from them looks again
  // (Workspace::may) before anything of later is told. It may unsubscribe.
  virtual void on_rights() {}

  // The object was deleted, and that is durable. It may unsubscribe. Whoever only reads or changes it once learns that from
  // his answer.
  virtual void on_deleted(const Error&) {}

  // The subscription has ended: the store refused a change, so the state in memory is void. The
  // client should reconnect. Unsubscribing is no longer necessary.
  virtual void on_lost(const Error& error) = 0;

 private:
  friend class SubscriberList;
  friend class Presence;
  std::uint64_t stay_ = 0;                 // its last one
  mutable Presence::Connection presence_;  // of the object that it is subscribed to
};

// The subscribers of one object. They may join and leave during a broadcast. A subscriber is in one list
// at a time.
//
// Costs: finding and removing one takes O(log n) steps; that of one that has left stays empty until half
// of all have left.
class SubscriberList {
 public:
  // Identifies one stay of a subscriber in the list. Two stays never have the same number. So work
  // that is still pending after a subscriber has left does not reach another subscriber at the same
  // address.
  using Stay = std::uint64_t;

  void add(Subscriber& subscriber) {
    subscriber.stay_ = ++last_stay_;
    subscribers_.push_back({&subscriber, last_stay_});
  }
  // True if it was in the list.
  bool remove(Subscriber& subscriber);
  bool empty() const { return size() == 0; }
  std::size_t size() const { return subscribers_.size() - gone_; }

  // 0 for nullptr, and for a subscriber that is not in the list.
  Stay stay(const Subscriber* subscriber) const;

  // The subscriber of this stay; nullptr if it has left.
  Subscriber* find(Stay stay) const;

  // The first subscriber whose stay began after that one, with his stay; nullptr if there is none.
  std::pair<Subscriber*, Stay> next(Stay after) const;

  // The last stay that began.
  Stay last() const { return last_stay_; }

  // Calls `tell(Subscriber&)` for each present subscriber that is still there when its turn comes,
  // except for the stay `except` and for stays that began after `to`.
  template <typename Tell>
  void each(Tell&& tell, Stay except = 0, Stay to = ~Stay{0}) {
    ++telling_;
    const std::size_t present = subscribers_.size();
    for (std::size_t i = 0; i < present; ++i) {
      const Entry entry = subscribers_[i];
      if (entry.subscriber != nullptr && entry.stay != except && entry.stay <= to)
        tell(*entry.subscriber);
    }
    --telling_;
    pack();
  }

  // Entries looked at or moved since the start, other than by each(). For tests.
  std::uint64_t steps() const { return steps_; }

 private:
  struct Entry {
    Subscriber* subscriber;  // nullptr: it has left
    Stay stay;
  };

  // The place of a stay, or where it would be.
  std::size_t place_of(Stay stay) const;
  void pack();

  std::vector<Entry> subscribers_;  // by stay
  std::size_t gone_ = 0;            // entries of those who have left
  Stay last_stay_ = 0;
  mutable std::uint64_t steps_ = 0;
  int telling_ = 0;
};

class LiveObject {
 public:
  // `presence_memory`: as for Presence.
  explicit LiveObject(state::Resident& resident, PresenceLimits limits = {},
                      SharedCell presence_memory = nullptr)
      : resident_(&resident), presence_(limits, std::move(presence_memory)) {}

  const std::string& id() const { return resident_->id(); }
  state::Resident& resident() { return *resident_; }
  // Its state. Must not be used while it is away; its type and facets may be.
  const merge::Object& object() const { return resident_->object(); }
  log::Position position() const { return resident_->position(); }
  SubscriberList& subscribers() { return subscribers_; }
  Presence& presence() { return presence_; }

  // Recognises what comes from replicas of earlier generations; nullptr: there are none, or none can be recognised.
  const std::shared_ptr<const merge::Lineage>& past() const { return past_; }
  void set_past(std::shared_ptr<const merge::Lineage> past) { past_ = std::move(past); }
  // Its generation has ended by the event at `position`: those who are subscribed now are subscribers of what was.
  void end_generation(log::Position position) {
    ended_stay_ = subscribers_.last();
    began_at_ = position;
    whole_.reset();
    wait_for(position);
  }
  SubscriberList::Stay ended_stay() const { return ended_stay_; }
  // The event of "./deletions" that its present state follows from; 0: none.
  log::Position began_at() const { return began_at_; }
  void begin_at(log::Position position) { began_at_ = position; }

  // The object must stay until the log has confirmed this position, because something that waits
  // for it refers to the object.
  log::Position needed_until() const { return std::max(position(), waits_for_); }
  void wait_for(log::Position position) { waits_for_ = std::max(waits_for_, position); }

  // A recent encoding of its whole state, which several clients get that know nothing yet. Only of a
  // large object, and for as long as it is asked for.
  struct Whole {
    std::shared_ptr<const Diff> diff;
    Bytes version;  // of that state
    log::Position position = 0;
    std::uint64_t used_ms = 0;  // of the monotonic clock
  };
  std::unique_ptr<Whole>& whole() { return whole_; }

  // True after the workspace dropped its view. Callers further up the stack may still hold this
  // object, but the workspace refuses their requests.
  bool lost() const { return lost_; }
  void lose() { lost_ = true; }

  // The version of its state (merge::Replication), or before the work if it is away. Empty if the
  // type has no versions.
  Bytes version() const;

  // The memory of its state; before the work if it is away.
  std::size_t memory_bytes() const { return away() ? away_->memory : object().memory_bytes(); }

  // True if it has not changed since the last call.
  bool rests() { return std::exchange(seen_, position()) == position(); }

  bool away() const { return away_ != nullptr; }
  // True if what comes now must wait in line.
  bool busy() const { return away() || (!line_.empty() && !line_.running()); }
  // Adds to the line. Subscribers take turns there, and all others together are one more.
  void wait(Task task, SubscriberList::Stay who = 0) { line_.add(who, std::move(task)); }
  // Only the workspace calls these. come_home() runs `next`, which goes on with the work, before
  // those in line. advance() runs up to `most` of these while the object is at home; true if some
  // are left that could run.
  void go_away();
  void come_home(Task next);
  bool advance(std::size_t most);
  // True if something waits for it, or uses it elsewhere.
  bool in_use() const { return away() || !line_.empty(); }

 private:
  // As it was before the work.
  struct Away {
    Bytes version;
    std::size_t memory;
  };

  state::Resident* resident_;  // held in the cache as long as this object lives
  SubscriberList subscribers_;
  Presence presence_;
  log::Position waits_for_ = 0;
  log::Position began_at_ = 0;
  SubscriberList::Stay ended_stay_ = 0;
  std::shared_ptr<const merge::Lineage> past_;
  log::Position seen_ = 0;  // by rests()
  std::unique_ptr<Whole> whole_;
  std::unique_ptr<const Away> away_;  // nullptr: it is at home
  ObjectLine line_;
  bool lost_ = false;
};

}  // namespace syncline::workspace
