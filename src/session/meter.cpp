#include "session/meter.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"

namespace syncline::session {

using limits::Work;

void Meter::begin(Reading& reading, std::string_view peer) {
  reading_ = &reading;
  network_ = limits::NetworkRates::key_of(peer);
}

void Meter::belongs_to(const identity::Principal& principal) {
  principal_ = limits::NetworkRates::key_of_principal(principal);
}

void Meter::stop() {
  networks_ = nullptr;
  use_ = nullptr;
  if (timer_ == 0) return;
  loop_.cancel(std::exchange(timer_, 0));
  reading_->resume_reading();
}

void Meter::received(std::size_t bytes) {
  const std::uint64_t quota_ms = over_quota_ms(bytes);
  if (networks_ == nullptr) return hold(quota_ms);
  const std::uint64_t messages_ms = count(Work::kMessages, 1);
  hold(std::max({messages_ms, count(Work::kBytes, bytes), quota_ms}));
}

// Events are counted where they are made (workspace/workspace.h), so those of an earlier message count here.
std::uint64_t Meter::over_quota_ms(std::size_t bytes) const {
  if (use_ == nullptr) return 0;
  const std::uint64_t now_ms = loop_.turn_began_us() / 1000;
  if (bytes > 0) use_->take(limits::Quota::kBytes, bytes, now_ms);
  return use_->wait_ms(now_ms);
}

std::uint64_t Meter::joined() {
  const std::uint64_t ms = networks_ == nullptr ? 0 : count(Work::kJoins, 1);
  hold(ms);
  return ms;
}

std::uint64_t Meter::wait_ms(Work work) const {
  if (networks_ == nullptr) return 0;
  const std::uint64_t now_ms = loop_.turn_began_us() / 1000;
  const std::uint64_t own = buckets_[static_cast<std::size_t>(work)].wait_ms(
      networks_->rates().of_connection(work), now_ms);
  return uses_much(work, now_ms) ? std::max(own, wait_for_others_ms(work, now_ms)) : own;
}

std::uint64_t Meter::wait_for_others_ms(Work work, std::uint64_t now_ms) const {
  return std::max(networks_->wait_ms(network_, work, now_ms),
                  networks_->wait_ms_of_principal(principal_, work, now_ms));
}

void Meter::take(Work work, std::uint64_t units) {
  if (networks_ != nullptr) count(work, units);
}

// A network or a principal over its rate holds back those of its connections that use it up, and not one
// that does little: many people may share it.
std::uint64_t Meter::count(Work work, std::uint64_t units) {
  const std::uint64_t now_ms = loop_.turn_began_us() / 1000;
  const limits::Rate rate = networks_->rates().of_connection(work);
  limits::TokenBucket& bucket = buckets_[static_cast<std::size_t>(work)];
  const std::uint64_t own = bucket.take(rate, units, now_ms);
  const std::uint64_t all = std::max(networks_->take(network_, work, units, now_ms),
                                     networks_->take_of_principal(principal_, work, units, now_ms));
  return uses_much(work, now_ms) ? std::max(own, all) : own;
}

bool Meter::uses_much(Work work, std::uint64_t now_ms) const {
  if (is_mutated(Mutation::forget_network)) return false;
  const limits::Rate rate = networks_->rates().of_connection(work);
  return buckets_[static_cast<std::size_t>(work)].used(rate, now_ms) >
         rate.burst / limits::NetworkRates::kLittlePart;
}

// While reading is stopped, messages that were read before still arrive. They are counted, and the
// timer looks at what they cost.
void Meter::hold(std::uint64_t ms) {
  if (ms == 0 || timer_ != 0) return;
  ++counters_.slowed_down;
  reading_->hold_reading();
  timer_ = loop_.after(ms, [this] {
    timer_ = 0;
    const std::uint64_t more_ms = std::max(
        {wait_ms(Work::kMessages), wait_ms(Work::kBytes), wait_ms(Work::kJoins), over_quota_ms(0)});
    Reading& reading = *reading_;
    if (more_ms > 0) hold(more_ms);
    reading.resume_reading();
  });
}

}  // namespace syncline::session
