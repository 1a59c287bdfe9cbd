#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "cli/load/hostile/attacks/kinds.h"

namespace syncline::cli {

std::span<const AttackKind> all_attacks() {
  using namespace attacks;
  static const AttackKind kAll[] = {unfinished_messages(),
                                    early_messages(),
                                    unfinished_bodies(),
                                    idle_connections(),
                                    wrong_tokens(),
                                    wrong_hosts(),
                                    malformed_frames(),
                                    joins(),
                                    blame(),
                                    changes(),
                                    states(),
                                    large_json(),
                                    past_states(),
                                    exports(),
                                    cold_loads(),
                                    slow_readers(),
                                    many_presences(),
                                    large_presence(),
                                    presence_flood(),
                                    stolen_presence(),
                                    unfinished_updates(),
                                    large_appends(),
                                    tiny_updates(),
                                    one_key(),
                                    one_place(),
                                    waiting_updates(),
                                    repeated_waiting(),
                                    broadcasts()};
  return kAll;
}

Result<std::vector<const AttackKind*>> attacks_of(std::string_view list) {
  std::vector<const AttackKind*> chosen;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (name == "none") continue;
    bool known = false;
    for (const AttackKind& kind : all_attacks()) {
      if (name != "all" && name != kind.name) continue;
      known = true;
      if (std::ranges::find(chosen, &kind) == chosen.end()) chosen.push_back(&kind);
    }
    if (!known)
      return fail(ErrorCode::kInvalid,
                  fmt::format("no attack is called '{}'; --attacks list names all", name));
  }
  return chosen;
}

}  // namespace syncline::cli
