// Who could reach an object between two moments, and who did (policy/reach.h).
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "api/audit_entries.h"
#include "api/audit_json.h"
#include "api/moments.h"
#include "api/names.h"
#include "api/route.h"
#include "api/support.h"
#include "api/system_workspace.h"
#include "log/audit.h"
#include "log/rules.h"
#include "policy/reach.h"
#include "policy/rule_set.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"
#include "state/job_room.h"
#include "state/rules_object.h"

namespace syncline::api {
namespace {

using protocol::json_string;

// A page covers at most so many changes of rules, so many events of the object, and so many questions about somebody
// while some rules held.
constexpr std::size_t kMostRuleChanges = 64;
constexpr std::size_t kMostTenantChanges = 256;  // of which those at one position count once above
constexpr std::size_t kMostObjectEvents = 4096;
constexpr std::size_t kMostReachAsked = 8192;
constexpr std::uint64_t kReportBytes = std::uint64_t{16} << 20;

// What somebody changed.
struct Deeds {
  Maker maker;  // of the last one
  std::uint64_t changes = 0;
  log::Position first = 0;
  log::Position last = 0;
  std::uint64_t first_ms = 0;
  std::uint64_t last_ms = 0;
};

std::string span_json(const policy::ReachSpan& span) {
  std::string by;
  for (const std::string& each : span.by) by += (by.empty() ? "" : ",") + json_string(each);
  std::string ends;
  if (span.end_ms > 0) ends = fmt::format(R"("ends":"{}",)", protocol::time_text(span.end_ms));
  return fmt::format(R"({{"who":{},"right":"{}","in_part":{},"from":{},"to":{},{}"by":[{}]}})",
                     json_string(policy::to_string(span.who)), span.right, span.in_part, span.from,
                     span.to, ends, by);
}

std::string deeds_json(const Deeds& deeds, const Names& names) {
  return fmt::format(
      R"({{"principal":{}{},"changes":{},"first":{},"first_time":"{}","last":{},"last_time":"{}"}})",
      protocol::name_json(deeds.maker.principal),
      protocol::shown_name_json(names.of(deeds.maker.principal, deeds.maker.actor)), deeds.changes,
      deeds.first, protocol::time_text(deeds.first_ms), deeds.last,
      protocol::time_text(deeds.last_ms));
}

class AccessReport : public std::enable_shared_from_this<AccessReport> {
 public:
  AccessReport(Inquiry asked, log::Position from, log::Position after, log::Position to)
      : asked_(std::move(asked)), from_(from), after_(after), to_(to), end_(to) {
    if (asked_.sources.room != nullptr) charge_ = asked_.sources.room->hold(kReportBytes);
  }

  void begin() {
    state::replay_object(asked_.sources, asked_.path.workspace, std::string(log::kPolicyObject),
                         after_,
                         [self = shared_from_this()](Result<state::ReplayedObject> replayed) {
                           self->with_rules(std::move(replayed));
                         });
  }

 private:
  struct RulesFrom {
    log::Position position = 0;
    std::uint64_t unix_ms = 0;
    log::RuleChange change;
  };
  struct Deed {
    Maker maker;
    log::Position position = 0;
    std::uint64_t unix_ms = 0;
  };

  void with_rules(Result<state::ReplayedObject> replayed) {
    if (!replayed) return asked_.refuse(replayed.error());
    if (const log::HeldRules* held = state::rules_of(*replayed->object)) held_ = *held;
    asked_.sources.events.read(asked_.path.workspace, std::max<log::Position>(after_, 1) - 1,
                               {.max_events = 1},
                               [self = shared_from_this()](Result<std::vector<log::Event>> read) {
                                 self->with_begin(std::move(read));
                               });
  }

  // Policies may look at the time.
  void with_begin(Result<std::vector<log::Event>> read) {
    if (!read) return asked_.refuse(read.error());
    if (!read->empty()) {
      begun_ms_ = read->front().accepted_ms();
      begun_tenant_at_ = read->front().tenant_policy_at;
    }
    read_changes(after_);
  }

