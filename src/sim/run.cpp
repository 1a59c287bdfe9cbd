#include "sim/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "sim/nemesis.h"
#include "sim/oracle.h"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kMaxEvents = 8'000'000;

policy::Access access() {
  return policy::Access(
      {{.secret = std::string(kWriterToken), .principal = {.name = "writer"}},
       {.secret = std::string(kReaderToken), .principal = {.name = "reader", .read_only = true}}});
}

class Run {
 public:
  Run(const Plan& plan, const RunOptions& options)
      : plan_(plan),
        world_(plan.seed, options.recording),
        network_(world_, plan.network, plan.clients.size() + plan.vandals.size() + kJoiners),
        disk_(world_, plan.disk),
        server_(world_, network_, disk_, plan.server, access()),
        oracle_(world_, book_, plan_),
        nemesis_(world_, network_, disk_, server_, clients_) {}
  ~Run() { world_.timeline.clear(); }

  RunResult go();

 private:
  static constexpr std::size_t kJoiners = 16;

  void begin();
  bool pass(std::uint64_t until_us);
  void heal();
  void join_late();
  bool settle();
  std::string who_lags() const;
  std::string presence_lags(const Client& joiner) const;
  std::set<ObjectName> objects() const;

  const Plan& plan_;
  World world_;
  Network network_;
  Disk disk_;
  Server server_;
  Book book_;
  Clients clients_;  // late joiners at the end
  std::vector<std::unique_ptr<Vandal>> vandals_;
  Oracle oracle_;
  Nemesis nemesis_;
};

void Run::begin() {
  for (const ClientSettings& settings : plan_.clients)
    clients_.push_back(make_client(world_, network_, book_, settings));
  for (const VandalSettings& settings : plan_.vandals)
    vandals_.push_back(std::make_unique<Vandal>(world_, network_, settings));
  server_.on_recovered([this](Server::Process& process) {
    oracle_.check_recovered(process.store->tables(), clients_);
  });
  server_.start();
  for (const auto& client : clients_) client->start();
  for (const auto& vandal : vandals_) vandal->start();
  nemesis_.schedule(plan_.faults);
}

// False when an invariant broke.
bool Run::pass(std::uint64_t until_us) {
  while (world_.timeline.step(until_us)) {
    if (world_.violation) return false;
    if (world_.timeline.count() > kMaxEvents) {
      world_.violated("I12 liveness", "the world does not come to rest");
      return false;
    }
  }
  return true;
}

void Run::heal() {
  for (const auto& vandal : vandals_) vandal->stop();
  for (const auto& client : clients_) client->stop_editing();
  nemesis_.heal();
}

std::set<ObjectName> Run::objects() const {
  std::set<ObjectName> objects;
  for (const ClientSettings& client : plan_.clients)
    for (const std::string& object : client.objects) objects.emplace(client.workspace, object);
  for (const VandalSettings& vandal : plan_.vandals)
    objects.emplace(vandal.workspace, vandal.object);
  return objects;
}

void Run::join_late() {
  std::size_t number = plan_.clients.size() + plan_.vandals.size();
  for (const ObjectName& object : objects()) {
    ClientSettings settings;
    settings.number = number++;
    settings.hocuspocus = settings.number % 2 == 0;
    settings.workspace = object.first;
    settings.objects = {object.second};
    settings.token = kReaderToken;
    settings.read_only = true;
    clients_.push_back(make_client(world_, network_, book_, settings));
    clients_.back()->start();
  }
}

std::string Run::who_lags() const {
  if (server_.process() == nullptr) return "the server is not up";
  std::map<ObjectName, const Client*> first;
  for (const auto& client : clients_) {
    if (std::string why = client->why_not(); !why.empty()) return why;
    for (const Replica& replica : client->replicas()) {
      const auto [found, is_first] = first.emplace(replica.name, client.get());
      if (is_first) continue;
      const auto other = std::ranges::find(found->second->replicas(), replica.name, &Replica::name);
      if (other->editor->doc().state_vector() != replica.editor->doc().state_vector())
        return fmt::format("{} and {} differ", found->second->name(), client->name());
    }
  }
  for (const auto& client : clients_)
    if (client->settings().number >= plan_.clients.size() + plan_.vandals.size())
      if (std::string why = presence_lags(*client); !why.empty()) return why;
  return {};
}

// Whom a late joiner sees: those who are connected, and nobody else.
std::string Run::presence_lags(const Client& joiner) const {
  const Replica& seen = joiner.replicas().front();
  if (is_junk(seen.name)) return {};
  std::set<crdt::ClientId> present;
  for (const auto& [id, state] : seen.awareness.clients())
    if (!state.state.empty()) present.insert(id);
  for (const auto& client : clients_)
    for (const Replica& replica : client->replicas())
      if (replica.name == seen.name && present.erase(replica.presence_id) == 0)
        return fmt::format("{} does not see that {} is present", joiner.name(), client->name());
  if (present.empty()) return {};
  return fmt::format("{} sees client {}, who is gone", joiner.name(), *present.begin());
}

bool Run::settle() {
  const std::uint64_t end = world_.now_us() + plan_.phase_two_us;
  std::string why;
  while (world_.now_us() < end) {
    if (!pass(world_.now_us() + kSecond)) return false;
    oracle_.check_bounds(server_, network_);
    why = who_lags();
    if (why.empty()) return true;
  }
  world_.violated("I12 liveness", fmt::format("{} s after everything healed: {}",
                                              plan_.phase_two_us / kSecond, why));
  return false;
}

RunResult Run::go() {
  begin();
  bool sound = true;
  while (sound && world_.now_us() < plan_.phase_one_us) {
    sound = pass(std::min(plan_.phase_one_us, world_.now_us() + kSecond));
    oracle_.check_bounds(server_, network_);
  }
  if (sound) {
    heal();
    join_late();
    if (settle()) oracle_.check_all(server_, clients_);
  }
  server_.gather();
  RunResult result{.violation = world_.violation,
                   .hash = world_.trace.hash(),
                   .virtual_us = world_.now_us(),
                   .events = world_.timeline.count(),
                   .log_bytes = disk_.contents().size(),
                   .probes = world_.probes};
  for (const auto& client : clients_) result.edits += client->edits();
  result.trace = world_.trace.entries();
  return result;
}

}  // namespace

RunResult run(const Plan& plan, const RunOptions& options) {
  return Run(plan, options).go();
}

}  // namespace syncline::sim
