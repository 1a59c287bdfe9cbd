// Rights: who may do what, as an operator would configure it, and the check of what was done (I7).
//
// Every client has its own token. Rights are withdrawn and given back while the server runs; as in
// production, a process gets them when it starts. At each start, the rights are recorded together
// with the ends of all logs. So every event can be compared with the rights of the process that
// accepted it.
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "identity/access.h"
#include "log/event.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

class Rights {
 public:
  enum class Level : std::uint8_t { kNone, kRead, kWrite };

  // `levels` are those of clients, vandals and late joiners, by number.
  explicit Rights(std::vector<Level> levels) : granted_(levels), now_(std::move(levels)) {}

  static std::string token_of(std::size_t number);
  // Users of the HTTP API, whose rights never change: an operator may do everything, a visitor may
  // read.
  static constexpr std::string_view kOperator = "operator";
  static constexpr std::string_view kVisitor = "visitor";

  // Others who are let in, and what they may do. Somebody else looks at what they did (sim/warden.h).
  void admit(std::vector<identity::Token> tokens) { others_ = std::move(tokens); }

  // For processes that start from now on:
  void withdraw(std::size_t number, Level left);
  void give_back(std::size_t number) { now_[number] = granted_[number]; }
  bool give_all_back();  // false: nothing had been withdrawn
  identity::Access access() const;
  // What tokens say of their holders; before the first process starts. By default, nothing.
  using IdentityOf = std::function<std::shared_ptr<const identity::Identity>(std::size_t number)>;
  void identify(IdentityOf identity_of) { identity_of_ = std::move(identity_of); }

  // A process has started over these tables with the present rights.
  void started(const store::Tables& tables);
  // For the process that started last:
  Level level(std::size_t number) const;
  bool knows_all(std::size_t number) const { return level(number) == granted_[number]; }

  // An older copy of the disk was brought back. Its events keep the rights that they had.
  void rolled_back(const store::Tables& tables);

  // At the end of the run: no event was made without the right to.
  void check(World& world, const store::Tables& tables) const;

 private:
  struct Epoch {
    std::map<std::string, log::Position> ends;  // the ends of the logs when it began
    std::vector<Level> levels;
  };

  std::string fault_of(const std::string& workspace, const log::Event& event) const;

  const std::vector<Level> granted_;
  std::vector<Level> now_;
  std::vector<identity::Token> others_;
  IdentityOf identity_of_ = [](std::size_t) { return nullptr; };
  std::vector<Epoch> epochs_;
};

}  // namespace syncline::sim