  // ---- reading: what retention has dropped, or what is no change of the object, tells as much here

  using Take = void (AccessReport::*)(Result<std::vector<log::Event>>);

  void read(std::string_view object, log::Position after, Take take) {
    const auto& abandoned = asked_.sending.order.abandoned;
    if (abandoned != nullptr && abandoned->load())
      return asked_.refuse({ErrorCode::kUnavailable, "nobody waits for the answer"});
    asked_.sources.events.read_object(
        asked_.path.workspace, std::string(object), after, {.to = end_, .max_events = 512},
        [self = shared_from_this(), take](Result<std::vector<log::Event>> events) {
          (self.get()->*take)(std::move(events));
        });
  }

  void read_changes(log::Position after) {
    if (after >= end_) return read_deeds(after_);
    read(log::kPolicyObject, after, &AccessReport::take_changes);
  }

  void take_changes(Result<std::vector<log::Event>> events) {
    if (!events) return asked_.refuse(events.error());
    for (const log::Event& event : *events) {
      // A page ends before the next change.
      if (changes_.size() == kMostRuleChanges) {
        end_ = event.position - 1;
        return read_deeds(after_);
      }
      auto change = log::rule_change_in(event);
      if (!change) return asked_.refuse(change.error());
      if (*change) changes_.push_back({event.position, event.accepted_ms(), std::move(**change)});
    }
    read_changes(events->empty() ? end_ : events->back().position);
  }

  void read_deeds(log::Position after) {
    if (after >= end_) return load_tenant();
    read(asked_.path.object, after, &AccessReport::take_deeds);
  }

  void take_deeds(Result<std::vector<log::Event>> events) {
    if (!events) return asked_.refuse(events.error());
    for (const log::Event& event : *events) {
      type_ = event.type;
      deeds_.push_back({{event.principal, event.actor}, event.position, event.accepted_ms()});
      if (deeds_.size() < kMostObjectEvents) continue;
      end_ = event.position;
      return load_tenant();
    }
    read_deeds(events->empty() ? end_ : events->back().position);
  }

  // ---- the policies of the tenant: what they were when the page begins, and what became of them, by the time

  // An event says which of them judged it. Others came later.
  void load_tenant() {
    tenant_log_ = system_workspace_of(asked_.path.workspace);
    const log::Position at = begun_tenant_at_;
    if (at == 0) return read_tenant(0);
    state::replay_object(asked_.sources, tenant_log_, std::string(log::kPolicyObject), at,
                         [self = shared_from_this(), at](Result<state::ReplayedObject> replayed) {
                           if (!replayed) return self->asked_.refuse(replayed.error());
                           if (const auto* held = state::rules_of(*replayed->object))
                             self->tenant_ = *held;
                           self->read_tenant(at);
                         });
  }

  void read_tenant(log::Position after) {
    asked_.sources.events.read_object(
        tenant_log_, std::string(log::kPolicyObject), after, {.max_events = kMostTenantChanges + 1},
        [self = shared_from_this()](Result<std::vector<log::Event>> events) {
          self->take_tenant(std::move(events));
        });
  }

  void take_tenant(Result<std::vector<log::Event>> events) {
    if (!events) return asked_.refuse(events.error());
    if (events->empty()) return place_tenant(0);
    for (const log::Event& event : *events) {
      auto change = log::rule_change_in(event);
      if (!change) return asked_.refuse(change.error());
      if (*change)
        tenant_changes_.push_back({event.position, event.accepted_ms(), std::move(**change)});
    }
    if (tenant_changes_.size() > kMostTenantChanges)
      return asked_.refuse({ErrorCode::kTooLarge,
                            fmt::format("since then, the policies of the tenant have changed more "
                                        "than {} times: begin later",
                                        kMostTenantChanges)});
    read_tenant(events->back().position);
  }

