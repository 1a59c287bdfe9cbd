// Crowd: keeps a number of peers at work. It opens them at a bounded rate, and opens new ones for
// those that ended. Most attacks are a crowd of one kind of peer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "cli/load/hostile/attack.h"
#include "cli/load/hostile/pace.h"
#include "cli/load/hostile/peer.h"

namespace syncline::cli {

struct CrowdSize {
  std::uint64_t peers = 1;
  double opened_per_second = 100;
};

class Crowd final : public Attack {
 public:
  using Make = std::function<std::unique_ptr<Peer>(Field& field)>;

  Crowd(Field& field, CrowdSize size, Make make)
      : field_(field), size_(size), pace_(size.opened_per_second), make_(std::move(make)) {}

  void tick(std::uint64_t now_us) override;

 private:
  Field& field_;
  const CrowdSize size_;
  Pace pace_;
  const Make make_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

// A crowd of peers of class P. Each is made from the field and copies of `arguments`.
template <typename P, typename... Arguments>
std::unique_ptr<Attack> crowd_of(Field& field, CrowdSize size, Arguments... arguments) {
  return std::make_unique<Crowd>(field, size, [... arguments = std::move(arguments)](Field& in) {
    return std::make_unique<P>(in, arguments...);
  });
}

// The same. The last argument of each peer is its number, from 0.
template <typename P, typename... Arguments>
std::unique_ptr<Attack> numbered_crowd_of(Field& field, CrowdSize size, Arguments... arguments) {
  return std::make_unique<Crowd>(
      field, size,
      [... arguments = std::move(arguments), next = std::uint64_t{0}](Field& in) mutable {
        return std::make_unique<P>(in, arguments..., next++);
      });
}

// Several crowds that are one attack.
class Crowds final : public Attack {
 public:
  void add(std::unique_ptr<Attack> crowd) { crowds_.push_back(std::move(crowd)); }
  void tick(std::uint64_t now_us) override {
    for (const auto& crowd : crowds_) crowd->tick(now_us);
  }

 private:
  std::vector<std::unique_ptr<Attack>> crowds_;
};

}  // namespace syncline::cli
