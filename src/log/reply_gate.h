// ReplyGate: passes answers from any thread of a store to the loop that asked. Drops them if that
// loop's LoopStore no longer exists.
//
// For implementations of a store's interfaces. The gate is created and destroyed on its loop. The
// result of bind() may be called once, from any thread, as long as the loop exists.
#pragma once

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
  // by then. That turn has the name of what asked (Doing).
  template <typename T>
  Done<T> bind(Done<T> done) {
    return [&loop = loop_, what = loop_.doing(), open = open_,
            done = std::move(done)](Result<T> result) mutable {
      loop.post([&loop, what, open = std::move(open), done = std::move(done),
                 result = std::move(result)]() mutable {
        if (!*open) return;
        const Doing naming(loop, what);
        done(std::move(result));
      });
    };
  }

 private:
  Scheduler& loop_;
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);  // read and written on the loop only
};

}  // namespace syncline::log
