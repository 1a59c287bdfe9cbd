#include "hooks/delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "hooks/retry_times.h"
#include "hooks/signature.h"
#include "log/rules.h"
#include "protocol/event_json.h"
#include "session/event_tail.h"

namespace syncline::hooks {
namespace {

constexpr log::ReadLimits kHookBatch{.max_events = 64, .max_bytes = std::size_t{64} << 10};
constexpr std::size_t kMostLateAtOnce =
    64;  // events of an object that are read to find its last one
constexpr log::Position kMostUnstored = 1024;  // events that were passed by
constexpr std::uint64_t kHoldMs = 30'000;
constexpr std::size_t kLateOverhead = 32;  // bytes of an entry beside the name
constexpr std::size_t kMostReasonBytes = 256;

std::string short_reason(std::string reason) {
  if (reason.size() > kMostReasonBytes) reason.resize(kMostReasonBytes);
  return reason;
}

}  // namespace

std::string hook_body(const Endpoint& endpoint, std::string_view type, std::uint64_t unix_ms,
                      std::string_view data) {
  return fmt::format(R"({{"type":"{}","timestamp":"{}","workspace":{},"data":{}}})", type,
                     protocol::time_text(unix_ms),
                     protocol::name_json(split_name(endpoint.workspace).workspace), data);
}

Delivery::Delivery(HookServices& services, HookCounters& counters, Endpoint endpoint,
                   Progress progress)
    : services_(services),
      counters_(counters),
      endpoint_(std::move(endpoint)),
      maker_(maker_of(endpoint_)),
      progress_(std::move(progress)),
      stored_after_(progress_.after) {}

Delivery::~Delivery() {
  services_.host.scheduler().cancel(timer_);
}

void Delivery::begin() {
  look();
}

void Delivery::take(Endpoint endpoint) {
  endpoint_ = std::move(endpoint);
  maker_ = maker_of(endpoint_);
  held_until_ms_ = 0;
  look();
}

void Delivery::enable() {
  progress_.disabled_ms = 0;
  progress_.failing_since_ms = 0;
  progress_.reason.clear();
  for (Late& late : progress_.late) late.due_ms = 0;
  held_until_ms_ = 0;
  stored_ = false;
  look();
}

void Delivery::replay(std::vector<log::Position> positions) {
  for (const log::Position position : positions)
    if (std::ranges::find(replays_, position) == replays_.end()) replays_.push_back(position);
  look();
}

void Delivery::look_at_maker() {
  if (stopped()) return;
  if (auto valid = services_.revocations.check(maker_.principal); !valid) {
    disable("whoever made this webhook was revoked: " + valid.error().message);
    look();
  }
}

void Delivery::on_durable(log::Position) {
  fresh_ = true;
  look();
}

// Nobody may leave the list of followers now.
void Delivery::on_closed(const Error& why) {
  hold(why.message, kHoldMs);
  services_.host.scheduler().post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    attached_ = false;
    following_ = {};
  });
}

void Delivery::attach() {
  if (attached_) return;
  following_ = services_.host.get(endpoint_.workspace).follow(*this);
  attached_ = true;
  fresh_ = true;
}

// ---- what comes next

void Delivery::look() {
  if (busy_) return;
  if (!stored_) return store();
  if (stopped() || endpoint_.initial_content) {
    batch_.clear();
    return;
  }
  if (held_ms() > 0) return set_timer();
  if (auto may = may_deliver(); !may) return hold(may.error().message, kHoldMs);
  held_.clear();
  attach();
  if (replay_next() || late_next()) return;
  log_next();
}

Result<void> Delivery::may_deliver() const {
  if (endpoint_.key_mark != mark_of_key(services_.key))
    return fail(ErrorCode::kUnavailable,
                "the key of this server was replaced: rotate the secret of this webhook");
  const limits::SharedUse use =
      services_.uses == nullptr ? nullptr : services_.uses->of(endpoint_.workspace);
  if (use != nullptr && use->tenant()->state() != limits::TenantState::kActive)
    return fail(ErrorCode::kUnavailable, "the tenant is not open");
  return services_.host.admit(maker_, endpoint_.workspace);
}

void Delivery::hold(std::string why, std::uint64_t ms) {
  held_ = std::move(why);
  held_until_ms_ = services_.host.scheduler().monotonic_ms() + ms;
  set_timer();
}

