#include "state/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/mutation.h"

namespace syncline::state {
namespace {

// Parses a time from the front, piece by piece.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Reads exactly `digits` digits.
  std::optional<int> number(std::size_t digits) {
    int value = 0;
    const char* begin = rest_.data();
    if (rest_.size() < digits) return std::nullopt;
    const auto [end, error] = std::from_chars(begin, begin + digits, value);
    if (error != std::errc{} || end != begin + digits || rest_.front() == '-') return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }

  // Reads up to three digits of a fraction as milliseconds; ignores further digits.
  int milliseconds() {
    int value = 0;
    int weight = 100;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; weight /= 10) {
      value += weight * (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

 private:
  std::string_view rest_;
};

// The part after the day: "T12:00:00.5". nullopt if it is malformed.
std::optional<std::chrono::milliseconds> read_clock(TimeReader& in) {
  const auto hours = in.number(2);
  if (!hours || *hours > 23 || !in.take(':')) return std::nullopt;
  const auto minutes = in.number(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  std::chrono::milliseconds clock = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  if (!in.take(':')) return clock;
  const auto seconds = in.number(2);
  if (!seconds || *seconds > 60) return std::nullopt;
  clock += std::chrono::seconds(*seconds);
  if (in.take('.')) clock += std::chrono::milliseconds(in.milliseconds());
  return clock;
}

// "", "Z", "+01:00": the offset from UTC.
std::optional<std::chrono::minutes> read_offset(TimeReader& in) {
  if (in.at_end() || in.take('Z')) return std::chrono::minutes(0);
  const bool east = in.take('+');
  if (!east && !in.take('-')) return std::nullopt;
  const auto hours = in.number(2);
  if (!hours || *hours > 23 || !in.take(':')) return std::nullopt;
  const auto minutes = in.number(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return std::chrono::minutes((*hours * 60 + *minutes) * (east ? 1 : -1));
}

std::optional<Instant> parse_time(std::string_view text) {
  using namespace std::chrono;
  TimeReader in(text);
  const auto year = in.number(4);
  if (!year || !in.take('-')) return std::nullopt;
  const auto month = in.number(2);
  if (!month || !in.take('-')) return std::nullopt;
  const auto day = in.number(2);
  if (!day) return std::nullopt;
  const year_month_day date{std::chrono::year{*year},
                            std::chrono::month{static_cast<unsigned>(*month)},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  milliseconds since = sys_days(date).time_since_epoch();
  if (in.take('T')) {
    const auto clock = read_clock(in);
    const auto offset = clock ? read_offset(in) : std::nullopt;
    if (!offset) return std::nullopt;
    since += *clock - *offset;
  }
  if (!in.at_end()) return std::nullopt;
  return Instant{since.count() < 0 ? 0 : static_cast<std::uint64_t>(since.count())};
}

// Finds the last era that began at or before the time, and in it the last event at or before the
// time, by binary search. There is one era more than the clock was ahead, so few.
class TimeSearch : public std::enable_shared_from_this<TimeSearch> {
 public:
  TimeSearch(log::EventLog& events, std::string workspace, std::uint64_t unix_ms,
             log::Done<log::Position> done)
      : events_(events),
        workspace_(std::move(workspace)),
        unix_ms_(unix_ms),
        done_(std::move(done)) {}

  void start(const log::Head& head) {
    if (head.accepted_ms() <= unix_ms_) return done_(head.last_position);
    search_era(head.last_position, head.era);
  }

 private:
  // The last event of the era, at `last`, is too late.
  void search_era(log::Position last, const log::Era& era) {
    after_ = last;
    if (era.since <= 1 || era.since > last) return step();
    // Its first event, and the last one of the era before.
    events_.read(workspace_, era.since - 2, {.to = era.since, .max_events = 2},
                 [self = shared_from_this(), era](Result<std::vector<log::Event>> events) {
                   if (!events) return self->done_(std::unexpected(events.error()));
                   const bool found =
                       events->size() == 2 && events->front().position == era.since - 1;
                   if (!found) return self->step();
                   if (events->back().accepted_ms() <= self->unix_ms_) {
                     self->before_ = era.since;
                     return self->step();
                   }
                   const log::Event& before = events->front();
                   if (before.accepted_ms() <= self->unix_ms_) return self->done_(before.position);
                   self->search_era(before.position, before.era);
                 });
  }

  // The event at before_ is early enough (0: no event); the one at after_ is too late. Both are of
  // one era.
  void step() {
    if (after_ - before_ == 1) return done_(before_);
    const log::Position middle = before_ + (after_ - before_) / 2;
    events_.read(workspace_, middle - 1, {.to = middle, .max_events = 1},
                 [self = shared_from_this(), middle](Result<std::vector<log::Event>> events) {
                   if (!events) return self->done_(std::unexpected(events.error()));
                   const std::uint64_t last =
                       is_mutated(Mutation::moment_before) ? self->unix_ms_ - 1 : self->unix_ms_;
                   const bool early = !events->empty() && events->front().accepted_ms() <= last;
                   (early ? self->before_ : self->after_) = middle;
                   self->step();
                 });
  }

  log::EventLog& events_;
  const std::string workspace_;
  const std::uint64_t unix_ms_;
  log::Done<log::Position> done_;
  log::Position before_ = 0;
  log::Position after_ = 0;
};

}  // namespace

Result<Moment> parse_moment(std::string_view text) {
  if (text.empty() || text == "now") return log::kNow;
  if (text.find_first_not_of("0123456789") == text.npos) {
    log::Position position = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
    if (error == std::errc{}) return position;
  }
  if (const auto time = parse_time(text)) return *time;
  if (log::is_pin_name(text)) return PinName{std::string(text)};
  return fail(ErrorCode::kInvalid,
              fmt::format("'{}' is no moment: a position such as 1042, a time such as "
                          "2026-01-31T12:00:00Z, the name of a pin, or now",
                          text.substr(0, log::kMaxPinNameBytes)));
}

void resolve_moment(log::EventLog& events, log::PinStore& pins, std::string workspace,
                    Moment moment, log::Done<log::Position> done) {
  if (const auto* pin = std::get_if<PinName>(&moment)) {
    return pins.load_pin(
        std::move(workspace), pin->name,
        [name = pin->name, done = std::move(done)](Result<std::optional<log::Pin>> found) mutable {
          if (!found) return done(std::unexpected(std::move(found.error())));
          if (!*found) return done(fail(ErrorCode::kNotFound, "there is no pin '" + name + "'"));
          done((*found)->position);
        });
  }
  events.head(workspace, [&events, workspace, moment = std::move(moment),
                          done = std::move(done)](Result<log::Head> head) mutable {
    if (!head) return done(std::unexpected(std::move(head.error())));
    if (const auto* time = std::get_if<Instant>(&moment)) {
      return std::make_shared<TimeSearch>(events, std::move(workspace), time->unix_ms,
                                          std::move(done))
          ->start(*head);
    }
    const log::Position position = std::get<log::Position>(moment);
    if (position != log::kNow && position > head->last_position)
      return done(
          fail(ErrorCode::kNotFound, fmt::format("workspace {} ends at position {}: there is no {}",
                                                 workspace, head->last_position, position)));
    done(std::min(position, head->last_position));
  });
}

void find_moment(log::EventLog& events, log::PinStore& pins, std::string workspace,
                 std::string_view text, log::Done<log::Position> done) {
  auto moment = parse_moment(text);
  if (!moment) return done(std::unexpected(std::move(moment.error())));
  resolve_moment(events, pins, std::move(workspace), std::move(*moment), std::move(done));
}

}  // namespace syncline::state
