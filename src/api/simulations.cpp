// Trying policies on what has happened (policy/simulation.h).
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "api/audit_entries.h"
#include "api/moments.h"
#include "api/names.h"
#include "api/route.h"
#include "api/support.h"
#include "api/system_workspace.h"
#include "log/rules.h"
#include "policy/simulation.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"
#include "state/job_room.h"
#include "state/rules_object.h"
#include "syncline/crdt/any.h"

namespace syncline::api {
namespace {

using crdt::Any;
using policy::Simulated;
using protocol::json_string;

constexpr std::size_t kMostTriedBytes = std::size_t{2} << 20;  // of the body of a request
constexpr std::size_t kMostKnownPeople = 10'000;
// A page ends after so many events, whatever they come to. A change of rules counts as so many.
constexpr std::size_t kMostSimulated = 10'000;
constexpr std::size_t kEventsOfACompilation = 100;
constexpr std::size_t kReadAtOnce = 512;
// So many events are judged in one piece. Compiling one set of rules is a piece, too.
constexpr std::size_t kJudgedAtOnce = 64;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
// What two sets of policies of the largest size take in memory, about.
constexpr std::uint64_t kCompiledBytes = std::uint64_t{16} << 20;

// ---- what is asked

struct SimulationWish {
  policy::TriedPolicies tried;
  policy::KnownPeople people;
};

std::unexpected<Error> no_text(std::string_view what) {
  return fail(ErrorCode::kInvalid, fmt::format("{} is missing, or of another type", what));
}

Result<policy::KnownPerson> read_known_person(const Any& json) {
  policy::KnownPerson person;
  const auto* members = std::get_if<Any::Object>(&json.value());
  if (members == nullptr) return no_text("what is known of a person");
  for (const auto& [name, value] : *members) {
    if (name == "groups") {
      const auto* groups = std::get_if<Any::Array>(&value.value());
      if (groups == nullptr) return no_text("a list of groups");
      for (const Any& each : *groups) {
        const auto* group = std::get_if<std::string>(&each.value());
        if (group == nullptr) return no_text("the name of a group");
        person.groups.push_back(*group);
      }
    } else if (name == "rights") {
      const auto* text = std::get_if<std::string>(&value.value());
      const auto rights = identity::rights_named(text == nullptr ? "" : *text);
      if (!rights) return fail(ErrorCode::kInvalid, "`rights` are read, write or admin");
      person.rights = *rights;
    } else {
      return fail(ErrorCode::kInvalid, fmt::format("'{}' means nothing here", name));
    }
  }
  return person;
}

Result<void> read_known_people(const Any& json, policy::KnownPeople& people) {
  const auto* members = std::get_if<Any::Object>(&json.value());
  if (members == nullptr) return no_text("`people`");
  if (members->size() > kMostKnownPeople)
    return fail(ErrorCode::kTooLarge,
                fmt::format("`people` describes at most {} people", kMostKnownPeople));
  for (const auto& [principal, known] : *members) {
    auto person = read_known_person(known);
    if (!person) return std::unexpected(std::move(person.error()));
    people.insert_or_assign(principal, std::move(*person));
  }
  return {};
}

Result<SimulationWish> read_wish(const http::Request& request) {
  if (request.body.size() > kMostTriedBytes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("the body has more than {} bytes", kMostTriedBytes));
  const auto json = crdt::from_json(request.body);
  if (!json) return std::unexpected(json.error());
  const auto* members = std::get_if<Any::Object>(&json->value());
  if (members == nullptr) return no_text("a JSON object");
  SimulationWish wish;
  for (const auto& [name, value] : *members) {
    if (name == "policies") {
      const auto* policies = std::get_if<Any::Object>(&value.value());
      if (policies == nullptr) return no_text("`policies`");
      for (const auto& [policy, text] : *policies) {
        const auto* source = std::get_if<std::string>(&text.value());
        if (source == nullptr) return no_text("the text of policy " + policy);
        wish.tried.texts.insert_or_assign(policy, *source);
      }
    } else if (name == "add") {
      const auto* added = std::get_if<bool>(&value.value());
      if (added == nullptr) return no_text("`add`");
      wish.tried.added = *added;
    } else if (name == "tenant") {
      const auto* of_tenant = std::get_if<bool>(&value.value());
      if (of_tenant == nullptr) return no_text("`tenant`");
      wish.tried.of_tenant = *of_tenant;
    } else if (name == "people") {
      if (auto read = read_known_people(value, wish.people); !read)
        return std::unexpected(std::move(read.error()));
    } else {
      return fail(ErrorCode::kInvalid, fmt::format("'{}' means nothing here", name));
    }
  }
  if (auto fits = policy::check_tried(wish.tried); !fits)
    return std::unexpected(std::move(fits.error()));
  return wish;
}

// ---- what is answered

std::string json_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& each : texts) list += (list.empty() ? "" : ",") + json_string(each);
  return "[" + list + "]";
}

