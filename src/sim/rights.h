// Who may do what, as an operator would write it down, and what was done (I7).
//
// Every client has a token of its own. Rights are withdrawn and given back while the server runs;
// as in production, a process is given them when it starts. From each start on they are remembered
// with the place where each log ended, so that every event is held to the rights of the process
// that decided on it, by a rule of one line.
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "log/event.h"
#include "policy/access.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

class Rights {
 public:
  enum class Level : std::uint8_t { kNone, kRead, kWrite };

  // `levels`: of clients, vandals and late joiners, by their numbers.
  explicit Rights(std::vector<Level> levels) : granted_(levels), now_(std::move(levels)) {}

  static std::string token_of(std::size_t number);
  // Of those who use the HTTP API, and whose rights nobody takes: an operator may do everything, a visitor may read.
  static constexpr std::string_view kOperator = "operator";
  static constexpr std::string_view kVisitor = "visitor";

  // For processes that start from now on.
  void withdraw(std::size_t number, Level left);
  void give_back(std::size_t number) { now_[number] = granted_[number]; }
  bool give_all_back();  // false: nothing was missing
  policy::Access access() const;

  // A process has started over these tables, with the rights as they are now.
  void started(const store::Tables& tables);
  // Of the process that started last.
  Level level(std::size_t number) const;
  bool knows_all(std::size_t number) const { return level(number) == granted_[number]; }

  // An older copy of the disk has come back: what is in it was decided as it had been.
  void rolled_back(const store::Tables& tables);

  // When all is quiet: no event was made without the right to.
  void check(World& world, const store::Tables& tables) const;

 private:
  struct Epoch {
    std::map<std::string, log::Position> ends;  // of the logs, when it began
    std::vector<Level> levels;
  };

  std::string fault_of(const std::string& workspace, const log::Event& event) const;

  const std::vector<Level> granted_;
  std::vector<Level> now_;
  std::vector<Epoch> epochs_;
};

}  // namespace syncline::sim