void Delivery::set_timer() {
  if (const std::uint64_t ms = held_ms(); ms > 0) return look_in(ms);
  std::uint64_t next = 0;
  for (const Late& late : progress_.late)
    if (next == 0 || late.due_ms < next) next = late.due_ms;
  if (next > 0) look_in(next > now_ms() ? next - now_ms() : 0);
}

void Delivery::look_in(std::uint64_t ms) {
  Scheduler& loop = services_.host.scheduler();
  loop.cancel(timer_);
  timer_ = loop.after(std::min(ms, kMostDebounceMs) + 1, [this] {
    timer_ = 0;
    look();
  });
}

bool Delivery::replay_next() {
  if (replays_.empty()) return false;
  const log::Position position = replays_.front();
  replays_.pop_front();
  busy_ = true;
  services_.host.log().read(
      endpoint_.workspace, position - 1, {.to = position, .max_events = 1},
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<log::Event>> events) {
        if (alive.expired()) return;
        busy_ = false;
        if (!events) return hold(events.error().message, kHoldMs);
        if (events->empty()) return look();
        busy_ = true;
        judge(std::make_shared<Turn>(
            Turn{.of = Turn::Of::kReplay, .event = std::move(events->front())}));
      });
  return true;
}

bool Delivery::late_next() {
  const std::uint64_t now = now_ms();
  // The clock may have been ahead when the times were set.
  const std::uint64_t latest = now + kRetryMs.back() * 2;
  for (Late& late : progress_.late) late.due_ms = std::min(late.due_ms, latest);
  std::erase_if(progress_.late,
                [&](const Late& late) { return !late.pending && late.due_ms <= now; });
  const auto due = std::ranges::find_if(
      progress_.late, [&](const Late& late) { return late.pending && late.due_ms <= now; });
  if (due == progress_.late.end()) return false;
  read_late(*due);
  return true;
}

void Delivery::read_late(const Late& late) {
  busy_ = true;
  services_.host.log().read_object(
      endpoint_.workspace, late.object, late.after,
      {.to = progress_.after, .max_events = endpoint_.debounce_ms > 0 ? kMostLateAtOnce : 1},
      [this, object = late.object,
       alive = std::weak_ptr(alive_)](Result<std::vector<log::Event>> events) {
        if (alive.expired()) return;
        busy_ = false;
        take_late(object, std::move(events));
      });
}

// Of a debounced object, only the last event is told; there may be more than were read.
void Delivery::take_late(const std::string& object, Result<std::vector<log::Event>> events) {
  if (!events) return hold(events.error().message, kHoldMs);
  Late* const late = find_late(object);
  if (late == nullptr) return look();
  if (events->empty()) {
    std::erase_if(progress_.late, [&](const Late& each) { return each.object == object; });
    return look();
  }
  if (events->size() == kMostLateAtOnce && endpoint_.debounce_ms > 0) {
    late->after = events->back().position - 1;
    return read_late(*late);
  }
  busy_ = true;
  judge(std::make_shared<Turn>(Turn{.of = Turn::Of::kLate, .event = std::move(events->back())}));
}

void Delivery::log_next() {
  while (!batch_.empty()) {
    if (!has_room()) {
      batch_.clear();
      fresh_ = true;
      return set_timer();
    }
    if (!passes_by(batch_.front())) {
      busy_ = true;
      auto turn = std::make_shared<Turn>(Turn{.event = std::move(batch_.front())});
      batch_.pop_front();
      return judge(std::move(turn));
    }
    progress_.after = batch_.front().position;
    batch_.pop_front();
  }
  if (fresh_ && has_room()) return read_log();
  if (progress_.after >= stored_after_ + kMostUnstored) return store();
  set_timer();
}

// An event that is not sent now: nobody asked for it, or its object is late.
bool Delivery::passes_by(const log::Event& event) {
  if (log::is_system_object(event.object) || !endpoint_.wants(event.object, event.type))
    return true;
  Late* const late = find_late(event.object);
  if (late == nullptr || is_mutated(Mutation::hook_overtakes)) return false;
  late->pending = true;
  return true;
}

void Delivery::read_log() {
  busy_ = true;
  fresh_ = false;
  services_.host.log().read(
      endpoint_.workspace, progress_.after, kHookBatch,
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<log::Event>> events) {
        if (alive.expired()) return;
        busy_ = false;
        if (!events) {
          fresh_ = true;
          return hold(events.error().message, kHoldMs);
        }
        if (!events->empty()) fresh_ = true;
        for (log::Event& event : *events) batch_.push_back(std::move(event));
        look();
      });
}

