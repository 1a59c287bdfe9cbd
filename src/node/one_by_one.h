// OneByOne: turns of those who read something, decide, and write it, each of which takes several turns of the loop. One
// after the other, so that nobody writes over what somebody else has written meanwhile.
//
// Thread-safety: one loop, of everything. Turns may outlive the object.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "syncline/error.h"

namespace syncline::node {

class OneByOne {
 private:
  struct Line;

 public:
  static constexpr std::size_t kMostWaiting = 1000;

  // Whoever has it is alone. It ends when it is destroyed.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : line_(std::exchange(other.line_, {})) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(line_, other.line_);
      return *this;
    }
    ~Turn() {
      if (const auto line = line_.lock()) next(line);
    }

   private:
    friend class OneByOne;
    explicit Turn(std::weak_ptr<Line> line) : line_(std::move(line)) {}

    std::weak_ptr<Line> line_;
  };

  using Begin = std::move_only_function<void(Result<Turn>)>;

  // Calls `begin` at once, or when the turns before have ended. kUnavailable: too many wait.
  void take_turn(Begin begin) {
    if (line_->waiting.size() >= kMostWaiting)
      return begin(fail(ErrorCode::kUnavailable, "too many changes wait; come back later"));
    line_->waiting.push_back(std::move(begin));
    if (!line_->busy) next(line_);
  }

 private:
  struct Line {
    std::deque<Begin> waiting;
    bool busy = false;
    bool moving = false;  // next() runs: a turn that ends at once does not nest
  };

  static void next(const std::shared_ptr<Line>& line) {
    line->busy = false;
    if (std::exchange(line->moving, true)) return;
    while (!line->busy && !line->waiting.empty()) {
      line->busy = true;
      Begin begin = std::move(line->waiting.front());
      line->waiting.pop_front();
      begin(Turn(line));
    }
    line->moving = false;
  }

  std::shared_ptr<Line> line_ = std::make_shared<Line>();
};

}  // namespace syncline::node
