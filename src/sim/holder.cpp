#include "sim/holder.h"

#include <fmt/format.h>

#include "sim/invariants.h"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kMostHolderMarks = 50;  // in one document

}  // namespace

Holder::Holder(World& world, Network& network, Locksmith& locksmith, std::size_t number,
               std::size_t index)
    : PlainClient(world, network,
                  {.kind = "holder",
                   .number = number,
                   .every_us = 2 * kSecond,
                   .client_id = 800'000 + index}),
      locksmith_(locksmith),
      hocuspocus_(index % 2 == 1),
      object_(Locksmith::kObjects[index / 2 % std::size(Locksmith::kObjects)]) {}

PlainClient::Place Holder::choose() {
  const Credential* const credential = locksmith_.draw(dice_, object_);
  astray_ = credential != nullptr && !credential->reaches(Locksmith::kWorkspace, object_);
  return {.hocuspocus = hocuspocus_,
          .workspace = std::string(Locksmith::kWorkspace),
          .object = std::string(object_),
          .token = credential == nullptr ? "none" : credential->text};
}

void Holder::shown(std::string_view bytes) {
  if (const auto other = Locksmith::foreign_mark(bytes, object_); !other.empty())
    world_.violated(kCredentials, fmt::format("{} has {} open, and is sent something of {}", name_,
                                              object_, other));
}

void Holder::served() {
  if (astray_)
    world_.violated(kCredentials, fmt::format("{} is served {}, and its credential is for another",
                                              name_, object_));
  world_.hit(Probe::holder_served);
}

void Holder::act() {
  if (dice_.chance(0.15)) return close();
  if (!welcome()) return;
  write(Locksmith::mark_of(object_), kMostHolderMarks);
  if (dice_.chance(0.2)) announce(R"({"user":{"name":"holder"}})");
}

}  // namespace syncline::sim
