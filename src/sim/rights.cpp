#include "sim/rights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <variant>

#include "base/qualified_name.h"
#include "log/audit.h"
#include "log/rules.h"
#include "sim/archivist.h"
#include "sim/clearer.h"
#include "sim/guests.h"
#include "sim/invariants.h"
#include "sim/locksmith.h"
#include "sim/newsroom.h"
#include "sim/producer.h"
#include "sim/remover.h"
#include "sim/stored_log.h"
#include "sim/straggler.h"
#include "sim/uploader.h"
#include "sim/warden.h"

namespace syncline::sim {
namespace {

constexpr std::size_t kManyWorkspaces = 1000;

std::string principal_of(std::size_t number) {
  return fmt::format("p{}", number);
}

// "c3#5" and "v3#5" are the fifth connection of number 3.
std::optional<std::size_t> number_of(std::string_view actor) {
  std::size_t number = 0;
  const auto parsed = std::from_chars(actor.data() + 1, actor.data() + actor.size(), number);
  if (actor.size() < 2 || parsed.ec != std::errc() || *parsed.ptr != '#') return std::nullopt;
  return number;
}

std::map<std::string, log::Position> ends_of(const store::Tables& tables) {
  std::map<std::string, log::Position> ends;
  for (const std::string& workspace :
       store::read_workspaces(tables, "", kManyWorkspaces).value_or(std::vector<std::string>()))
    ends[workspace] = store::read_head(tables, workspace).value_or(log::Head{}).last_position;
  return ends;
}

}  // namespace

std::string Rights::token_of(std::size_t number) {
  return fmt::format("token-{}", number);
}

void Rights::withdraw(std::size_t number, Level left) {
  now_[number] = std::min(now_[number], left);
}

bool Rights::give_all_back() {
  return std::exchange(now_, granted_) != granted_;
}

identity::Access Rights::access() const {
  std::vector<identity::Token> tokens{
      {std::string(kOperator), {.id = std::string(kOperator)}},
      {std::string(kVisitor),
       {.id = std::string(kVisitor), .rights = identity::Rights::reading()}}};
  tokens.insert(tokens.end(), others_.begin(), others_.end());
  for (std::size_t number = 0; number < now_.size(); ++number)
    if (now_[number] != Level::kNone)
      tokens.push_back(
          {.secret = token_of(number),
           .principal = {.id = principal_of(number),
                         .rights = now_[number] == Level::kRead ? identity::Rights::reading()
                                                                : identity::Rights::all(),
                         .identity = identity_of_(number)}});
  return identity::Access(std::move(tokens));
}

void Rights::started(const store::Tables& tables) {
  epochs_.push_back({ends_of(tables), now_});
}

Rights::Level Rights::level(std::size_t number) const {
  return epochs_.empty() ? Level::kNone : epochs_.back().levels[number];
}

void Rights::rolled_back(const store::Tables& tables) {
  const auto ends = ends_of(tables);
  for (Epoch& epoch : epochs_)
    for (auto& [workspace, end] : epoch.ends) {
      const auto found = ends.find(workspace);
      end = std::min(end, found == ends.end() ? 0 : found->second);
    }
}

// The rule: the principal is the one of the token, and may write.
std::string Rights::fault_of(const std::string& workspace, const log::Event& event) const {
  // States that an operator restored into other workspaces.
  if (event.principal == kOperator && event.actor.starts_with("restore of ")) return {};
  // Pins, rules, holds and deletions: only the operator may change them, and stands in the event for it.
  if (log::is_system_object(event.object)) {
    const auto change = log::rule_change_in(event);
    if (!change || !*change || (*change)->principal != event.principal)
      return "changes rules in another's name";
    // The server notes by itself when it erases what was deleted; of a workspace, that is many acts.
    const bool by_server =
        event.principal.empty() && (std::holds_alternative<log::EraseObject>((*change)->act) ||
                                    workspace == Clearer::kWorkspace);
    return event.principal == kOperator || by_server ? "" : "changes rules in another's name";
  }
  if (event.version == log::kUnsaltedVersion) return "";  // from before this server (sim/old_log.h)
  if (event.principal == Guests::kPrincipal && workspace == Guests::kWorkspace) return {};
  constexpr std::array kOfOperator = {Remover::kWorkspace,  Clearer::kWorkspace,
                                      Newsroom::kWorkspace, Straggler::kWorkspace,
                                      Uploader::kWorkspace, Producer::kWorkspace};
  if (std::ranges::find(kOfOperator, workspace) != kOfOperator.end())
    return event.principal == kOperator ? "" : "is not of the operator, who alone edits there";
  const auto number = number_of(event.actor);
  if (!number || *number >= granted_.size()) return "is of nobody";
  if (event.principal != principal_of(*number)) return "stands in another's name";
  const auto decided =
      std::ranges::find_if(epochs_.rbegin(), epochs_.rend(), [&](const Epoch& epoch) {
        const auto end = epoch.ends.find(workspace);
        return end == epoch.ends.end() || end->second < event.position;
      });
  if (decided == epochs_.rend()) return "was there before the server";
  return decided->levels[*number] == Level::kWrite ? "" : "was made without the right to write";
}

void Rights::check(World& world, const store::Tables& tables) const {
  for (const auto& [workspace, end] : ends_of(tables)) {
    if (Archivist::is_copy(workspace)) continue;  // its events were judged where they were made
    if (!split_name(workspace).tenant.empty()) continue;  // its lodgers look at them
    if (workspace == Locksmith::kWorkspace) continue;     // the locksmith looks at them
    if (workspace == Warden::kWorkspace) continue;        // the same with the warden
    if (workspace == log::kSystemWorkspace) continue;     // the audit log, which the server writes
    const auto events = read_log(tables, workspace);
    if (!events) continue;  // another oracle reports this
    for (const log::Event& event : *events)
      if (const std::string fault = fault_of(workspace, event); !fault.empty())
        return world.violated(kRights, fmt::format("{}, event {} by {}: {}", workspace,
                                                   event.position, event.actor, fault));
  }
}

}  // namespace syncline::sim
