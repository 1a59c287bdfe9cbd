#include "node/slow_answers.h"

#include <utility>

namespace syncline::node {

SlowAnswers::~SlowAnswers() {
  for (const auto& [number, held] : held_) loop_.cancel(held.timer);
}

void SlowAnswers::answer(std::uint64_t delay_ms, http::Responder responder,
                         http::Response response) {
  if (delay_ms == 0) return responder.respond(std::move(response));
  const std::uint64_t number = ++last_;
  const Scheduler::TimerId timer = loop_.after(delay_ms, [this, number] { release(number); });
  held_.emplace(number, Held{timer, std::move(responder), std::move(response)});
}

void SlowAnswers::release(std::uint64_t number) {
  auto held = held_.extract(number);
  held.mapped().responder.respond(std::move(held.mapped().response));
}

}  // namespace syncline::node