struct DifferentDecision {
  log::Position position = 0;
  std::uint64_t unix_ms = 0;
  std::string object;
  Maker maker;
  Simulated simulated;
};

std::string decision_json(const DifferentDecision& decision, const Names& names) {
  const Simulated& found = decision.simulated;
  const bool refused = found.now == Simulated::Now::kRefused;
  std::string json = fmt::format(
      R"({{"position":{},"time":"{}","object":{},"principal":{}{},"then":"allowed","now":"{}",)"
      R"("message":{})",
      decision.position, protocol::time_text(decision.unix_ms), json_string(decision.object),
      protocol::name_json(decision.maker.principal),
      protocol::shown_name_json(names.of(decision.maker.principal, decision.maker.actor)),
      refused ? "refused" : "unclear", json_string(found.message));
  if (!found.action.empty()) json += ",\"action\":" + json_string(found.action);
  if (!found.path.empty()) json += ",\"path\":" + json_string(found.path);
  if (refused)
    json += ",\"then_by\":" + json_list(found.then_by) + ",\"now_by\":" + json_list(found.now_by);
  return json + "}";
}

// Something that was refused, and what would become of it.
struct DifferentRefusal {
  log::AuditEntry entry;
  Simulated simulated;
};

std::string refusal_json(const DifferentRefusal& refusal, const Names& names) {
  const log::AuditEntry& entry = refusal.entry;
  const Simulated& found = refusal.simulated;
  const bool allowed = found.now == Simulated::Now::kAllowed;
  std::string json = fmt::format(
      R"({{"time":"{}","count":{},"object":{},"principal":{}{},"then":"refused","now":"{}","message":{},)"
      R"("action":{})",
      protocol::time_text(entry.unix_ms), entry.count, json_string(entry.object),
      protocol::name_json(entry.principal),
      protocol::shown_name_json(names.of(entry.principal, "")), allowed ? "allowed" : "unclear",
      json_string(found.message), json_string(found.action));
  if (!found.path.empty()) json += ",\"path\":" + json_string(found.path);
  return json + ",\"then_by\":" + json_list(found.then_by) +
         ",\"now_by\":" + json_list(found.now_by) + "}";
}

// ---- the job

// Reads the log in parts, and judges each event. It is cancelled when nobody waits for the answer any more. Whoever may read
// the audit log is told of refusals, too: each is judged before the first event that was later.
class SimulationRun : public std::enable_shared_from_this<SimulationRun> {
 public:
  SimulationRun(Inquiry asked, SimulationWish wish, log::Position from, log::Position after,
                log::Position to, std::size_t limit)
      : asked_(std::move(asked)),
        wish_(std::move(wish)),
        from_(from),
        after_(after),
        to_(to),
        limit_(limit) {
    if (asked_.sources.room != nullptr) charge_ = asked_.sources.room->hold(kCompiledBytes);
  }

  void begin() {
    if (after_ >= to_) return finish(false);
    state::replay_object(asked_.sources, asked_.path.workspace, std::string(log::kPolicyObject),
                         after_,
                         [self = shared_from_this()](Result<state::ReplayedObject> replayed) {
                           self->with_rules(std::move(replayed));
                         });
  }

