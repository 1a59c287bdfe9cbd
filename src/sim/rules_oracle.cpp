#include "sim/rules_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

#include "base/qualified_name.h"
#include "log/rules.h"
#include "log/session_record.h"
#include "sim/invariants.h"
#include "sim/stored_log.h"
#include "syncline/crdt/types.h"

namespace syncline::sim {

// What oracles compare of a document. All of it is text.
struct WardShape {
  std::string content;
  std::string formats;
  std::string comments;
  std::optional<std::string> title;
  bool budget = false;
  std::string made;  // different in each map that ever was the budget
  std::optional<std::string> travel;
};

namespace {

constexpr std::string_view kMarks[] = {"taint-", "shows-", "says-"};

std::optional<std::string> text_in_map(const crdt::Map& map, std::string_view key) {
  const auto value = map.get(key);
  const auto* any = value ? std::get_if<crdt::Any>(&*value) : nullptr;
  return any == nullptr ? std::nullopt : std::optional(crdt::to_json(*any));
}

std::string formats_of(const crdt::Text& text) {
  std::string all;
  for (const crdt::DeltaOp& op : text.to_delta()) {
    all += fmt::format("{} ", op.text.size());
    for (const auto& [name, value] : op.attributes)
      all += fmt::format("{}={} ", name, crdt::to_json(value));
  }
  return all;
}

WardShape shape_of(crdt::Doc& doc) {
  WardShape shape;
  shape.content = doc.text("content").to_string();
  shape.formats = formats_of(doc.text("content"));
  shape.comments = doc.text("comments").to_string();
  const crdt::Map plan = doc.map("plan");
  shape.title = text_in_map(plan, "title");
  const auto budget = plan.get("budget");
  const auto* type = budget ? std::get_if<crdt::Type>(&*budget) : nullptr;
  if (type == nullptr) return shape;
  const auto map = crdt::as<crdt::Map>(*type);
  shape.budget = true;
  shape.made = text_in_map(map, "made").value_or("");
  shape.travel = text_in_map(map, "travel");
  return shape;
}

// Whether all of `part` is in `whole`, in that order.
bool is_part(std::string_view part, std::string_view whole) {
  std::size_t next = 0;
  for (const char c : whole)
    if (next < part.size() && part[next] == c) ++next;
  return next == part.size();
}

// What somebody must have been allowed who made the second out of the first, at least.
// A member makes a new map for a new budget; a restore may give the one that is there its old keys.
std::vector<Need> needs_between(const WardShape& before, const WardShape& after,
                                const std::string& object, bool restores) {
  std::vector<Need> needs;
  const auto need = [&](Acts acts, std::string path) {
    needs.push_back({.needed = acts, .spot = {object, std::move(path)}});
  };
  const auto need_text = [&](const std::string& was, const std::string& is, std::string path) {
    if (!is_part(is, was)) need(kMayInsert, path);
    if (!is_part(was, is)) need(kMayDelete, path);
  };
  const auto need_key = [&](const auto& was, const auto& is, std::string path) {
    if (was != is) need(is ? kMaySet : kMaySet | kMayDelete, std::move(path));
  };
  need_text(before.content, after.content, "/content/*");
  need_text(before.comments, after.comments, "/comments/*");
  if (before.content == after.content && before.formats != after.formats)
    need(kMayFormat, "/content/*");
  need_key(before.title, after.title, "/plan/title");
  const Spot budget{object, "/plan/budget"};
  const bool renewed = after.budget && before.made != after.made;
  if (renewed && restores && before.budget) need(kMaySet, "/plan/budget/made");
  if (renewed && !(restores && before.budget))
    needs.push_back({.needed = kMaySet, .spot = budget, .below = true, .touched = kMayWrite});
  else if (before.budget && !after.budget)
    needs.push_back({.needed = kMaySet | kMayDelete,
                     .spot = budget,
                     .below = true,
                     .touched = kMaySet | kMayDelete});
  else
    need_key(before.travel, after.travel, "/plan/budget/travel");
  return needs;
}

std::string described_need(const Need& need) {
  return fmt::format("{} at {}{}{}", names_of(need.needed), need.spot.object, need.spot.path,
                     need.below ? " and below" : "");
}

}  // namespace

// ---- marks

std::string mark_text(MarkKind kind, std::uint64_t number) {
  return fmt::format("{}{}-", kMarks[static_cast<std::size_t>(kind)], number);
}

void find_marks(std::string_view bytes,
                const std::function<void(MarkKind kind, std::uint64_t number)>& found) {
  for (std::size_t kind = 0; kind < std::size(kMarks); ++kind) {
    const std::string_view mark = kMarks[kind];
    for (auto at = bytes.find(mark); at != bytes.npos; at = bytes.find(mark, at + 1)) {
      const std::string_view rest = bytes.substr(at + mark.size());
      std::uint64_t number = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
      // A mark that was cut in two by a deletion belongs to nobody.
      if (error == std::errc() && end != rest.data() + rest.size() && *end == '-')
        found(static_cast<MarkKind>(kind), number);
    }
  }
}

bool holds_mark(std::string_view bytes) {
  bool any = false;
  find_marks(bytes, [&any](MarkKind, std::uint64_t) { any = true; });
  return any;
}

void make_roots(crdt::Doc& doc) {
  doc.text("content");
  doc.text("comments");
  doc.map("plan");
}

struct RulesOracle::Replica {
  crdt::Doc doc{{.client_id = 1, .clean_formats = false}};
  WardShape shape;
};

// ---- what is told

RulesOracle::RulesOracle(World& world, std::vector<std::string> workspaces, std::string tenant_log,
                         std::vector<Person> people, std::string administrator)
    : world_(world),
      tenant_log_(std::move(tenant_log)),
      people_(std::make_move_iterator(people.begin()), std::make_move_iterator(people.end())),
      administrator_(std::move(administrator)) {
  for (std::string& each : workspaces) wards_.push_back({.name = std::move(each)});
}

RulesOracle::~RulesOracle() = default;

std::size_t RulesOracle::add_person(Person person) {
  people_.push_back(std::move(person));
  return people_.size() - 1;
}

void RulesOracle::means(std::string text, std::vector<Statement> statements) {
  meanings_.insert_or_assign(std::move(text), std::move(statements));
}

std::uint64_t RulesOracle::draw_mark(std::size_t person, std::size_t ward, std::string_view object,
                                     const RuleSpan& now) {
  made_.push_back({.person = person,
                   .ward = ward,
                   .object = std::string(object),
                   .end = now.own.from,
                   .tenant = now.tenant.from});
  return made_.size() - 1;
}

void RulesOracle::shown(std::size_t person, std::size_t ward, MarkKind kind, std::uint64_t number,
                        const RuleSpan& span) {
  if (number < made_.size()) shown_.push_back({person, ward, kind, number, span});
}

bool RulesOracle::take(const log::Event& event, AccessModel& model) const {
  const auto change = log::rule_change_in(event);
  if (!change || !*change) return false;
  const log::RuleAct& act = (*change)->act;
  if (const auto* set = std::get_if<log::SetPolicy>(&act)) {
    const auto meaning = meanings_.find(set->text);
    if (meaning == meanings_.end()) return false;
    model.set_policy(set->name, meaning->second);
  } else if (const auto* remove = std::get_if<log::RemovePolicy>(&act)) {
    model.remove_policy(remove->name);
  } else if (const auto* share = std::get_if<log::Share>(&act)) {
    model.share({share->resource, to_string(share->to)}, name_of(share->role));
  } else if (const auto* unshare = std::get_if<log::Unshare>(&act)) {
    model.unshare({unshare->resource, to_string(unshare->to)});
  }
  return true;
}

// ---- judging

void RulesOracle::broken(std::string what) const {
  world_.violated(kRules, std::move(what));
}

std::size_t RulesOracle::find_person(std::string_view name) const {
  const auto found = std::ranges::find(people_, name, &Person::name);
  return found == people_.end() ? kNobody : static_cast<std::size_t>(found - people_.begin());
}

bool RulesOracle::holds(const AccessModel& model, const Person& person,
                        const std::vector<Need>& needs) const {
  return std::ranges::all_of(needs, [&](const Need& need) {
    if (need.below) return model.allows_below(person, need.needed, need.touched, need.spot);
    for (Acts act = 1; act <= kMayAll; act *= 2)
      if ((need.needed & act) != 0 && !model.allows(person, act, need.spot)) return false;
    return true;
  });
}

void RulesOracle::check_tenant(const store::Tables& tables) {
  tenant_.clear();
  tenant_.push_back({0, AccessModel()});
  if (tenant_log_.empty()) return;
  const auto events = read_log(tables, tenant_log_);
  if (!events) return;  // another oracle reports this
  for (const log::Event& event : *events) {
    if (event.object != log::kPolicyObject) continue;
    Version next{event.position, tenant_.back().model};
    if (!take(event, next.model) || event.principal != administrator_)
      return broken(
          fmt::format("event {} of the tenant is a rule that nobody has written, or is of {}",
                      event.position, event.principal));
    tenant_.push_back(std::move(next));
  }
}

void RulesOracle::check_rule(Ward& ward, const log::Event& event) {
  Version next{event.position, ward.versions.back().model};
  if (!take(event, next.model))
    return broken(fmt::format("event {} holds a rule that nobody has written", event.position));
  const auto tenant = tenant_version_of(event, 0);
  if (!tenant)
    return broken(fmt::format("event {} names rules of the tenant at {}", event.position,
                              event.tenant_policy_at));
  const std::size_t author = find_person(event.principal);
  const auto change = log::rule_change_in(event);
  const auto resource = [&]() -> std::optional<std::string> {
    if (const auto* share = std::get_if<log::Share>(&(*change)->act)) return share->resource;
    if (const auto* unshare = std::get_if<log::Unshare>(&(*change)->act)) return unshare->resource;
    return std::nullopt;
  }();
  const bool may = event.principal == administrator_ ||
                   (author != kNobody && resource &&
                    model_of(ward, ward.versions.size() - 1, *tenant)
                        .allows(people_[author], kMayShare, {*resource, {}}));
  if (!may)
    return broken(fmt::format("event {}: {} has changed rules, and may not", event.position,
                              event.principal));
  ward.versions.push_back(std::move(next));
}

void RulesOracle::check_event(Ward& ward, const log::Event& event) {
  log::Position known = 0;
  find_marks(as_text(event.intent), [&](MarkKind, std::uint64_t number) {
    if (number >= made_.size()) return;
    if (made_[number].position == 0) made_[number].position = event.position;
    known = std::max(known, made_[number].tenant);
  });
  auto& place = ward.replicas[event.object];
  if (place == nullptr) place = std::make_shared<Replica>();
  Replica& replica = *place;
  const WardShape before = std::exchange(replica.shape, {});
  if (auto applied = replica.doc.apply_update(event.intent); !applied)
    return broken(
        fmt::format("event {} cannot be applied: {}", event.position, applied.error().message));
  replica.shape = shape_of(replica.doc);
  const Version& version = ward.versions.back();
  const log::Position judged_by = version.model.empty() ? 0 : version.since;
  if (event.policy_at != judged_by)
    return broken(fmt::format("event {} says that the rules of {} judged it, and those of {} held",
                              event.position, event.policy_at, judged_by));
  const auto tenant = tenant_version_of(event, known);
  if (!tenant)
    return broken(
        fmt::format("event {} says that the rules of the tenant of {} judged it, and "
                    "those of {} were confirmed before",
                    event.position, event.tenant_policy_at, known));
  const std::size_t author = find_person(event.principal);
  if (author == kNobody) return broken(fmt::format("event {} is of nobody", event.position));
  check_session(ward, event, people_[author], judged_by > 0 || event.tenant_policy_at > 0);
  const bool restores = event.actor.starts_with("restore of ");
  std::vector<Need> needs = needs_between(before, replica.shape, event.object, restores);
  if (restores) needs.push_back({.needed = kMayRestore | kMayHistory, .spot = {event.object, {}}});
  const AccessModel& model = model_of(ward, ward.versions.size() - 1, *tenant);
  for (const Need& need : needs)
    if (!holds(model, people_[author], {need}))
      return broken(fmt::format(
          "event {} of {}, by {} of {} ({}): the rules since {}, and of the tenant since {}, "
          "forbid {}",
          event.position, event.object, event.principal, fmt::join(people_[author].groups, ", "),
          event.actor, version.since, event.tenant_policy_at, described_need(need)));
}

// Whom rules have judged is recorded, with what his token says. Of the author of a change that waited for longer than the
// process ran, nobody knows that any more.
void RulesOracle::check_session(const Ward& ward, const log::Event& event, const Person& author,
                                bool judged) {
  if (!judged && event.session_at == 0) return;
  const auto found = ward.sessions.find(event.session_at);
  if (!judged || found == ward.sessions.end() || found->second.principal != author.name)
    return broken(fmt::format("event {} of {} names a session record at {}, which is not his",
                              event.position, author.name, event.session_at));
  const auto record = log::session_in(found->second);
  const bool forgotten = record && *record && (*record)->source == "shared";
  if (!record || !*record || (!forgotten && (*record)->groups != author.groups))
    broken(fmt::format("the session record at {} does not say what the token of {} says",
                       event.session_at, author.name));
}

std::size_t RulesOracle::version_at(const Versions& versions, log::Position position) {
  const auto after = std::ranges::upper_bound(versions, position, {}, &Version::since);
  return static_cast<std::size_t>(after - versions.begin()) - 1;
}

std::optional<std::size_t> RulesOracle::tenant_version_of(const log::Event& event,
                                                          log::Position known) const {
  for (std::size_t i = version_at(tenant_, known); i < tenant_.size(); ++i)
    if (event.tenant_policy_at == (tenant_[i].model.empty() ? 0 : tenant_[i].since)) return i;
  return std::nullopt;
}

const AccessModel& RulesOracle::model_of(Ward& ward, std::size_t own, std::size_t tenant) {
  const auto found = ward.models.find({own, tenant});
  if (found != ward.models.end()) return found->second;
  return ward.models
      .emplace(Pair{own, tenant}, ward.versions[own].model.with(tenant_[tenant].model))
      .first->second;
}

void RulesOracle::each_model(Ward& ward, const RuleSpan& span,
                             const std::function<bool(const AccessModel&)>& use) {
  const std::size_t last_own = version_at(ward.versions, span.own.to);
  const std::size_t last_tenant = version_at(tenant_, span.tenant.to);
  for (std::size_t own = version_at(ward.versions, span.own.from); own <= last_own; ++own)
    for (std::size_t of = version_at(tenant_, span.tenant.from); of <= last_tenant; ++of)
      if (!use(model_of(ward, own, of))) return;
}

bool RulesOracle::ever(std::size_t person, Acts act, std::size_t ward, const std::string& object,
                       const RuleSpan& span) {
  Ward& of = wards_[ward];
  const std::size_t last_own = version_at(of.versions, span.own.to);
  const std::size_t last_tenant = version_at(tenant_, span.tenant.to);
  for (std::size_t own = version_at(of.versions, span.own.from); own <= last_own; ++own)
    for (std::size_t tenant = version_at(tenant_, span.tenant.from); tenant <= last_tenant;
         ++tenant) {
      const auto [known, is_new] =
          known_.try_emplace({person, act, ward, object, Pair{own, tenant}}, false);
      if (is_new)
        known->second = model_of(of, own, tenant).allows(people_[person], act, {object, {}});
      if (known->second) return true;
    }
  return false;
}

void RulesOracle::check_asked(const Asked& asked) {
  const Person& person = people_[asked.person];
  bool never = true;
  bool always = true;
  each_model(wards_[asked.ward], asked.span, [&](const AccessModel& model) {
    never = never && !holds(model, person, asked.needs);
    always = always && holds(model, person, asked.surely);
    return never || always;
  });
  if (never) world_.hit(Probe::rules_refused);
  if (always) world_.hit(Probe::rules_allowed);
  const auto when = [&] {
    return fmt::format("between {} and {}, and {} and {} of the tenant", asked.span.own.from,
                       asked.span.own.to, asked.span.tenant.from, asked.span.tenant.to);
  };
  if (asked.granted && never)
    broken(fmt::format("{}: {}, {}, and may not", person.name, asked.what, when()));
  if (asked.refused && always)
    broken(fmt::format("{} is refused: {}, {}, and may", person.name, asked.what, when()));
}

void RulesOracle::check_shown(const Shown& shown) {
  const Made& made = made_[shown.number];
  const bool written = shown.kind == MarkKind::kTaint;
  const std::string mark = mark_text(shown.kind, shown.number);
  if (made.ward != shown.ward)
    return broken(
        fmt::format("{} was shown {} of another workspace", people_[shown.person].name, mark));
  if (written && made.position == 0)
    return broken(
        fmt::format("{} was shown {}, which is not in the log", people_[shown.person].name, mark));
  RuleSpan span = shown.span;
  span.own.from = std::max(span.own.from, written ? made.position : made.end);
  span.tenant.from = std::max(span.tenant.from, made.tenant);
  if (!ever(shown.person, kMayRead, made.ward, made.object, span))
    return broken(fmt::format("{} was shown {} of {} between {} and {}, and may not read that",
                              people_[shown.person].name, mark, made.object, span.own.from,
                              span.own.to));
  const RuleSpan since{{made.end, span.own.to}, {made.tenant, span.tenant.to}};
  if (!written && !ever(made.person, kMayPresence, made.ward, made.object, since))
    broken(fmt::format("{} of {} was shown in {} between {} and {}, and he may not show himself",
                       mark, people_[made.person].name, made.object, made.end, span.own.to));
}

void RulesOracle::check_ward(const store::Tables& tables, std::size_t ward) {
  Ward& of = wards_[ward];
  of = Ward{.name = of.name};
  of.versions.push_back({0, AccessModel(std::string(split_name(of.name).workspace))});
  const auto events = read_log(tables, of.name);
  if (!events) return;  // another oracle reports this
  for (const log::Event& event : *events) {
    if (event.object == log::kPolicyObject)
      check_rule(of, event);
    else if (event.object == log::kSessionsObject)
      of.sessions.emplace(event.position, event);
    else if (!log::is_system_object(event.object))
      check_event(of, event);
    if (world_.violation) return;
  }
}

void RulesOracle::check(const store::Tables& tables) {
  check_tenant(tables);
  for (std::size_t i = 0; i < wards_.size() && !world_.violation; ++i) check_ward(tables, i);
  if (world_.violation) return;
  for (const std::uint64_t mark : saved_)
    if (made_[mark].position == 0)
      return broken(fmt::format("{} of {} was saved, and is not in the log",
                                mark_text(MarkKind::kTaint, mark),
                                people_[made_[mark].person].name));
  for (const Asked& each : asked_) check_asked(each);
  for (const Shown& each : shown_) check_shown(each);
}

}  // namespace syncline::sim