// ---- one event

// Asked anew for each event: rules, shares and groups change.
void Delivery::judge(std::shared_ptr<Turn> turn) {
  if (is_mutated(Mutation::hook_unjudged)) return post(std::move(turn), true);
  const std::string object = turn->event.object;
  auto answer = [this, turn = std::move(turn),
                 alive = std::weak_ptr(alive_)](Result<std::vector<Result<void>>> may) {
    if (alive.expired()) return;
    if (!may) {
      busy_ = false;
      if (turn->of == Turn::Of::kLog) batch_.push_front(std::move(turn->event));
      return hold(may.error().message, kHoldMs);
    }
    if (!may->front()) return leave_out(*turn, may->front().error().message);
    post(turn, may->back().has_value());
  };
  services_.host.foresee(maker_, endpoint_.workspace, object,
                         {{identity::Right::kRead}, {identity::Right::kHistory}},
                         std::move(answer));
}

void Delivery::post(std::shared_ptr<Turn> turn, bool with_history) {
  if (auto valid = services_.revocations.check(maker_.principal); !valid) {
    busy_ = false;
    if (turn->of == Turn::Of::kLog) batch_.push_front(std::move(turn->event));
    look_at_maker();
    return;
  }
  const log::Event& event = turn->event;
  const std::string data =
      with_history ? session::told_json(event, endpoint_.content) : session::notice_json(event);
  const std::string message = fmt::format("msg_{}_{}", endpoint_.id, event.position);
  HookRequest request{.url = endpoint_.url,
                      .body = hook_body(endpoint_, "change", event.accepted_ms(), data)};
  request.headers = signed_headers(services_.key, endpoint_, message, now_ms(), request.body);
  if (is_mutated(Mutation::hook_stored_early)) done_with(*turn);
  services_.sender->send(
      std::move(request), services_.host.scheduler(),
      [this, turn = std::move(turn), alive = std::weak_ptr(alive_)](Result<HookAnswer> answer) {
        if (!alive.expired()) answered(*turn, std::move(answer));
      });
}

void Delivery::answered(const Turn& turn, Result<HookAnswer> answer) {
  if (!answer) return failed(turn, answer.error().message, 0);
  if (answer->status >= 200 && answer->status < 300) return succeeded(turn);
  if (answer->status == 410) {
    disable("the receiver answered 410: it is gone");
    if (turn.of == Turn::Of::kLog) fresh_ = true;
    busy_ = false;
    batch_.clear();
    return store();
  }
  failed(turn, fmt::format("the receiver answered {}", answer->status), answer->retry_after_ms);
}

void Delivery::succeeded(const Turn& turn) {
  ++counters_.delivered;
  ++progress_.delivered;
  progress_.failing_since_ms = 0;
  progress_.unseen_reason.clear();
  if (turn.of == Turn::Of::kReplay) {
    if (progress_.dead > 0) --progress_.dead;
    further_.push_back({log::DirectoryKind::kHookDead,
                        dead_key(endpoint_.workspace, endpoint_.id, turn.event.position),
                        std::nullopt});
  }
  done_with(turn);
  if (failing() == 0) progress_.reason.clear();
  store();
}

void Delivery::leave_out(const Turn& turn, const std::string& reason) {
  ++counters_.unseen;
  ++progress_.unseen;
  progress_.unseen_reason = short_reason(reason);
  done_with(turn);
  if (turn.of == Turn::Of::kLate) return store();
  busy_ = false;
  services_.host.scheduler().post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) look();
  });
}

// The event is behind the endpoint. A debounced object is late from now on until its time has come.
void Delivery::done_with(const Turn& turn) {
  const log::Event& event = turn.event;
  if (turn.of == Turn::Of::kReplay) return;
  if (turn.of == Turn::Of::kLog) progress_.after = event.position;
  Late* late = find_late(event.object);
  if (late == nullptr && endpoint_.debounce_ms > 0)
    late = &progress_.late.emplace_back(Late{.object = event.object, .pending = false});
  if (late == nullptr) return;
  late->after = event.position;
  late->attempts = 0;
  late->due_ms = now_ms() + endpoint_.debounce_ms;
  late->pending = turn.of == Turn::Of::kLate;  // there may be more
}

