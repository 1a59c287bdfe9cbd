// An object that somebody is connected to: its state, its subscribers, and who is present.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/event.h"
#include "state/object_cache.h"
#include "syncline/error.h"
#include "workspace/delivery.h"
#include "workspace/presence.h"

namespace syncline::workspace {

// Who wants to hear of an object's changes: a session's channel. Unsubscribes before it dies.
class Subscriber {
 public:
  virtual ~Subscriber() = default;

  // A change by somebody else, durable.
  virtual void on_change(const Delivery& change) = 0;

  // Someone's presence changed. One's own comes back as well, unless it is the same again: clients take
  // the echo as a sign of life.
  virtual void on_presence(const Delivery& update) = 0;

  // A message from one client to the others, of no meaning to the server. By default ignored: not
  // every protocol has such.
  virtual void on_message(const Delivery&) {}

  // The subscription is over: storage refused a change, and what memory knew is void. The client
  // should connect again. Unsubscribing is not needed any more.
  virtual void on_lost(const Error& error) = 0;
};

// The subscribers of one object. They may come and go while they are being told something.
class SubscriberList {
 public:
  // Names one stay of a subscriber. What is still under way when it has left must not meet another
  // who is given the same address: no two stays on a list have the same number.
  using Stay = std::uint64_t;

  void add(Subscriber& subscriber) { subscribers_.push_back({&subscriber, ++last_stay_}); }
  // True if it was there.
  bool remove(Subscriber& subscriber);
  bool empty() const;
  std::size_t size() const;

  // 0 for nobody, and for who is not there.
  Stay stay(const Subscriber* subscriber) const;

  // The subscriber whose stay this is; nullptr: it has left.
  Subscriber* find(Stay stay) const;

  // The last stay that began.
  Stay last() const { return last_stay_; }

  // Calls `tell(Subscriber&)` for each that is there now and still there when its turn comes, but not for
  // `except`, nor for those whose stay began after `to`.
  template <typename Tell>
  void each(Tell&& tell, Stay except = 0, Stay to = ~Stay{0}) {
    ++telling_;
    const std::size_t present = subscribers_.size();
    for (std::size_t i = 0; i < present; ++i) {
      const Entry entry = subscribers_[i];
      if (entry.subscriber != nullptr && entry.stay != except && entry.stay <= to)
        tell(*entry.subscriber);
    }
    if (--telling_ == 0) std::erase_if(subscribers_, gone);
  }

 private:
  struct Entry {
    Subscriber* subscriber;  // nullptr: left while somebody was being told
    Stay stay;
  };
  static bool gone(const Entry& entry) { return entry.subscriber == nullptr; }

  std::vector<Entry> subscribers_;
  Stay last_stay_ = 0;
  int telling_ = 0;
};

class LiveObject {
 public:
  LiveObject(std::string id, state::Resident& resident)
      : id_(std::move(id)), resident_(&resident) {}

  const std::string& id() const { return id_; }
  state::Resident& resident() { return *resident_; }
  const merge::Object& object() const { return resident_->object(); }
  log::Position position() const { return resident_->position(); }
  SubscriberList& subscribers() { return subscribers_; }
  Presence& presence() { return presence_; }

  // It is needed until the log has confirmed this position: something that waits for it names the object.
  log::Position needed_until() const { return std::max(position(), waits_for_); }
  void wait_for(log::Position position) { waits_for_ = std::max(waits_for_, position); }

  // The workspace has dropped its view: whoever still holds this up the stack gets nothing from it any more.
  bool lost() const { return lost_; }
  void lose() { lost_ = true; }

 private:
  std::string id_;
  state::Resident* resident_;  // held in the cache for as long as this lives
  SubscriberList subscribers_;
  Presence presence_;
  log::Position waits_for_ = 0;
  bool lost_ = false;
};

}  // namespace syncline::workspace
