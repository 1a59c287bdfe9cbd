#include "sim/radio.h"

#include <fmt/format.h>

namespace syncline::sim {
namespace {

constexpr std::size_t kProducers = 3;

}  // namespace

Radio::Radio(World& world, Server& server, RadioSettings settings) : server_(server) {
  using enum Listener::Way;
  for (std::size_t i = 0; i < kProducers; ++i)
    producers_.push_back(
        std::make_unique<Producer>(world, server, fmt::format("s{}", i), settings.every_us));
  for (const auto& producer : producers_)
    for (const Listener::Way way : {kPages, kWaits, kFollows})
      listeners_.push_back(
          std::make_unique<Listener>(world, server, *producer, way, settings.pause_us));
}

void Radio::start() {
  for (const auto& producer : producers_) producer->start();
  for (const auto& listener : listeners_) listener->start();
}

void Radio::stop() {
  for (const auto& producer : producers_) producer->stop();
}

void Radio::recovered() {
  for (const auto& producer : producers_) producer->recovered();
  for (const auto& listener : listeners_) listener->recovered();
  check(server_.process()->store->tables());
}

std::string Radio::why_not() const {
  for (const auto& producer : producers_)
    if (std::string why = producer->why_not(); !why.empty()) return why;
  for (const auto& listener : listeners_)
    if (std::string why = listener->why_not(); !why.empty()) return why;
  return {};
}

void Radio::check(const store::Tables& tables) {
  for (const auto& producer : producers_) producer->check(tables);
}

}  // namespace syncline::sim
