// ReplyGate: passes answers from any thread to the loop that asked. Drops them if the owner of the
// gate no longer exists.
//
// For stores, and for work on other threads. The gate is created and destroyed on its loop. The
// result of bind() may be called once, from any thread, as long as the loop exists.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/scheduler.h"
#include "log/done.h"

namespace syncline::log {

class ReplyGate {
 public:
  explicit ReplyGate(Scheduler& loop) : loop_(loop) {}
  ~ReplyGate() { *open_ = false; }
  ReplyGate(const ReplyGate&) = delete;
  ReplyGate& operator=(const ReplyGate&) = delete;

  // Returns a callback that runs `done` in a later turn of the loop, unless the gate is destroyed
  // by then. That turn has the name (Doing) and the lane of what asked.
  template <typename Answer>
  std::move_only_function<void(Answer)> bind(std::move_only_function<void(Answer)> done) {
    return [&loop = loop_, lane = loop_.lane(), what = loop_.doing(), open = open_,
            done = std::move(done)](Answer answer) mutable {
      loop.post_in(lane, [&loop, what, open = std::move(open), done = std::move(done),
                          answer = std::move(answer)]() mutable {
        if (!*open) return;
        const Doing naming(loop, what);
        done(std::move(answer));
      });
    };
  }

 private:
  Scheduler& loop_;
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);  // read and written on the loop only
};

}  // namespace syncline::log
