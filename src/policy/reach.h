// Who could reach an object while the rules of a workspace were what they were: everybody whom the rules mention, and
// whoever else is named, each judged by himself. What groups somebody is in is not known here, so a group is judged as
// somebody who is in that group alone. A link is judged with its ticket (policy/link_holder.h).
//
// Thread-safety: none; it may move between threads.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log/event.h"
#include "log/rules_held.h"
#include "policy/mentioned.h"
#include "policy/rules_at.h"

namespace syncline::policy {

// In the order in which people read it.
struct ReachOf {
  enum class Kind : std::uint8_t {
    kEveryone,        // whoever is let in, with a token that may write
    kAdministrators,  // whoever has a token with all rights
    kGroup,
    kPrincipal,
  };
  Kind kind = Kind::kEveryone;
  std::string id = {};  // of a group or a principal

  auto operator<=>(const ReachOf&) const = default;
};

// "everyone", "administrators", "group:editors", "principal:ann".
std::string to_string(const ReachOf& who);

// What was allowed from one position on, up to another.
struct ReachSpan {
  ReachOf who;
  std::string_view right;  // of kReachRights
  bool in_part = false;    // "write": only in some places of the object
  log::Position from = 0;  // it holds for what follows this event
  log::Position to = 0;
  // When the ticket of a link ends, which may be before the span does: milliseconds since 1970; 0: it is no link.
  std::uint64_t end_ms = 0;
  // The policies and shares that gave it, as people read them, or why none was needed. Empty for what is in part.
  std::vector<std::string> by;
};

// The last one is of the whole workspace: who exports it has the object, too.
inline constexpr std::string_view kReachRights[] = {"read",    "history", "presence", "write",
                                                    "restore", "share",   "export"};

class Reach {
 public:
  // `workspace`: its name within the server. `type`: of the object; "" if it is not known.
  Reach(std::string workspace, std::string object, std::string type);

  // Whom to judge besides everyone and the administrators. Call these before the first rules().
  void add(const Mentioned& mentioned);
  void add_principal(std::string id);
  std::size_t people() const { return people_.size(); }

  // The rules of the workspace and of its tenant that hold from this position on, which was at this time. Costs some
  // 100 µs for each of those who are judged.
  void rules(const log::HeldRules& held, const RulesAt& tenant, log::Position position,
             std::uint64_t unix_ms);

  // What was allowed up to `to`, by who and right. The object is used up.
  std::vector<ReachSpan> finish(log::Position to);

 private:
  using Key = std::pair<ReachOf, std::size_t>;  // and the number of the right

  void note(Key key, log::Position position, bool allowed, bool in_part,
            std::vector<std::string> by);

  const std::string workspace_;
  const std::string object_;
  const std::string type_;
  std::set<ReachOf> people_;
  std::map<Key, ReachSpan> open_;
  std::vector<ReachSpan> ended_;
};

}  // namespace syncline::policy
