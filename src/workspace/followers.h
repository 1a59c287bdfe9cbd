// Followers: those who want to know when a workspace has further durable events, and then read them from the log.
//
// Thread-safety: none; all of it lives on the loop of the workspace. A place may outlive the workspace.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "log/event.h"
#include "syncline/error.h"

namespace syncline::workspace {

class Follower {
 public:
  // Both are called in the turn in which it happens. No follower may begin or end within them.
  virtual void on_durable(log::Position to) = 0;  // there are further durable events, up to there
  virtual void on_closed(const Error& why) = 0;   // nobody may be served here any more

 protected:
  ~Follower() = default;
};

class Followers {
  using List = std::vector<Follower*>;

 public:
  // While it exists, its follower is told.
  class Place {
   public:
    Place() = default;
    Place(std::weak_ptr<List> list, Follower& follower)
        : list_(std::move(list)), follower_(&follower) {}
    Place(Place&&) = default;
    Place& operator=(Place&& other) noexcept {
      leave();
      list_ = std::exchange(other.list_, {});
      follower_ = other.follower_;
      return *this;
    }
    ~Place() { leave(); }

   private:
    void leave() {
      if (const auto list = list_.lock()) std::erase(*list, follower_);
    }

    std::weak_ptr<List> list_;
    Follower* follower_ = nullptr;
  };

  [[nodiscard]] Place add(Follower& follower) {
    if (list_ == nullptr) list_ = std::make_shared<List>();
    list_->push_back(&follower);
    return {list_, follower};
  }

  bool empty() const { return list_ == nullptr || list_->empty(); }

  template <typename Tell>
  void tell(Tell tell) const {
    if (list_ == nullptr) return;
    for (Follower* follower : *list_) tell(*follower);
  }

 private:
  std::shared_ptr<List> list_;  // nullptr: there was none yet
};

}  // namespace syncline::workspace