 private:
  void with_rules(Result<state::ReplayedObject> replayed) {
    if (!replayed) return asked_.refuse(replayed.error());
    const log::HeldRules* held = state::rules_of(*replayed->object);
    simulation_.emplace(asked_.path.workspace, held == nullptr ? log::HeldRules() : *held,
                        replayed->position, std::move(wish_.tried), std::move(wish_.people));
    if (!asked_.caller.rights.has(Right::kAudit)) return read();
    find_begin();
  }

  // ---- what was refused meanwhile

  // From the event on after which this begins, up to what follows the last one.
  void find_begin() {
    if (after_ == 0) return find_end(0);
    read_time(after_, [self = shared_from_this()](std::optional<std::uint64_t> unix_ms) {
      self->find_end(unix_ms.value_or(0));
    });
  }

  void find_end(std::uint64_t from_ms) {
    read_time(to_ + 1, [self = shared_from_this(), from_ms](std::optional<std::uint64_t> unix_ms) {
      self->find_refusals(
          from_ms, unix_ms ? *unix_ms - std::min<std::uint64_t>(*unix_ms, 1) : AuditSearch().to_ms);
    });
  }

  // Calls back with the time of the event at this position, if there is one.
  void read_time(log::Position position,
                 std::move_only_function<void(std::optional<std::uint64_t>)> then) {
    asked_.sources.events.read(
        asked_.path.workspace, position - 1, {.to = position, .max_events = 1},
        [self = shared_from_this(),
         then = std::move(then)](Result<std::vector<log::Event>> read) mutable {
          if (!read) return self->asked_.refuse(read.error());
          then(read->empty() ? std::nullopt : std::optional(read->front().accepted_ms()));
        });
  }

  void find_refusals(std::uint64_t from_ms, std::uint64_t to_ms) {
    AuditSearch search{.log = system_,
                       .from_ms = from_ms,
                       .to_ms = to_ms,
                       .wanted = [name = asked_.path.name](const log::AuditEntry& entry) {
                         return entry.workspace == name &&
                                entry.kind == log::AuditEntry::Kind::kRefusal;
                       }};
    find_audit_entries(
        asked_.sources, std::move(search), [self = shared_from_this()](Result<AuditFound> found) {
          if (!found) return self->asked_.refuse(found.error());
          self->refusals_ = std::move(*found);
          std::ranges::stable_sort(self->refusals_->entries, {},
                                   [](const FoundEntry& each) { return each.entry.unix_ms; });
          self->read();
        });
  }

  // Those before that time. False: it goes on in a later turn, with step().
  bool judge_refusals(std::uint64_t before_ms) {
    if (!refusals_) return true;
    for (; next_refusal_ < refusals_->entries.size(); ++next_refusal_) {
      const auto& [position, entry] = refusals_->entries[next_refusal_];
      if (entry.unix_ms >= before_ms) break;
      if (position > tenant_known_to_) return follow_tenant(position), false;
      if (!ready()) return false;
      auto simulated = simulation_->take_refusal(entry);
      if (!simulated) return asked_.refuse(simulated.error()), false;
      ++events_;
      if (*simulated) note_refusal(entry, std::move(**simulated));
    }
    return true;
  }

  void note_refusal(const log::AuditEntry& entry, Simulated simulated) {
    ++refusals_judged_;
    if (simulated.now == Simulated::Now::kRefused) return;
    if (simulated.now == Simulated::Now::kUnclear) ++refusals_unclear_;
    different_refusals_.push_back({entry, std::move(simulated)});
  }

  // The policies of the tenant at that position of its log, which is also that of the audit log.
  void follow_tenant(log::Position position) {
    asked_.sources.events.read_object(
        system_, std::string(log::kPolicyObject), simulation_->tenant_at(), {.max_events = 1},
        [self = shared_from_this(), position](Result<std::vector<log::Event>> next) {
          if (!next) return self->asked_.refuse(next.error());
          if (!next->empty() && next->front().position <= position)
            return self->read_tenant(position, false);
          self->tenant_known_to_ = next->empty() ? kNever : next->front().position - 1;
          self->step();
        });
  }

