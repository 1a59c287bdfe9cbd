#include "session/session_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "base/mutation.h"
#include "session/token_life.h"

namespace syncline::session {
namespace {

// "{loop}-{place}-{secret}", all hexadecimal and of fixed length, so that the order of ids is that of places.
struct SessionId {
  std::uint64_t loop = 0;
  SessionTable::Place place = 0;
  std::uint64_t secret = 0;
};

template <typename Number>
bool take_hex(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc();
}

bool take_dash(std::string_view& text) {
  if (!text.starts_with('-')) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<SessionId> parse_session_id(std::string_view text) {
  SessionId id;
  const bool whole = take_hex(text, id.loop) && take_dash(text) && take_hex(text, id.place) &&
                     take_dash(text) && take_hex(text, id.secret) && text.empty();
  return whole ? std::optional(id) : std::nullopt;
}

}  // namespace

SessionTable::Place SessionTable::add(LiveSession& session) {
  Place place = 0;
  if (free_.empty()) {
    place = static_cast<Place>(slots_.size());
    slots_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  slots_[place] = {&session, random_.next(), loop_.unix_ms()};
  ++taken_;
  return place;
}

void SessionTable::remove(Place place) {
  SYNCLINE_ASSERT(place < slots_.size() && slots_[place].session != nullptr);
  slots_[place].session = nullptr;
  free_.push_back(place);
  --taken_;
}

Result<void> SessionTable::check(const identity::Principal& principal) const {
  if (auto alive = check_life(principal, loop_); !alive) return alive;
  if (is_mutated(Mutation::admit_revoked)) return {};
  return revocations_.check(principal);
}

std::string SessionTable::id_of(Place place) const {
  return fmt::format("{:02x}-{:08x}-{:016x}", loop_index_, place, slots_[place].secret);
}

LiveSession* SessionTable::find(std::string_view id) const {
  const auto parsed = parse_session_id(id);
  if (!parsed || parsed->loop != loop_index_ || parsed->place >= slots_.size()) return nullptr;
  const Slot& slot = slots_[parsed->place];
  return slot.secret == parsed->secret ? slot.session : nullptr;
}

std::optional<std::size_t> SessionTable::loop_of(std::string_view id) {
  const auto parsed = parse_session_id(id);
  return parsed ? std::optional<std::size_t>(parsed->loop) : std::nullopt;
}

std::optional<SessionTable::Place> SessionTable::place_of(std::string_view id) {
  const auto parsed = parse_session_id(id);
  return parsed ? std::optional(parsed->place) : std::nullopt;
}

std::optional<SessionTable::Place> SessionTable::visit(
    Place from, std::size_t count, const std::function<void(LiveSession&, Place)>& show) const {
  const std::size_t end = std::min<std::size_t>(slots_.size(), from + count);
  for (std::size_t place = from; place < end; ++place)
    if (LiveSession* session = slots_[place].session) show(*session, static_cast<Place>(place));
  return end < slots_.size() ? std::optional(static_cast<Place>(end)) : std::nullopt;
}

SessionInfo SessionTable::info_at(Place place) const {
  const Slot& slot = slots_[place];
  SYNCLINE_ASSERT(slot.session != nullptr);
  SessionInfo info = slot.session->info();
  info.id = id_of(place);
  info.since_ms = slot.since_ms;
  return info;
}

void SessionTable::end_revoked(Task done) {
  if (is_mutated(Mutation::spare_live_sessions)) return done();
  for_each_from(
      0, [this](LiveSession& session) { session.end_revoked(revocations_); }, std::move(done));
}

void SessionTable::look_again(std::shared_ptr<const identity::Revocations> outdated) {
  for_each_from(
      0, [outdated](LiveSession& session) { session.look_again(*outdated); }, [] {});
}

// Whoever opens something from now on is judged by the new revocations, so a place that was passed stays right.
void SessionTable::for_each_from(Place place, Each each, Task done) {
  const auto next = visit(place, kPerTurn, [&each](LiveSession& session, Place) { each(session); });
  if (!next) return done();
  loop_.post([this, alive = std::weak_ptr(alive_), next = *next, each = std::move(each),
              done = std::move(done)]() mutable {
    if (!alive.expired()) for_each_from(next, std::move(each), std::move(done));
  });
}

Error kicked() {
  return {ErrorCode::kUnavailable, "an operator closed this connection"};
}

Error outdated_token() {
  return {ErrorCode::kUnavailable, "what the token says has changed; come back with a new one"};
}

void Seat::take(LiveSession& session) {
  if (table_ != nullptr && place_ == kNone) place_ = table_->add(session);
}

void Seat::leave() {
  if (const auto place = std::exchange(place_, kNone); place != kNone) table_->remove(place);
}

Result<void> Seat::check(const identity::Principal& principal, const Scheduler& loop) const {
  return table_ == nullptr ? check_life(principal, loop) : table_->check(principal);
}

}  // namespace syncline::session
