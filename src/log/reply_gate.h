// Brings answers home: from whatever thread a store works on, to the loop that asked, and nowhere once
// that loop's LoopStore is gone.
//
// For implementations of the interfaces of a store. The gate lives and dies on its loop; what bind() returns may be
// called, once, from any thread while the loop exists.
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

  // A callback that runs `done` in a later turn of the loop, unless the gate is closed by then.
  template <typename T>
  Done<T> bind(Done<T> done) {
    return [&loop = loop_, open = open_, done = std::move(done)](Result<T> result) mutable {
      loop.post(
          [open = std::move(open), done = std::move(done), result = std::move(result)]() mutable {
            if (*open) done(std::move(result));
          });
    };
  }

 private:
  Scheduler& loop_;
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);  // read and written on the loop only
};

}  // namespace syncline::log