  // ---- judging

  // True if all rules are compiled. Otherwise one set of them is, and step() goes on in a later turn.
  bool ready() {
    if (simulation_->prepared()) return true;
    if (auto made = simulation_->prepare(); !made)
      asked_.refuse(made.error());
    else
      step_later();
    return false;
  }

  // What the store answers is a turn of its own, so others have theirs before.
  void step_later() {
    pieces_ = 0;
    asked_.sources.events.head(asked_.path.workspace,
                               [self = shared_from_this()](const Result<log::Head>& head) {
                                 if (!head) return self->asked_.refuse(head.error());
                                 self->step();
                               });
  }

  void read() {
    const auto& abandoned = asked_.sending.order.abandoned;
    if (abandoned != nullptr && abandoned->load())
      return asked_.refuse({ErrorCode::kUnavailable, "nobody waits for the answer"});
    const log::ReadLimits limits{.to = to_, .max_events = kReadAtOnce};
    asked_.sources.events.read(asked_.path.workspace, after_, limits,
                               [self = shared_from_this()](Result<std::vector<log::Event>> read) {
                                 self->take(std::move(read));
                               });
  }

  void take(Result<std::vector<log::Event>> read) {
    if (!read) return asked_.refuse(read.error());
    exhausted_ = read->empty();
    events_read_ = std::move(*read);
    next_ = 0;
    step();
  }

  void step() {
    for (; next_ < events_read_.size(); ++next_) {
      const log::Event& event = events_read_[next_];
      if (!judge_refusals(event.accepted_ms())) return;
      const bool judged = event.kind == log::EventKind::kChange;
      if (judged && event.tenant_policy_at != simulation_->tenant_at())
        return read_tenant(event.tenant_policy_at);
      if (const log::Position session = simulation_->lacks(event)) return read_session(session);
      if (judged && !ready()) return;
      if (++pieces_ > kJudgedAtOnce) return step_later();
      auto simulated = simulation_->take(event);
      if (!simulated) return asked_.refuse(simulated.error());
      after_ = event.position;
      ++events_;
      note(event, std::move(*simulated));
      if (after_ < to_ && (found_.size() == limit_ || spent() >= kMostSimulated))
        return finish(true);
    }
    if (after_ < to_ && !exhausted_) return read();
    if (judge_refusals(kNever)) finish(false);
  }

  // Each event says which policies of the tenant judged it.
  // `named`: by that position. Otherwise by that of the last change up to there.
  void read_tenant(log::Position at, bool named = true) {
    if (at == 0) return with_tenant({}, 0);
    state::replay_object(
        asked_.sources, system_, std::string(log::kPolicyObject), at,
        [self = shared_from_this(), at, named](Result<state::ReplayedObject> replayed) {
          if (!replayed) return self->asked_.refuse(replayed.error());
          const log::HeldRules* held = state::rules_of(*replayed->object);
          self->with_tenant(held == nullptr ? log::HeldRules() : *held,
                            named ? at : replayed->position);
        });
  }

  void with_tenant(log::HeldRules held, log::Position at) {
    simulation_->set_tenant(std::move(held), at);
    tenant_known_to_ = at;
    step();
  }

  // What was known of the author of the next event is further back in the log.
  void read_session(log::Position position) {
    asked_.sources.events.read(
        asked_.path.workspace, position - 1, {.to = position, .max_events = 1},
        [self = shared_from_this(), position](Result<std::vector<log::Event>> read) {
          if (!read) return self->asked_.refuse(read.error());
          log::Event record = read->empty() ? log::Event{} : std::move(read->front());
          record.position = position;
          self->simulation_->learn(record);
          ++self->events_;
          self->step();
        });
  }

  std::size_t spent() const {
    return events_ + kEventsOfACompilation * simulation_->compilations();
  }

