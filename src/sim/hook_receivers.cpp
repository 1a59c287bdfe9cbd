#include "sim/hook_receivers.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/api_user.h"
#include "sim/invariants.h"

namespace syncline::sim {

HookReceivers::HookReceivers(World& world, Server& server, std::uint64_t way_us)
    : world_(world), server_(server), way_us_(way_us), dice_(world.dice.fork("hook receivers")) {}

void HookReceivers::send(hooks::HookRequest request, Scheduler& loop, Done done) {
  const std::uint64_t there_us = 1 + dice_.wait(static_cast<double>(way_us_));
  const std::uint64_t back_us = 1 + dice_.wait(static_cast<double>(way_us_));
  // After the end of the process that asks, there is neither its loop nor anybody who waits.
  auto answer = [alive = std::weak_ptr(server_.process()->alive), &loop,
                 done = std::move(done)](int status) mutable {
    if (alive.expired()) return;
    loop.post([done = std::move(done), status]() mutable {
      if (status == 0) return done(fail(ErrorCode::kUnavailable, "it does not answer in time"));
      done(hooks::HookAnswer{.status = status});
    });
  };
  world_.timeline.after(there_us, [this, back_us, request = std::move(request),
                                   answer = std::move(answer)]() mutable {
    const int status = take(receivers_[request.url], request.body);
    world_.trace.note(Kind::kMessage, "server", static_cast<std::uint64_t>(status),
                      request.body.size(), [&] {
                        return fmt::format("{} answers {} to {}", request.url, status,
                                           request.body.substr(0, 200));
                      });
    const std::uint64_t wait_us = status == 0 ? request.timeout_ms * 1000 : back_us;
    world_.timeline.after(wait_us,
                          [status, answer = std::move(answer)]() mutable { answer(status); });
  });
}

int HookReceivers::take(Receiver& receiver, const std::string& body) {
  const bool troubled = world_.now_us() < receiver.until_us;
  if (troubled && receiver.trouble == Trouble::kRefuses) {
    world_.hit(Probe::hook_refused);
    return 503;
  }
  const auto message = crdt::from_json(body);
  const crdt::Any* data = message ? message->find("data") : nullptr;
  if (data == nullptr) {
    world_.violated(kTold, "a receiver cannot read " + body);
    return 400;
  }
  const log::Position position = number_in(*data, "position");
  take_event(receiver, text_in(*data, "object"), position);
  if (troubled && receiver.trouble == Trouble::kSilent) {
    world_.hit(Probe::hook_unanswered);
    return 0;
  }
  receiver.answered[position] = life_;
  return 200;
}

void HookReceivers::take_event(Receiver& receiver, const std::string& object,
                               log::Position position) {
  if (receiver.taken.contains(position)) {
    world_.hit(Probe::hook_came_again);
    const auto answered = receiver.answered.find(position);
    if (answered == receiver.answered.end()) return;
    if (answered->second == life_)
      return broken(object, position, "came again, and the server knew that it was taken");
    // One request is under way at a time, and the next one begins when it is durable how the last one ended.
    if (receiver.again.try_emplace(answered->second, position).first->second != position)
      broken(object, position, "came again, and another one that the same life of the server sent");
    return;
  }
  world_.hit(Probe::hook_taken);
  log::Position& last = receiver.last[object];
  if (position < last) broken(object, position, fmt::format("comes after {}", last));
  last = position;
  receiver.taken.insert(position);
}

void HookReceivers::trouble(const std::string& url, Trouble trouble, std::uint64_t for_us) {
  Receiver& receiver = receivers_[url];
  receiver.trouble = trouble;
  receiver.until_us = world_.now_us() + for_us;
}

void HookReceivers::heal() {
  for (auto& [url, receiver] : receivers_) receiver.until_us = 0;
}

bool HookReceivers::has(const std::string& url, log::Position position) const {
  const auto found = receivers_.find(url);
  return found != receivers_.end() && found->second.taken.contains(position);
}

void HookReceivers::broken(const std::string& object, log::Position position,
                           std::string_view what) {
  world_.violated(kTold, fmt::format("the webhook's event {} of {} {}", position, object, what));
}

}  // namespace syncline::sim
