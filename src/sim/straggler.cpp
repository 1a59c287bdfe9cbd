#include "sim/straggler.h"

#include <fmt/format.h>

#include <utility>

#include "base/percent.h"
#include "sim/invariants.h"
#include "sim/rights.h"
#include "syncline/crdt/doc.h"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kFirstLateClient = 970'000;  // no other client has these ids
constexpr std::string_view kWaited = "waited";

Bytes text_of(std::uint64_t client, std::string_view text) {
  crdt::Doc doc(crdt::DocOptions{.client_id = client});
  (void)doc.text("content").insert(0, text);
  return doc.encode_state_as_update();
}

}  // namespace

Straggler::Straggler(World& world, Server& server, std::uint64_t every_us)
    : world_(world),
      server_(server),
      every_us_(every_us),
      user_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork("straggler")) {
  begin_round();
}

void Straggler::begin_round() {
  const std::uint64_t client = kFirstLateClient + 3 * ++round_;
  content_ = text_of(client, "before");
  after_ = text_of(client + 1, "after");
  crdt::Doc doc(crdt::DocOptions{.client_id = client + 2});
  (void)doc.text("content").insert(0, "first");
  first_ = doc.encode_state_as_update();
  const crdt::StateVector known = doc.state_vector();
  (void)doc.text("content").insert(5, kWaited);
  second_ = doc.encode_state_as_update(known);
  step_ = Step::kWrite;
}

std::string Straggler::target() const {
  return object_target(kWorkspace, fmt::format("thing {}", round_));
}

void Straggler::broken(std::string_view what, const ApiUser::Answer& answer) {
  world_.violated(kDeletion, fmt::format("{}/thing {}: {} was answered {} {}", kWorkspace, round_,
                                         what, answer.status, answer.body));
}

void Straggler::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(every_us_)), [this] {
    act();
    if (!stopped_) act_later();
  });
}

void Straggler::recovered() {
  request_.forget();
}

void Straggler::act() {
  if (server_.process() == nullptr || request_.under_way()) return;
  switch (step_) {
    case Step::kWrite: return send(content_, 200);
    case Step::kWait: return send(second_, 202);
    case Step::kDelete: return remove();
    case Step::kBegin: return send(after_, 200);
    case Step::kRelease: return send(first_, 200);
    case Step::kRead: return read();
  }
}

void Straggler::next(Step step) {
  step_ = step;
}

void Straggler::send(const Bytes& update, int expected) {
  user_.ask("PATCH", target(), request_.begin([this, expected](const ApiUser::Answer& answer) {
    if (answer.status >= 500) return;
    if (!answer.ok() || (answer.status == 202) != (expected == 202))
      return broken("a change", answer);
    next(static_cast<Step>(static_cast<int>(step_) + 1));
  }),
            {}, std::string(as_text(update)));
}

// Asked again, there may be nothing to delete.
void Straggler::remove() {
  const bool erase = dice_.chance(0.3);
  user_.ask("DELETE", target() + (erase ? "?erase=now" : ""),
            request_.begin([this](const ApiUser::Answer& answer) {
              if (answer.status >= 500) return;
              if (!answer.ok() && answer.status != 404 && answer.status != 410)
                return broken("a deletion", answer);
              next(Step::kBegin);
            }));
}

void Straggler::read() {
  user_.ask("GET", target(), request_.begin([this](const ApiUser::Answer& answer) {
    if (answer.status >= 500) return;
    if (!answer.ok() || answer.body.find("after") == std::string::npos ||
        answer.body.find("first") == std::string::npos)
      return broken("reading", answer);
    if (answer.body.find(kWaited) != std::string::npos)
      return broken("what had waited for another object is served: reading", answer);
    world_.hit(Probe::straggler_came);
    begin_round();
  }));
}

}  // namespace syncline::sim
