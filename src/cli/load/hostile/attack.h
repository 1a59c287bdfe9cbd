// Attack: what one kind of hostile client does to a server, with a bounded rate and bounded memory of
// its own. An attack ends when it is destroyed: its connections are reset.
//
// Thread-safety: none; the reactor's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "cli/load/hostile/field.h"
#include "syncline/error.h"

namespace syncline::cli {

class Attack {
 public:
  virtual ~Attack() = default;

  // Called about every 10 ms, first of all at the start.
  virtual void tick(std::uint64_t now_us) = 0;
};

// The documents that an attack needs. They are made before (preparation.h).
enum class Needs : std::uint8_t { kNothing, kLarge, kBinary, kHistory };

struct AttackKind {
  std::string_view name;
  Role role;              // who does it
  std::string_view does;  // one sentence, with the rate
  Needs needs;
  std::unique_ptr<Attack> (*make)(Field& field);
};

// All attacks, strangers first.
std::span<const AttackKind> all_attacks();

// The attacks of a list with commas between the names; "all" and "none" are lists, too. kInvalid names
// the unknown one.
Result<std::vector<const AttackKind*>> attacks_of(std::string_view list);

}  // namespace syncline::cli