  // Where in this log each of them was: after the last event that was accepted before it.
  void place_tenant(std::size_t index) {
    if (index == tenant_changes_.size()) return judge();
    state::resolve_moment(asked_.sources.events, asked_.sources.store.pins(), asked_.path.workspace,
                          state::Instant{tenant_changes_[index].unix_ms},
                          [self = shared_from_this(), index](Result<log::Position> position) {
                            if (!position) return self->asked_.refuse(position.error());
                            self->tenant_changes_[index].position = *position;
                            // What was later is none of the page.
                            if (*position > self->end_) {
                              self->tenant_changes_.resize(index);
                              return self->judge();
                            }
                            self->place_tenant(index + 1);
                          });
  }

  // ---- judging

  void judge() {
    policy::Reach reach(asked_.path.workspace, asked_.path.object, type_);
    name_people(reach);
    // A page has more than its beginning, so that the next one is another.
    std::size_t states = std::max<std::size_t>(2, kMostReachAsked / reach.people());
    std::size_t own = 0;
    std::size_t tenants = 0;
    log::Position at = after_;
    for (std::uint64_t unix_ms = begun_ms_;;) {
      for (; own < changes_.size() && changes_[own].position <= at; ++own)
        if (auto done = log::carry_out(held_, changes_[own].change); !done)
          return asked_.refuse(done.error());
      for (; tenants < tenant_changes_.size() && tenant_changes_[tenants].position <= at; ++tenants)
        if (auto done = log::carry_out(tenant_, tenant_changes_[tenants].change); !done)
          return asked_.refuse(done.error());
      reach.rules(held_, compiled_tenant(tenants), at, unix_ms);
      const RulesFrom* next = own < changes_.size() ? &changes_[own] : nullptr;
      if (tenants < tenant_changes_.size() &&
          (next == nullptr || tenant_changes_[tenants].position < next->position))
        next = &tenant_changes_[tenants];
      if (next == nullptr || next->position > end_) break;
      if (--states == 0) {
        end_ = next->position - 1;
        break;
      }
      at = next->position;
      unix_ms = next->unix_ms;
    }
    spans_ = reach.finish(end_);
    read_end();
  }

  // After the first of its changes in this page.
  policy::RulesAt compiled_tenant(std::size_t changes) {
    if (changes == compiled_changes_) return compiled_tenant_;
    compiled_changes_ = changes;
    compiled_tenant_ = {policy::RuleSet::make(tenant_log_, tenant_.policies, {}), 1};
    return compiled_tenant_;
  }

  // Whom the rules of the page mention at any time, and who changed the object.
  void name_people(policy::Reach& reach) const {
    policy::Mentioned mentioned;
    policy::add_mentioned(held_, mentioned);
    policy::add_mentioned(tenant_, mentioned);
    for (const auto* changes : {&changes_, &tenant_changes_})
      for (const RulesFrom& each : *changes) {
        log::HeldRules alone;
        // Only what is set mentions somebody.
        if (log::carry_out(alone, each.change)) policy::add_mentioned(alone, mentioned);
      }
    reach.add(mentioned);
    for (const Deed& each : deeds_) reach.add_principal(each.maker.principal);
  }

  // ---- the audit log: refusals, and who got the whole workspace

  // The first page tells of it, to whoever may read it. It has times, and no positions of this log.
  void read_end() {
    if (after_ != from_ || !asked_.caller.rights.has(Right::kAudit)) return tell();
    asked_.sources.events.read(asked_.path.workspace, to_, {.max_events = 1},
                               [self = shared_from_this()](Result<std::vector<log::Event>> read) {
                                 if (!read) return self->asked_.refuse(read.error());
                                 if (!read->empty()) self->ended_ms_ = read->front().accepted_ms();
                                 self->find_audit();
                               });
  }

