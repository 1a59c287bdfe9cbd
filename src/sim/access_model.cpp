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

std::string entity_of(std::string_view of) {
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
  return statement.of.empty() ? "" : " in " + entity_of(statement.of);
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

bool is_about(const Statement& statement, const Person& person, Acts act, const Spot& spot) {
  return (statement.acts & act) != 0 && is_for(statement, person) &&
         is_within(spot.object, statement.of);
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
    text += fmt::format("{} (principal{}, action{}, resource{})",
                        each.forbids ? "forbid" : "permit", scope_of_principal(each.to),
                        scope_of_action(each.acts), scope_of_resource(each));
    if (!each.path.empty() && !each.of.empty())
      text += fmt::format(" when {{ resource in {} }}", entity_of(each.of));
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
  for (const auto& [name, says] : policies_) all_.insert(all_.end(), says.begin(), says.end());
  for (const auto& [of, says] : shares_) all_.insert(all_.end(), says.begin(), says.end());
}

// Without any rule, only administrators give shares.
bool AccessModel::allows(const Person& person, Acts act, const Spot& spot) const {
  if (!person.may_write && (act & kActsOfWriters) != 0) return false;
  if (empty()) return act != kMayShare;
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
  if (!person.may_write) return false;
  if (empty()) return true;
  Acts permitted = 0;
  for (const Statement& each : all_) {
    if (each.forbids && is_about(each, person, touched, spot) && overlaps(each, spot)) return false;
    if (!each.forbids && is_about(each, person, needed, spot) && covers(each, spot))
      permitted |= each.acts & needed;
  }
  return permitted == needed;
}

}  // namespace syncline::sim
