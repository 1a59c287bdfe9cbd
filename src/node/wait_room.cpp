#include "node/wait_room.h"

#include <algorithm>
#include <utility>

#include "workspace/live_object.h"

namespace syncline::node {

class WaitRoom::Wait final : public workspace::Subscriber {
 public:
  Wait(WaitRoom& room, std::uint64_t number, WaitFor what, Done done)
      : what(std::move(what)), done(std::move(done)), room_(room), number_(number) {}

  void on_change(const workspace::Delivery&) override { room_.end_later(number_); }
  void on_presence(const workspace::Delivery&) override {}
  void on_rights() override { room_.end_later(number_); }
  void on_deleted(const Error&) override { room_.end_later(number_); }
  void on_lost(const Error&) override {
    live = nullptr;
    room_.end_later(number_);
  }

  WaitFor what;
  Done done;
  workspace::LiveObject* live = nullptr;  // nullptr: it is not subscribed
  bool opening = true;                    // its subscription is not answered yet
  std::uint64_t until_ms = 0;
  Scheduler::TimerId timer = 0;

 private:
  WaitRoom& room_;
  const std::uint64_t number_;
};

WaitRoom::WaitRoom(Scheduler& loop, workspace::Host& host, WaitLimits limits)
    : loop_(loop), host_(host), limits_(limits) {}

WaitRoom::~WaitRoom() {
  while (!waits_.empty()) {
    waits_.begin()->second->done = [](Result<End>) {};
    end(waits_.begin()->first, End::kTimeOut);
  }
}

void WaitRoom::close() {
  closed_ = true;
  while (!waits_.empty()) end(waits_.begin()->first, End::kTimeOut);
}

void WaitRoom::wait(WaitFor what, Done done) {
  if (closed_) return done(End::kTimeOut);
  if (waits_.size() >= limits_.all || of_asker_[what.asker] >= limits_.of_one) {
    if (of_asker_[what.asker] == 0) of_asker_.erase(what.asker);
    return done(fail(ErrorCode::kUnavailable, "too many requests wait for changes"));
  }
  ++of_asker_[what.asker];
  const std::uint64_t number = ++last_;
  auto& wait =
      *waits_
           .emplace(number, std::make_unique<Wait>(*this, number, std::move(what), std::move(done)))
           .first->second;
  wait.until_ms = loop_.monotonic_ms() + wait.what.ms;
  host_.get(wait.what.workspace)
      .subscribe(
          wait.what.caller, wait.what.object, {}, wait,
          [this, number](Result<workspace::LiveObject*> live) { began(number, std::move(live)); });
}

void WaitRoom::began(std::uint64_t number, Result<workspace::LiveObject*> live) {
  const auto found = waits_.find(number);
  if (found == waits_.end()) return;
  Wait& wait = *found->second;
  wait.opening = false;
  if (!live) return end(number, std::unexpected(std::move(live.error())));
  wait.live = *live;
  if (!wait.what.is_known(wait.live->position())) return end(number, End::kLook);
  look_later(number);
}

void WaitRoom::look_later(std::uint64_t number) {
  Wait& wait = *waits_.at(number);
  const std::uint64_t left = wait.until_ms - std::min(wait.until_ms, loop_.monotonic_ms());
  wait.timer = loop_.after(std::min(left, limits_.look_ms), [this, number] {
    const auto found = waits_.find(number);
    if (found == waits_.end()) return;
    Wait& waiting = *found->second;
    waiting.timer = 0;
    const bool gone = waiting.what.abandoned != nullptr && *waiting.what.abandoned;
    if (gone || loop_.monotonic_ms() >= waiting.until_ms) return end(number, End::kTimeOut);
    look_later(number);
  });
}

// Within a delivery, nobody may be destroyed who gets it.
void WaitRoom::end_later(std::uint64_t number) {
  loop_.post([this, number, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) end(number, End::kLook);
  });
}

void WaitRoom::end(std::uint64_t number, Result<End> how) {
  auto node = waits_.extract(number);
  if (node.empty()) return;
  Wait& wait = *node.mapped();
  if (wait.timer != 0) loop_.cancel(wait.timer);
  if (wait.live != nullptr) host_.get(wait.what.workspace).unsubscribe(*wait.live, wait);
  if (wait.opening) host_.get(wait.what.workspace).cancel(wait);
  const auto counted = of_asker_.find(wait.what.asker);
  if (--counted->second == 0) of_asker_.erase(counted);
  wait.done(std::move(how));
}

}  // namespace syncline::node