void Delivery::failed(const Turn& turn, const std::string& reason, std::uint64_t wish_ms) {
  ++counters_.failed;
  progress_.reason = short_reason(reason);
  if (progress_.failing_since_ms == 0) progress_.failing_since_ms = now_ms();
  if (is_mutated(Mutation::hook_gives_up))
    done_with(turn);
  else if (turn.of != Turn::Of::kReplay)
    try_later(turn, wish_ms);
  if (now_ms() >= progress_.failing_since_ms + kDisableAfterMs)
    disable("nothing was delivered for three days: " + progress_.reason);
  store();
}

void Delivery::try_later(const Turn& turn, std::uint64_t wish_ms) {
  Late& late = late_of(turn);
  ++late.attempts;
  if (late.attempts > kRetryMs.size()) return give_up(turn, late.attempts);
  const std::uint64_t wait = retry_in_ms(late.attempts, services_.random);
  late.due_ms = now_ms() + std::max(wait, std::min(wish_ms, kMostRetryAfterMs));
  late.pending = true;
}

void Delivery::give_up(const Turn& turn, std::uint64_t attempts) {
  ++counters_.given_up;
  ++progress_.dead;
  further_.push_back({log::DirectoryKind::kHookDead,
                      dead_key(endpoint_.workspace, endpoint_.id, turn.event.position),
                      encode_dead({.position = turn.event.position,
                                   .object = turn.event.object,
                                   .attempts = attempts,
                                   .given_up_ms = now_ms(),
                                   .reason = progress_.reason})});
  done_with(turn);
  if (progress_.dead >= kMostDead) disable("too many events were given up: look at them first");
}

void Delivery::disable(std::string reason) {
  if (stopped()) return;
  ++counters_.disabled;
  progress_.disabled_ms = now_ms();
  progress_.reason = short_reason(std::move(reason));
  stored_ = false;
  if (services_.on_disabled) services_.on_disabled(endpoint_, progress_.reason);
}

// The next event begins when this is durable. If it cannot be stored, nothing is sent until it can.
void Delivery::store() {
  busy_ = true;
  stored_ = false;
  auto changes = further_;
  changes.push_back({log::DirectoryKind::kHookProgress,
                     endpoint_key(endpoint_.workspace, endpoint_.id), encode_progress(progress_)});
  if (is_mutated(Mutation::hook_not_stored)) changes.pop_back();
  if (changes.empty()) {
    busy_ = false;
    stored_ = true;
    return services_.host.scheduler().post([this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) look();
    });
  }
  services_.directory.change_directory(
      std::move(changes), [this, count = further_.size(), after = progress_.after,
                           alive = std::weak_ptr(alive_)](Result<void> stored) {
        if (alive.expired()) return;
        busy_ = false;
        if (!stored) {
          held_ = stored.error().message;
          return look_in(kHoldMs);
        }
        further_.erase(further_.begin(), further_.begin() + static_cast<std::ptrdiff_t>(count));
        stored_ = true;
        stored_after_ = after;
        look();
      });
}

// ---- objects that are late

Late* Delivery::find_late(std::string_view object) {
  const auto found = std::ranges::find(progress_.late, object, &Late::object);
  return found == progress_.late.end() ? nullptr : &*found;
}

// Of the event's object, which is late from now on.
Late& Delivery::late_of(const Turn& turn) {
  if (turn.of == Turn::Of::kLog) progress_.after = turn.event.position;
  if (Late* const found = find_late(turn.event.object)) return *found;
  return progress_.late.emplace_back(
      Late{.object = turn.event.object, .after = turn.event.position - 1});
}

std::size_t Delivery::failing() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(progress_.late, [](const Late& late) { return late.attempts > 0; }));
}

// Whether one more object may become late. Those of which nothing waits are forgotten first: they are told of earlier
// than they could be.
bool Delivery::has_room() {
  if (failing() >= kMostFailing) return false;
  std::size_t bytes = kMostTextBytes + kLateOverhead;
  for (const Late& late : progress_.late) bytes += late.object.size() + kLateOverhead;
  while (bytes > kMostLateBytes) {
    const auto idle = std::ranges::find(progress_.late, false, &Late::pending);
    if (idle == progress_.late.end()) return false;
    bytes -= idle->object.size() + kLateOverhead;
    progress_.late.erase(idle);
  }
  return true;
}

std::uint64_t Delivery::held_ms() const {
  const std::uint64_t now = services_.host.scheduler().monotonic_ms();
  return held_until_ms_ > now ? held_until_ms_ - now : 0;
}

std::uint64_t Delivery::now_ms() const {
  return services_.host.scheduler().unix_ms();
}

}  // namespace syncline::hooks