  void find_audit() {
    audited_ = true;
    AuditSearch search{
        .log = tenant_log_,
        .from_ms = from_ == 0 ? 0 : begun_ms_,
        .to_ms = ended_ms_,
        .wanted = [name = asked_.path.name,
                   object = asked_.path.object](const log::AuditEntry& entry) {
          return entry.workspace == name &&
                 (entry.kind == log::AuditEntry::Kind::kExport || entry.object == object);
        }};
    find_audit_entries(asked_.sources, std::move(search),
                       [self = shared_from_this()](Result<AuditFound> found) {
                         if (!found) return self->asked_.refuse(found.error());
                         self->audit_cut_ = found->cut;
                         for (const FoundEntry& each : found->entries)
                           self->audit_.push_back(audit_json(each.position, each.entry));
                         self->tell();
                       });
  }

  // ---- answering

  void tell() {
    std::vector<Maker> makers;
    for (const Deed& each : deeds_) {
      if (each.position > end_) break;
      Deeds& of = done_[each.maker.principal];
      if (of.changes++ == 0) of.first = each.position, of.first_ms = each.unix_ms;
      of.maker = each.maker;
      of.last = each.position;
      of.last_ms = each.unix_ms;
    }
    for (const auto& [principal, deeds] : done_) makers.push_back(deeds.maker);
    const NamesOf where = names_of(asked_);
    look_up(where, std::move(makers), {},
            [self = shared_from_this()](const Names& names) { self->answer(names); });
  }

  // What begins with the last event of the report is told, too: that is what holds now.
  void answer(const Names& names) {
    std::string could;
    for (const policy::ReachSpan& span : spans_)
      if (span.from < span.to || span.to == to_)
        could += (could.empty() ? "" : ",") + span_json(span);
    std::string did;
    for (const auto& [principal, deeds] : done_)
      did += (did.empty() ? "" : ",") + deeds_json(deeds, names);
    std::string audit;
    for (const std::string& each : audit_) audit += (audit.empty() ? "" : ",") + each;
    asked_.answer(http::json_response(
        200,
        fmt::format(
            R"({{"object":{},"from":{},"to":{},"could":[{}],"did":[{}],"audit":{},"audit_cut":{},"next":{}}})",
            json_string(asked_.path.object), from_, to_, could, did,
            audited_ ? "[" + audit + "]" : "null", audit_cut_,
            end_ < to_ ? std::to_string(end_) : "null") +
            "\n"));
  }

  Inquiry asked_;
  const log::Position from_;
  const log::Position after_;
  const log::Position to_;
  log::Position end_;  // of the page
  MemoryCharge charge_ = {};
  std::uint64_t begun_ms_ = 0;         // when the page begins
  log::Position begun_tenant_at_ = 0;  // and which rules of the tenant judged then
  log::HeldRules held_;                // at the position that was judged last
  std::vector<RulesFrom> changes_;
  std::string tenant_log_;
  log::HeldRules tenant_;  // at the position that was judged last
  std::vector<RulesFrom> tenant_changes_;
  std::size_t compiled_changes_ = std::numeric_limits<std::size_t>::max();
  policy::RulesAt compiled_tenant_;
  std::vector<Deed> deeds_;
  std::string type_;
  std::vector<policy::ReachSpan> spans_;
  // Of the first page.
  bool audited_ = false;
  std::uint64_t ended_ms_ =
      std::numeric_limits<std::uint64_t>::max() / 2;  // when what follows `to_` began
  bool audit_cut_ = false;                            // there may be more
  std::vector<std::string> audit_;
  std::map<std::string, Deeds> done_;
};

void report_access(Inquiry inquiry) {
  const auto after = number(inquiry.request, "after", 0);
  if (!after) return inquiry.refuse(after.error());
  between_moments(std::move(inquiry), [after = *after](log::Position from, log::Position to,
                                                       Inquiry asked) {
    if (from > to) return asked.refuse({ErrorCode::kInvalid, "`from` is after `to`"});
    std::make_shared<AccessReport>(std::move(asked), from, std::min(std::max(from, after), to), to)
        ->begin();
  });
}

constexpr Route kAccessRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/access/{object}", Right::kSeePolicy, report_access},
};

}  // namespace

std::span<const Route> access_routes() {
  return kAccessRoutes;
}

}  // namespace syncline::api
