#include "cli/load/hostile/quiet_users.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/invariants.h"

namespace syncline::cli {
namespace {

constexpr std::uint64_t kOnlineUs = 20 * sim::kSecond;  // means
constexpr std::uint64_t kOfflineUs = sim::kSecond;
constexpr std::uint64_t kMoveAgainUs = sim::kSecond / 10;
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
  clients_.resize(options_.users);
  for (Ground::Document& document : documents(options_.seed, options_.users)) {
    places_.push_back({std::move(document)});
    enter(places_.size() - 1);
  }
}

// New clients, because each has a new device's id and knows nothing.
void QuietUsers::enter(std::size_t place) {
  const auto& [first, moves] = places_[place];
  for (std::size_t i = 2 * place; i < std::min(2 * place + 2, clients_.size()); ++i) {
    sim::ClientSettings settings;
    settings.number = numbers_++;
    settings.workspace = first.workspace;
    settings.objects = {moves == 0 ? first.object : fmt::format("{}-{}", first.object, moves)};
    settings.token = options_.token;
    settings.edit_every_us = 0;
    settings.max_edits = UINT64_MAX;
    if (options_.churn) {
      settings.habit = static_cast<sim::Habit>(i % sim::kHabits);
      settings.undoes = settings.habit == sim::Habit::kFighting;
      settings.online_us = kOnlineUs;
      settings.offline_us = kOfflineUs;
    }
    clients_[i] = sim::make_client(real_.world(), real_, watch_, std::move(settings));
    clients_[i]->loop().set_turn_us(0);
    clients_[i]->start();
  }
}

bool QuietUsers::in_step(std::size_t place) const {
  for (std::size_t i = 2 * place; i < std::min(2 * place + 2, clients_.size()); ++i)
    if (!clients_[i]->in_step()) return false;
  return true;
}

// Whoever waits for an ack stays until it has come.
void QuietUsers::move_on(std::size_t place) {
  if (!editing_) return;
  const bool moves = in_step(place);
  if (moves) {
    ++places_[place].moves;
    enter(place);
  }
  real_.timeline().after(moves ? options_.stay_us : kMoveAgainUs,
                         [this, place] { move_on(place); });
}

void QuietUsers::edit() {
  if (clients_.empty()) return;
  editing_ = true;
  arrivals_.emplace(real_.world().dice.fork("arrivals"), real_.now_us(), options_.edits_per_second);
  if (options_.churn)
    for (std::size_t place = 0; place < places_.size(); ++place)
      real_.timeline().after(options_.stay_us * (place + 1) / places_.size(),
                             [this, place] { move_on(place); });
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
