// SlowAnswers: answers to HTTP requests that are held back for a while, so that their clients
// cannot go on at once: a connection has one request at a time.
//
// Each held answer keeps a connection open, which counts against the limit of connections.
//
// Thread-safety: none; used and destroyed on its loop. When it is destroyed, what it holds is
// answered with 500.
#pragma once

#include <cstdint>
#include <map>

#include "base/scheduler.h"
#include "http/exchange.h"

namespace syncline::node {

class SlowAnswers {
 public:
  explicit SlowAnswers(Scheduler& loop) : loop_(loop) {}
  ~SlowAnswers();
  SlowAnswers(const SlowAnswers&) = delete;
  SlowAnswers& operator=(const SlowAnswers&) = delete;

  // Answers after `delay_ms`; at once if that is 0.
  void answer(std::uint64_t delay_ms, http::Responder responder, http::Response response);

 private:
  struct Held {
    Scheduler::TimerId timer = 0;
    http::Responder responder;
    http::Response response;
  };

  void release(std::uint64_t number);

  Scheduler& loop_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Held> held_;
};

}  // namespace syncline::node
