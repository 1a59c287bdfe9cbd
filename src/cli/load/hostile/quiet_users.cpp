#include "cli/load/hostile/quiet_users.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/invariants.h"

namespace syncline::cli {
namespace {

constexpr std::uint64_t kOnlineUs = 20 * sim::kSecond;  // means
constexpr std::uint64_t kOfflineUs = sim::kSecond;
constexpr std::uint64_t kQuietWorkspaces = 8;

}  // namespace

QuietUsers::QuietUsers(RealWorld& real, const QuietOptions& options)
    : real_(real), options_(options), watch_(real) {
  watch_.keep_promises();
}

QuietUsers::~QuietUsers() {
  real_.timeline().clear();
}

std::vector<Ground::Document> QuietUsers::documents(std::uint64_t seed, std::uint64_t users) {
  std::vector<Ground::Document> all;
  for (std::uint64_t i = 0; i < (users + 1) / 2; ++i)
    all.push_back(
        {fmt::format("quiet-{}-{}", seed, i % kQuietWorkspaces), fmt::format("note-{}", i)});
  return all;
}

void QuietUsers::connect() {
  const std::vector<Ground::Document> all = documents(options_.seed, options_.users);
  for (std::size_t i = 0; i < options_.users; ++i) {
    sim::ClientSettings settings;
    settings.number = i;
    settings.workspace = all[i / 2].workspace;
    settings.objects = {all[i / 2].object};
    settings.token = options_.token;
    settings.edit_every_us = 0;
    settings.max_edits = UINT64_MAX;
    if (options_.churn) {
      settings.habit = static_cast<sim::Habit>(i % sim::kHabits);
      settings.undoes = settings.habit == sim::Habit::kFighting;
      settings.online_us = kOnlineUs;
      settings.offline_us = kOfflineUs;
    }
    clients_.push_back(sim::make_client(real_.world(), real_, watch_, std::move(settings)));
    clients_.back()->loop().set_turn_us(0);
    clients_.back()->start();
  }
}

void QuietUsers::edit() {
  if (clients_.empty()) return;
  editing_ = true;
  arrivals_.emplace(real_.world().dice.fork("arrivals"), real_.now_us(), options_.edits_per_second);
  next();
}

void QuietUsers::next() {
  const std::uint64_t due = arrivals_->next();
  real_.timeline().at(std::max(due, real_.world().now_us()), [this, due] {
    if (!editing_) return;
    sim::Client& client = *clients_[turn_++ % clients_.size()];
    const crdt::Doc& doc = client.replicas().front().editor->doc();
    const crdt::ClientId id = doc.client_id();
    const crdt::Clock before = doc.state_vector().get(id);
    client.edit();
    const crdt::Clock after = doc.state_vector().get(id);
    if (after > before) watch_.made(id, client.name(), after, std::max<std::uint64_t>(due, 1));
    next();
  });
}

void QuietUsers::stop() {
  editing_ = false;
  for (const auto& client : clients_) {
    client->stop_editing();
    client->heal();
  }
}

std::string QuietUsers::why_not() const {
  for (const auto& client : clients_)
    if (std::string why = client->why_not(); !why.empty()) return why;
  return {};
}

}  // namespace syncline::cli
