#include "log/event.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"

namespace syncline::log {
namespace {

Era next_era(const Head& head, std::uint64_t unix_ms) {
  const std::uint64_t last_ms = head.accepted_ms();
  if (last_ms > unix_ms && last_ms - unix_ms > HlcClock::kMaxAheadMs)
    return {head.last_position + 1, unix_ms};
  if (head.era.since == 0) return {};
  return {head.era.since, std::max(unix_ms, last_ms)};
}

}  // namespace

Event without_payload(Event event) {
  event.dropped_payload = payload_digest(event);
  event.salt = {};
  event.intent.clear();
  event.effect.clear();
  return event;
}

Salt EventChain::draw_salt() {
  Salt salt{};
  if (is_mutated(Mutation::repeat_salt)) return salt;
  for (std::size_t at = 0; at < salt.size();) {
    std::uint64_t word = salts_->next();
    for (int byte = 0; byte < 8; ++byte, word >>= 8) salt[at++] = static_cast<std::uint8_t>(word);
  }
  return salt;
}

Result<EncodedEvent> EventChain::seal(Event& event, std::uint64_t unix_ms) {
  event.salt = draw_salt();
  return seal_with(event, unix_ms, [&] { return encode_event(event); });
}

Result<EncodedEvent> EventChain::seal(Event& event, std::uint64_t unix_ms, EncodedPayload payload) {
  event.salt = payload.salt;
  return seal_with(event, unix_ms, [&] { return encode_event(event, std::move(payload)); });
}

template <typename Encode>
Result<EncodedEvent> EventChain::seal_with(Event& event, std::uint64_t unix_ms, Encode encode) {
  HlcClock clock = clock_;
  event.position = head_.last_position + 1;
  event.hlc = clock.tick(unix_ms);
  event.era = next_era(head_, std::min(unix_ms, HlcStamp::kMaxMs));
  if (is_mutated(Mutation::stamp_with_wall_clock)) event.hlc = HlcStamp::of(unix_ms, 0);
  event.previous_hash = head_.last_hash;
  Result<EncodedEvent> encoded = encode();
  if (!encoded) return encoded;
  event.hash = encoded->hash;
  clock_ = clock;
  head_ = {event.position, event.hash, event.hlc, event.era};
  return encoded;
}

}  // namespace syncline::log