  void note(const log::Event& event, std::optional<Simulated> simulated) {
    if (!simulated) return;
    ++judged_;
    if (simulated->now == Simulated::Now::kAllowed) return;
    if (simulated->now == Simulated::Now::kUnclear) ++unclear_;
    found_.push_back({event.position, event.accepted_ms(), event.object,
                      Maker{event.principal, event.actor}, std::move(*simulated)});
  }

  void finish(bool more) {
    std::vector<Maker> makers;
    for (const DifferentDecision& each : found_) makers.push_back(each.maker);
    for (const DifferentRefusal& each : different_refusals_)
      makers.push_back({each.entry.principal, ""});
    const NamesOf where = names_of(asked_);
    look_up(where, std::move(makers), {},
            [self = shared_from_this(), more](const Names& names) { self->answer(more, names); });
  }

  void answer(bool more, const Names& names) {
    std::string json =
        fmt::format(R"({{"from":{},"to":{},"judged":{},"unclear":{},"differences":[)", from_, to_,
                    judged_, unclear_);
    for (std::size_t i = 0; i < found_.size(); ++i)
      json += (i == 0 ? "" : ",") + decision_json(found_[i], names);
    json += fmt::format(R"(],"refusals":{},"refusals_judged":{},"refusals_unclear":{},)",
                        refusals_json(names), refusals_judged_, refusals_unclear_);
    json += fmt::format("\"refusals_cut\":{},\"next\":{}}}\n", refusals_ && refusals_->cut,
                        more ? std::to_string(after_) : "null");
    asked_.answer(http::json_response(200, std::move(json)));
  }

  // null: the caller may not read the audit log.
  std::string refusals_json(const Names& names) const {
    if (!refusals_) return "null";
    std::string list;
    for (const DifferentRefusal& each : different_refusals_)
      list += (list.empty() ? "" : ",") + refusal_json(each, names);
    return "[" + list + "]";
  }

  Inquiry asked_;
  const std::string system_ = system_workspace_of(asked_.path.workspace);
  SimulationWish wish_;
  const log::Position from_;
  log::Position after_;
  const log::Position to_;
  const std::size_t limit_;
  MemoryCharge charge_ = {};
  std::optional<policy::Simulation> simulation_;
  std::vector<log::Event> events_read_;
  std::size_t next_ = 0;    // of these
  bool exhausted_ = false;  // there are no more
  std::size_t pieces_ = 0;  // events that were judged in this turn
  std::size_t events_ = 0;
  std::uint64_t judged_ = 0;
  std::uint64_t unclear_ = 0;
  std::vector<DifferentDecision> found_;
  std::optional<AuditFound> refusals_;  // in the order of their times
  std::size_t next_refusal_ = 0;        // of these
  log::Position tenant_known_to_ =
      0;  // up to there, the tenant's policies are those of simulation_
  std::uint64_t refusals_judged_ = 0;
  std::uint64_t refusals_unclear_ = 0;
  std::vector<DifferentRefusal> different_refusals_;
};

void simulate_policies(Inquiry inquiry) {
  auto wish = read_wish(inquiry.request);
  if (!wish) return inquiry.refuse(wish.error());
  const auto limit = page_size(inquiry.request);
  const auto after = number(inquiry.request, "after", 0);
  if (!limit) return inquiry.refuse(limit.error());
  if (!after) return inquiry.refuse(after.error());
  between_moments(std::move(inquiry),
                  [wish = std::move(*wish), limit = *limit, after = *after](
                      log::Position from, log::Position to, Inquiry asked) mutable {
                    std::make_shared<SimulationRun>(std::move(asked), std::move(wish), from,
                                                    std::max(from, after), to, limit)
                        ->begin();
                  });
}

constexpr Route kSimulationRoutes[] = {
    {"POST", "/v1/workspaces/{workspace}/simulation", Right::kHistory, simulate_policies},
};

}  // namespace

std::span<const Route> simulation_routes() {
  return kSimulationRoutes;
}

}  // namespace syncline::api
