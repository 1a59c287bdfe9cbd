#include "sim/reporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/invariants.h"

namespace syncline::sim {

Reporter::Reporter(World& world, Server& server, std::string token, std::string workspace,
                   std::string object, std::uint64_t every_us)
    : world_(world),
      server_(server),
      workspace_(std::move(workspace)),
      object_(std::move(object)),
      every_us_(every_us),
      user_(world, server, std::move(token)),
      dice_(world.dice.fork("reporter " + object_)) {}

std::string Reporter::key_of(std::uint64_t request) const {
  return fmt::format("{}-{}", object_, request);
}

void Reporter::ask_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(every_us_)), [this, asked = asked_] {
    if (asked != asked_ || (stopped_ && !open_)) return;
    ask();
  });
}

// Text at the end: inserted twice, it would be there twice.
void Reporter::ask() {
  ++asked_;
  if (server_.process() == nullptr) return;  // recovered() goes on
  if (open_) world_.hit(Probe::reporter_asked_again);
  open_ = true;
  const std::string key = key_of(acked_.size());
  user_.ask(
      {.method = "PATCH",
       .target = object_target(workspace_, object_),
       .headers = fmt::format("Content-Type: application/vnd.syncline.text+json\r\n"
                              "Idempotency-Key: {}\r\n",
                              key),
       .body = fmt::format(R"({{"root":"content","ops":[{{"insert":"{} ","at":"end"}}]}})", key)},
      [this, asked = asked_](const ApiUser::Answer& answer) {
        if (asked == asked_) answered(answer);
      });
}

void Reporter::answered(const ApiUser::Answer& answer) {
  if (answer.ok()) {
    world_.hit(Probe::reporter_wrote);
    acked_.push_back(number_in(answer.json, "position"));
    open_ = false;
  } else if (answer.status < 500) {
    world_.violated(kServed, fmt::format("{} was answered {} {}", key_of(acked_.size()),
                                         answer.status, answer.message()));
  }
  ask_later();
}

void Reporter::recovered() {
  ++asked_;
  ask_later();
}

std::string Reporter::why_not() const {
  return open_ ? "no answer to " + key_of(acked_.size()) : std::string();
}

void Reporter::check(const std::vector<log::Event>& events) {
  for (std::uint64_t request = 0; request < acked_.size(); ++request) {
    const std::string actor = "key:" + key_of(request);
    const auto made = [&](const log::Event& event) { return event.actor == actor; };
    const auto first = std::ranges::find_if(events, made);
    if (first == events.end() || first->position != acked_[request])
      return world_.violated(kDurable, fmt::format("{} was acked at {}, and its event is not there",
                                                   actor, acked_[request]));
    if (std::ranges::count_if(events, made) > 1)
      return world_.violated(kOnce, actor + " is several events");
  }
}

}  // namespace syncline::sim
