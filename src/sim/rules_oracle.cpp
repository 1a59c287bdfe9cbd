#include "sim/rules_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

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

// ---- what is told

void RulesOracle::means(std::string text, std::vector<Statement> statements) {
  meanings_.insert_or_assign(std::move(text), std::move(statements));
}

std::uint64_t RulesOracle::draw_mark(std::size_t person, std::string_view object,
                                     log::Position end) {
  made_.push_back({.person = person, .object = std::string(object), .end = end});
  return made_.size() - 1;
}

void RulesOracle::shown(std::size_t person, MarkKind kind, std::uint64_t number, LogSpan span) {
  if (number < made_.size()) shown_.push_back({person, kind, number, span});
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

struct RulesOracle::Replica {
  crdt::Doc doc{{.client_id = 1, .clean_formats = false}};
  WardShape shape;
};

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

void RulesOracle::check_rule(const log::Event& event) {
  Version next{event.position, versions_.back().model};
  if (!take(event, next.model))
    return broken(fmt::format("event {} holds a rule that nobody has written", event.position));
  const std::size_t author = find_person(event.principal);
  const auto change = log::rule_change_in(event);
  const auto resource = [&]() -> std::optional<std::string> {
    if (const auto* share = std::get_if<log::Share>(&(*change)->act)) return share->resource;
    if (const auto* unshare = std::get_if<log::Unshare>(&(*change)->act)) return unshare->resource;
    return std::nullopt;
  }();
  const bool may = event.principal == administrator_ ||
                   (author != kNobody && resource &&
                    versions_.back().model.allows(people_[author], kMayShare, {*resource, {}}));
  if (!may)
    return broken(fmt::format("event {}: {} has changed rules, and may not", event.position,
                              event.principal));
  versions_.push_back(std::move(next));
}

void RulesOracle::check_event(const log::Event& event, Replica& replica) {
  find_marks(as_text(event.intent), [&](MarkKind, std::uint64_t number) {
    if (number < made_.size() && made_[number].position == 0)
      made_[number].position = event.position;
  });
  const WardShape before = std::exchange(replica.shape, {});
  if (auto applied = replica.doc.apply_update(event.intent); !applied)
    return broken(
        fmt::format("event {} cannot be applied: {}", event.position, applied.error().message));
  replica.shape = shape_of(replica.doc);
  const Version& version = versions_.back();
  const log::Position judged_by = version.model.empty() ? 0 : version.since;
  if (event.policy_at != judged_by)
    return broken(fmt::format("event {} says that the rules of {} judged it, and those of {} held",
                              event.position, event.policy_at, judged_by));
  const std::size_t author = find_person(event.principal);
  if (author == kNobody) return broken(fmt::format("event {} is of nobody", event.position));
  check_session(event, people_[author], judged_by > 0);
  const bool restores = event.actor.starts_with("restore of ");
  std::vector<Need> needs = needs_between(before, replica.shape, event.object, restores);
  if (restores) needs.push_back({.needed = kMayRestore | kMayHistory, .spot = {event.object, {}}});
  for (const Need& need : needs)
    if (!holds(version.model, people_[author], {need}))
      return broken(fmt::format("event {} of {}, by {} ({}): the rules since {} forbid {}",
                                event.position, event.object, event.principal, event.actor,
                                version.since, described_need(need)));
}

// Whom rules have judged is recorded, with what his token says. Of the author of a change that waited for longer than the
// process ran, nobody knows that any more.
void RulesOracle::check_session(const log::Event& event, const Person& author, bool judged) {
  if (!judged && event.session_at == 0) return;
  const auto found = sessions_.find(event.session_at);
  if (!judged || found == sessions_.end() || found->second.principal != author.name)
    return broken(fmt::format("event {} of {} names a session record at {}, which is not his",
                              event.position, author.name, event.session_at));
  const auto record = log::session_in(found->second);
  const bool forgotten = record && *record && (*record)->source == "shared";
  if (!record || !*record || (!forgotten && (*record)->groups != author.groups))
    broken(fmt::format("the session record at {} does not say what the token of {} says",
                       event.session_at, author.name));
}

std::size_t RulesOracle::version_at(log::Position position) const {
  const auto after = std::ranges::upper_bound(versions_, position, {}, &Version::since);
  return static_cast<std::size_t>(after - versions_.begin()) - 1;
}

bool RulesOracle::ever(std::size_t person, Acts act, const std::string& object, LogSpan span) {
  std::vector<bool>& known = known_[{person, act, object}];
  if (known.empty())
    for (const Version& each : versions_)
      known.push_back(each.model.allows(people_[person], act, {object, {}}));
  const std::size_t last = version_at(span.to);
  for (std::size_t i = version_at(span.from); i <= last; ++i)
    if (known[i]) return true;
  return false;
}

void RulesOracle::check_asked(const Asked& asked) {
  const Person& person = people_[asked.person];
  const std::size_t last = version_at(asked.span.to);
  bool never = true;
  bool always = true;
  for (std::size_t i = version_at(asked.span.from); i <= last; ++i) {
    never = never && !holds(versions_[i].model, person, asked.needs);
    always = always && holds(versions_[i].model, person, asked.surely);
  }
  if (never) world_.hit(Probe::rules_refused);
  if (always) world_.hit(Probe::rules_allowed);
  if (asked.granted && never)
    broken(fmt::format("{}: {}, between {} and {}, and may not", person.name, asked.what,
                       asked.span.from, asked.span.to));
  if (asked.refused && always)
    broken(fmt::format("{} is refused: {}, between {} and {}, and may", person.name, asked.what,
                       asked.span.from, asked.span.to));
}

void RulesOracle::check_shown(const Shown& shown) {
  const Made& made = made_[shown.number];
  const bool written = shown.kind == MarkKind::kTaint;
  if (written && made.position == 0)
    return broken(fmt::format("{} was shown {}, which is not in the log",
                              people_[shown.person].name, mark_text(shown.kind, shown.number)));
  LogSpan span = shown.span;
  span.from = std::max(span.from, written ? made.position : made.end);
  if (!ever(shown.person, kMayRead, made.object, span))
    return broken(fmt::format("{} was shown {} of {} between {} and {}, and may not read that",
                              people_[shown.person].name, mark_text(shown.kind, shown.number),
                              made.object, span.from, span.to));
  if (!written && !ever(made.person, kMayPresence, made.object, {made.end, span.to}))
    broken(fmt::format("{} of {} was shown in {} between {} and {}, and he may not show himself",
                       mark_text(shown.kind, shown.number), people_[made.person].name, made.object,
                       made.end, span.to));
}

void RulesOracle::check(const store::Tables& tables) {
  const auto events = read_log(tables, workspace_);
  if (!events) return;  // another oracle reports this
  versions_.assign(1, {});
  sessions_.clear();
  std::map<std::string, Replica> replicas;
  for (const log::Event& event : *events) {
    if (event.object == log::kPolicyObject)
      check_rule(event);
    else if (event.object == log::kSessionsObject)
      sessions_.emplace(event.position, event);
    else if (!log::is_system_object(event.object))
      check_event(event, replicas[event.object]);
    if (world_.violation) return;
  }
  for (const std::uint64_t mark : saved_)
    if (made_[mark].position == 0)
      return broken(fmt::format("{} of {} was saved, and is not in the log",
                                mark_text(MarkKind::kTaint, mark),
                                people_[made_[mark].person].name));
  for (const Asked& each : asked_) check_asked(each);
  for (const Shown& each : shown_) check_shown(each);
}

}  // namespace syncline::sim
