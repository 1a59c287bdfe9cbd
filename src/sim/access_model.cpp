#include "sim/access_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace syncline::sim {
namespace {

struct ActName {
  Acts act;
  std::string_view name;
};

constexpr ActName kActNames[] = {
    {kMayRead, "read"},     {kMayHistory, "history"}, {kMayPresence, "presence"},
    {kMayExport, "export"}, {kMayInsert, "insert"},   {kMayDelete, "delete"},
    {kMayFormat, "format"}, {kMaySet, "set"},         {kMayRestore, "restore"},
    {kMayShare, "share"},   {kMayPin, "pin"},
};

std::string entity_of(std::string_view of, std::string_view workspace = {}) {
  if (of.empty()) return fmt::format("Workspace::\"{}\"", workspace);
  return fmt::format("{}::\"{}\"", of.ends_with('/') ? "Folder" : "Object", of);
}

std::string scope_of_principal(std::string_view to) {
  if (to.starts_with("principal:")) return fmt::format(" == Principal::\"{}\"", to.substr(10));
  if (to.starts_with("group:")) return fmt::format(" in Group::\"{}\"", to.substr(6));
  return {};
}

std::string scope_of_action(Acts acts) {
  if (acts == kMayAll) return {};
  std::string names;
  for (const ActName& each : kActNames)
    if ((acts & each.act) != 0)
      names += fmt::format("{}Action::\"{}\"", names.empty() ? "" : ", ", each.name);
  return fmt::format(" in [{}]", names);
}

std::string scope_of_resource(const Statement& statement) {
  if (!statement.path.empty()) return fmt::format(" in Path::\"{}\"", statement.path);
  if (statement.of.empty() && statement.workspace.empty()) return {};
  return " in " + entity_of(statement.of, statement.workspace);
}

bool has_group(const Person& person, std::string_view group) {
  return std::ranges::find(person.groups, group) != person.groups.end();
}

bool is_for(const Statement& statement, const Person& person) {
  if (!statement.unless.empty() && has_group(person, statement.unless)) return false;
  const std::string_view to = statement.to;
  if (to.starts_with("principal:")) return to.substr(10) == person.name;
  if (to.starts_with("group:")) return has_group(person, to.substr(6));
  return true;
}

bool is_within(std::string_view object, std::string_view of) {
  if (of.empty()) return true;
  return of.ends_with('/') ? object.starts_with(of) : object == of;
}

bool is_at_or_below(std::string_view path, std::string_view above) {
  return path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/');
}

bool covers(const Statement& statement, const Spot& spot) {
  if (statement.path.empty()) return true;
  return !spot.path.empty() && is_at_or_below(spot.path, statement.path);
}

bool overlaps(const Statement& statement, const Spot& spot) {
  return covers(statement, spot) || is_at_or_below(statement.path, spot.path);
}

constexpr Acts kActsOfWriters = kMayWrite | kMayRestore | kMayShare | kMayPin;

}  // namespace

std::string names_of(Acts acts) {
  std::string names;
  for (const ActName& each : kActNames)
    if ((acts & each.act) != 0) names += fmt::format("{}{}", names.empty() ? "" : ", ", each.name);
  return names;
}

std::string cedar_text(const std::vector<Statement>& statements) {
  std::string text;
  for (const Statement& each : statements) {
    text += fmt::format("{}{} (principal{}, action{}, resource{})", each.audits ? "@audit " : "",
                        each.forbids ? "forbid" : "permit", scope_of_principal(each.to),
                        scope_of_action(each.acts), scope_of_resource(each));
    if (!each.path.empty() && !each.of.empty())
      text += fmt::format(" when {{ resource in {} }}", entity_of(each.of));
    if (!each.workspace.empty() && !(each.of.empty() && each.path.empty()))
      text += fmt::format(" when {{ resource in {} }}", entity_of({}, each.workspace));
    if (each.looks_around) text += " when { context.size < 1000000 }";
    if (!each.unless.empty())
      text += fmt::format(" unless {{ principal in Group::\"{}\" }}", each.unless);
    text += ";\n";
  }
  return text;
}

std::vector<Statement> statements_of_share(std::string_view of, std::string_view to,
                                           std::string_view role) {
  Statement shared{.to = std::string(to), .of = std::string(of)};
  if (role == "owner") return {shared};
  shared.acts = kMayLook;
  if (role == "editor") shared.acts |= kMayWrite | kMayRestore | kMayPin;
  if (role != "annotator") return {shared};
  Statement comments = shared;
  comments.acts = kMayWrite;
  comments.path = "/comments";
  shared.acts |= kMayFormat;
  return {shared, comments};
}

void AccessModel::set_policy(std::string name, std::vector<Statement> statements) {
  policies_.insert_or_assign(std::move(name), std::move(statements));
  gather();
}

void AccessModel::remove_policy(const std::string& name) {
  policies_.erase(name);
  gather();
}

void AccessModel::share(Of of, std::string_view role) {
  std::vector<Statement> says = statements_of_share(of.first, of.second, role);
  shares_.insert_or_assign(std::move(of), std::move(says));
  gather();
}

void AccessModel::unshare(const Of& of) {
  shares_.erase(of);
  gather();
}

void AccessModel::gather() {
  all_.clear();
  audits_.clear();
  for (const auto& [name, says] : policies_)
    for (const Statement& each : says) (each.audits ? audits_ : all_).push_back(each);
  for (const auto& [of, says] : shares_) all_.insert(all_.end(), says.begin(), says.end());
}

AccessModel AccessModel::with(const AccessModel& tenant) const {
  AccessModel both = *this;
  for (const auto& [name, says] : tenant.policies_)
    both.policies_.insert_or_assign("of the tenant: " + name, says);
  both.gather();
  return both;
}

bool AccessModel::opens(const Person& person, std::string_view object) const {
  if (person.link_to.empty()) return true;
  const std::string to = "principal:" + person.name;
  return object == person.link_to &&
         std::ranges::any_of(shares_, [&](const auto& share) { return share.first.second == to; });
}

bool AccessModel::is_about(const Statement& statement, const Person& person, Acts act,
                           const Spot& spot) const {
  return (statement.acts & act) != 0 && is_for(statement, person) &&
         is_within(spot.object, statement.of) &&
         (statement.workspace.empty() || statement.workspace == workspace_);
}

// Without any rule, only administrators give shares.
bool AccessModel::allows(const Person& person, Acts act, const Spot& spot) const {
  if (!person.may_write && (act & kActsOfWriters) != 0) return false;
  if (!opens(person, spot.object)) return false;
  if (all_.empty()) return act != kMayShare;
  bool permitted = false;
  for (const Statement& each : all_) {
    if (!is_about(each, person, act, spot) || !covers(each, spot)) continue;
    if (each.forbids) return false;
    permitted = true;
  }
  return permitted;
}

bool AccessModel::allows_below(const Person& person, Acts needed, Acts touched,
                               const Spot& spot) const {
  if (!person.may_write || !opens(person, spot.object)) return false;
  if (all_.empty()) return true;
  Acts permitted = 0;
  for (const Statement& each : all_) {
    if (each.forbids && is_about(each, person, touched, spot) && overlaps(each, spot)) return false;
    if (!each.forbids && is_about(each, person, needed, spot) && covers(each, spot))
      permitted |= each.acts & needed;
  }
  return permitted == needed;
}

bool AccessModel::audits(const Person& person, Acts act, const Spot& spot) const {
  return std::ranges::any_of(
      audits_, [&](const Statement& each) { return is_about(each, person, act, spot); });
}

}  // namespace syncline::sim
