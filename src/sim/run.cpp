#include "sim/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "sim/archivist.h"
#include "sim/auditor.h"
#include "sim/clearer.h"
#include "sim/custodian.h"
#include "sim/freeze.h"
#include "sim/guests.h"
#include "sim/historians.h"
#include "sim/intruder.h"
#include "sim/invariants.h"
#include "sim/library.h"
#include "sim/locksmith.h"
#include "sim/lodgers.h"
#include "sim/name_watch.h"
#include "sim/nemesis.h"
#include "sim/newsroom.h"
#include "sim/old_log.h"
#include "sim/oracle.h"
#include "sim/presence_oracle.h"
#include "sim/radio.h"
#include "sim/remover.h"
#include "sim/rights.h"
#include "sim/siege.h"
#include "sim/snapshot_files.h"
#include "sim/straggler.h"
#include "sim/tampering.h"
#include "sim/time_travel.h"
#include "sim/visitors.h"
#include "sim/warden.h"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kMaxEvents = 8'000'000;

constexpr std::size_t kJoiners = 16;
// Lodgers, holders or members; no world has two of these.
constexpr std::size_t kOthers = std::max({Lodgers::kCount, Locksmith::kHolders, Warden::kMembers});

std::size_t first_joiner(const Plan& plan) {
  std::size_t number = 0;
  for (const ClientSettings& client : plan.clients) number = std::max(number, client.number + 1);
  for (const VandalSettings& vandal : plan.vandals) number = std::max(number, vandal.number + 1);
  for (const HostileSettings& each : plan.hostiles) number = std::max(number, each.number + 1);
  return number;
}

std::vector<Rights::Level> rights_of(const Plan& plan) {
  using enum Rights::Level;
  std::vector<Rights::Level> levels(first_joiner(plan) + kJoiners, kRead);
  for (const ClientSettings& client : plan.clients)
    levels[client.number] = client.read_only ? kRead : kWrite;
  for (const VandalSettings& vandal : plan.vandals)
    levels[vandal.number] = vandal.may_write ? kWrite : kRead;
  for (const HostileSettings& hostile : plan.hostiles)
    levels[hostile.number] = is_junk({hostile.workspace, hostile.object}) ? kWrite : kRead;
  return levels;
}

std::set<ObjectName> objects_of(const Plan& plan) {
  std::set<ObjectName> objects;
  for (const ClientSettings& client : plan.clients)
    for (const std::string& object : client.objects) objects.emplace(client.workspace, object);
  for (const VandalSettings& vandal : plan.vandals)
    objects.emplace(vandal.workspace, vandal.object);
  for (const HostileSettings& hostile : plan.hostiles)
    objects.emplace(hostile.workspace, hostile.object);
  return objects;
}

// Within which the edits of a quiet tenant are saved where nothing fails: the ways to the server and back, some syncs of the
// disk, and what its loop and its workers do for others meanwhile.
std::uint64_t soon_of(const Plan& plan) {
  return kSecond / 10 + 2 * (plan.network.latency_us + plan.network.jitter_us) +
         4 * plan.disk.sync_us + 4 * plan.server.worker_turn_us;
}

class Run {
 public:
  Run(const Plan& plan, const RunOptions& options)
      : plan_(plan),
        objects_(objects_of(plan)),
        rights_(rights_of(plan)),
        world_(plan.seed, options.recording),
        network_(world_, plan.network,
                 first_joiner(plan) + kJoiners + kOthers +
                     (plan.warden.of_tenant ? Warden::kStrangers : 0)),
        disk_(world_, plan.disk),
        freeze_(world_, [this] { return server_.process(); }),
        server_(
            world_, network_, disk_, plan.server, [this] { return rights_.access(); },
            Auditor::identity()),
        old_log_(world_, disk_, book_, plan),
        oracle_(world_, book_, plan_),
        presence_(world_, network_, plan.server.rates,
                  [this](const std::string& workspace) {
                    Server::Process* process = server_.process();
                    if (process == nullptr) return true;
                    workspace::Host& host = process->shard_of(workspace).host;
                    return host.has(workspace) && host.get(workspace).busy();
                  }),
        auditor_(world_, server_, workspaces()),
        visitors_(world_, server_, book_, {objects_.begin(), objects_.end()}, plan.visit_every_us),
        historians_(world_, server_, objects_),
        archivist_(world_, server_, book_, objects_),
        intruder_(world_, server_, rights_, first_joiner(plan) + kJoiners,
                  {objects_.begin(), objects_.end()}),
        custodian_(world_, server_, plan.custodian, workspaces(),
                   [this](const std::string& workspace) {
                     return Custodian::Pins{historians_.pins(workspace),
                                            historians_.removed_pins(workspace)};
                   }),
        nemesis_(world_, network_, disk_, server_, rights_, clients_),
        siege_(world_, network_, server_, freeze_, plan),
        issuer_(world_, server_, plan.issuer),
        names_(world_, server_, plan.names, first_joiner(plan),
               {objects_.begin(), objects_.end()}) {
    if (plan.names.on) rights_.identify(NameWatch::identity_of);
    if (!plan.server.tenants.empty() && !plan.warden.on)
      lodgers_ = std::make_unique<Lodgers>(world_, network_, server_, first_joiner(plan) + kJoiners,
                                           objects_.empty() ? "w" : objects_.begin()->first,
                                           plan.times_quiet_tenant ? soon_of(plan) : 0);
    if (plan.locksmith.on)
      locksmith_ = std::make_unique<Locksmith>(world_, network_, server_, plan.locksmith,
                                               first_joiner(plan) + kJoiners);
    if (plan.remover.on) remover_ = std::make_unique<Remover>(world_, server_, plan.remover);
    if (plan.newsroom.on) newsroom_ = std::make_unique<Newsroom>(world_, server_, plan.newsroom);
    if (plan.library.on) library_ = std::make_unique<Library>(world_, server_, plan.library);
    if (plan.radio.on) radio_ = std::make_unique<Radio>(world_, server_, plan.radio);
    if (plan.clearer.on) clearer_ = std::make_unique<Clearer>(world_, server_, plan.clearer);
    if (plan.clearer.on)
      straggler_ = std::make_unique<Straggler>(world_, server_, plan.clearer.every_us);
    if (plan.warden.on) {
      rights_.admit(Warden::tokens(plan.warden));
      warden_ = std::make_unique<Warden>(world_, network_, server_, plan.warden,
                                         first_joiner(plan) + kJoiners);
    }
    server_.ask(freeze_.rule());
    if (plan.issuer.on)
      server_.ask([this](const identity::Access& shared) { return issuer_.judge(shared); });
    if (options.party == nullptr) return;
    server_.know(options.party->types);
    guests_ = options.party->invite(world_, server_);
  }
  ~Run() { world_.timeline.clear(); }

  RunResult go();

 private:
  void begin();
  bool pass(std::uint64_t until_us);
  void heal();
  void join_late();
  bool settle();
  std::string who_lags();
  std::string presence_lags(const Client& joiner) const;
  void take_stock();
  void tamper_with_copy();
  void rolled_back();
  void check_admitted();
  void leave_all();
  void check_undo();
  std::set<std::string> workspaces() const;

  const Plan& plan_;
  const std::set<ObjectName> objects_;
  Rights rights_;
  World world_;
  Network network_;
  Disk disk_;
  Freeze freeze_;
  Server server_;
  Book book_;
  Clients clients_;                              // late joiners are at the end
  std::vector<std::uint64_t> connections_then_;  // of each client, at the server's start
  std::map<std::string, std::vector<std::uint64_t>> connections_before_import_;
  std::vector<std::unique_ptr<Vandal>> vandals_;
  OldLog old_log_;
  Oracle oracle_;
  PresenceOracle presence_;
  Auditor auditor_;
  Visitors visitors_;
  Historians historians_;
  Archivist archivist_;
  Intruder intruder_;
  Custodian custodian_;
  Nemesis nemesis_;
  Siege siege_;
  Issuer issuer_;
  NameWatch names_;
  std::unique_ptr<Guests> guests_;  // may be nullptr, as all that follow
  std::unique_ptr<Lodgers> lodgers_;
  std::unique_ptr<Locksmith> locksmith_;
  std::unique_ptr<Warden> warden_;
  std::unique_ptr<Remover> remover_;
  std::unique_ptr<Newsroom> newsroom_;
  std::unique_ptr<Clearer> clearer_;
  std::unique_ptr<Straggler> straggler_;
  std::unique_ptr<Library> library_;
  std::unique_ptr<Radio> radio_;
};

void Run::begin() {
  for (const ClientSettings& settings : plan_.clients) {
    clients_.push_back(make_client(world_, network_, book_, settings));
    if (settings.expiring_tokens)
      clients_.back()->hold_tokens(
          {[this, number = settings.number] { return issuer_.issue(number); },
           [this](const std::string& token) { return issuer_.refusable(token); }});
  }
  for (const VandalSettings& settings : plan_.vandals)
    vandals_.push_back(std::make_unique<Vandal>(world_, network_, settings));
  server_.on_recovered([this](Server::Process& process) {
    oracle_.check_recovered(AppendedTables(process.store->tables()), clients_);
    custodian_.check(process.store->tables());
    check_snapshot_files(world_, process.store->tables(), disk_.has_damaged_files());
    rights_.started(process.store->tables());
    if (warden_) warden_->recovered();
    if (remover_) remover_->recovered();
    if (newsroom_) newsroom_->recovered();
    if (clearer_) clearer_->recovered();
    if (straggler_) straggler_->recovered();
    if (library_) library_->recovered();
    if (radio_) radio_->recovered();
    for (const auto& client : clients_)
      if (rights_.knows_all(client->settings().number)) client->set_rights_doubtful(false);
    connections_then_.clear();
    for (const auto& client : clients_) connections_then_.push_back(client->connections());
  });
  if (plan_.corner != Corner::kNone)
    world_.hit(static_cast<Probe>(static_cast<std::size_t>(Probe::corner_memory) +
                                  static_cast<std::size_t>(plan_.corner) - 1));
  old_log_.write([this] { server_.start(); });
  for (const auto& client : clients_) client->start();
  for (const auto& vandal : vandals_) vandal->start();
  siege_.start();
  auditor_.start();
  visitors_.start();
  historians_.start();
  archivist_.start();
  intruder_.start();
  if (guests_) guests_->start();
  if (lodgers_) lodgers_->start();
  if (locksmith_) locksmith_->start();
  if (warden_) warden_->start();
  if (remover_) remover_->start();
  if (newsroom_) newsroom_->start();
  if (clearer_) clearer_->start();
  if (straggler_) straggler_->start();
  if (library_) library_->start();
  if (radio_) radio_->start();
  custodian_.start();
  issuer_.start();
  names_.start();
  nemesis_.tell({.rollback_nears = [this] { auditor_.ask(); },
                 .rolled_back = [this] { rolled_back(); },
                 .snapshot_damaged = [this] { historians_.look_around(); },
                 .import_begun =
                     [this](const std::string& workspace) {
                       std::vector<std::uint64_t>& then = connections_before_import_[workspace];
                       then.clear();
                       for (const auto& client : clients_) then.push_back(client->connections());
                     }});
  nemesis_.schedule(plan_.faults);
}

// Returns false if an invariant broke.
bool Run::pass(std::uint64_t until_us) {
  while (world_.timeline.step(until_us)) {
    if (world_.violation) return false;
    if (world_.timeline.count() > kMaxEvents) {
      world_.violated(kLiveness, "the world does not come to rest");
      return false;
    }
  }
  return true;
}

// Everybody starts from the content of the older copy. Clients that know more send it again.
void Run::rolled_back() {
  DiskTables tables(disk_);
  if (!tables.open()) return;
  auditor_.rolled_back(tables);
  visitors_.rolled_back();
  historians_.rolled_back();
  archivist_.rolled_back();
  custodian_.rolled_back(tables);
  issuer_.rolled_back();
  names_.rolled_back();
  if (guests_) guests_->rolled_back();
  if (locksmith_) locksmith_->rolled_back();
  oracle_.rolled_back();
  rights_.rolled_back(tables);
  book_.forget_promises();
  for (const auto& client : clients_) client->server_rolled_back();
}

// A client without rights is told nothing on connections made since. A client that arrives during
// the import is not admitted.
void Run::check_admitted() {
  for (std::size_t i = 0; i < std::min(clients_.size(), connections_then_.size()); ++i) {
    const Client& client = *clients_[i];
    if (rights_.level(client.settings().number) == Rights::Level::kNone && client.synced() &&
        client.connections() > connections_then_[i])
      world_.violated(kRights, client.name() + " is served, and has no right to");
  }
  for (const auto& [workspace, then] : connections_before_import_) {
    if (!server_.importing(workspace)) continue;
    for (std::size_t i = 0; i < then.size(); ++i)
      if (clients_[i]->settings().workspace == workspace && clients_[i]->synced() &&
          clients_[i]->connections() > then[i])
        world_.violated(kRights, clients_[i]->name() + " was let into a workspace under import");
  }
}

void Run::heal() {
  issuer_.heal();
  for (const auto& vandal : vandals_) vandal->stop();
  if (lodgers_) lodgers_->stop();
  if (locksmith_) locksmith_->stop();
  if (warden_) warden_->stop();
  if (remover_) remover_->stop();
  if (newsroom_) newsroom_->stop();
  if (clearer_) clearer_->stop();
  if (straggler_) straggler_->stop();
  if (library_) library_->stop();
  if (radio_) radio_->stop();
  siege_.heal();
  for (const auto& client : clients_) client->stop_editing();
  if (guests_) guests_->stop_editing();
  nemesis_.heal();
}

std::set<std::string> Run::workspaces() const {
  std::set<std::string> workspaces;
  for (const auto& [workspace, object] : objects_) workspaces.insert(workspace);
  return workspaces;
}

void Run::join_late() {
  std::size_t number = first_joiner(plan_);
  for (const ObjectName& object : objects_) {
    ClientSettings settings;
    settings.number = number++;
    settings.hocuspocus = settings.number % 2 == 0;
    settings.workspace = object.first;
    settings.objects = {object.second};
    settings.token = Rights::token_of(settings.number);
    settings.read_only = true;
    settings.echoes_presence = true;
    if (plan_.names.on) settings.user = NameWatch::claim_of(settings.number, 0);
    clients_.push_back(make_client(world_, network_, book_, settings));
    clients_.back()->start();
  }
}

std::string Run::who_lags() {
  if (server_.process() == nullptr) return "the server is not up";
  if (guests_)
    if (std::string why = guests_->why_not(); !why.empty()) return why;
  if (warden_)
    if (std::string why = warden_->why_not(); !why.empty()) return why;
  if (newsroom_)
    if (std::string why = newsroom_->why_not(); !why.empty()) return why;
  if (library_)
    if (std::string why = library_->why_not(); !why.empty()) return why;
  if (radio_)
    if (std::string why = radio_->why_not(); !why.empty()) return why;
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
    if (client->settings().number >= first_joiner(plan_))
      if (std::string why = presence_lags(*client); !why.empty()) return why;
  return {};
}

// Compares whom a late joiner sees with who is connected.
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
    oracle_.check_told(server_, network_, clients_);
    presence_.look(clients_);
    siege_.look(clients_);
    issuer_.look();
    names_.look(clients_);
    if (locksmith_) locksmith_->look();
    why = who_lags();
    if (why.empty()) return true;
  }
  world_.violated(kLiveness, fmt::format("{} s after everything healed: {}",
                                         plan_.phase_two_us / kSecond, why));
  return false;
}

// The final checks of the auditor and of every oracle.
void Run::take_stock() {
  auditor_.ask();
  for (int i = 0; i < 60 && auditor_.waits(); ++i)
    if (!pass(world_.now_us() + kSecond)) return;
  const DiskTables& stored = server_.process()->store->tables();
  rights_.check(world_, stored);
  auditor_.check(stored);
  custodian_.check(stored);
  names_.check(stored);
  // The oracles still compare with what was dropped.
  const AppendedTables tables(stored);
  server_.note_clock();
  old_log_.check(tables);
  oracle_.check_all(tables, clients_, server_.max_unix_ms());
  visitors_.check(tables);
  historians_.check(tables);
  archivist_.check(tables);
  if (guests_) guests_->check(tables);
  if (lodgers_) lodgers_->check(tables);
  if (locksmith_) locksmith_->check(tables);
  if (warden_) warden_->check(tables);
  if (remover_) remover_->check(stored);
  if (newsroom_) newsroom_->check(stored);
  if (clearer_) clearer_->check(stored);
  if (library_) library_->check(stored);
  if (radio_) radio_->check(stored);
  for (const std::string& workspace : workspaces()) {
    freeze_.check(tables, workspace);
    check_checkouts(world_, tables, workspace);
  }
  if (!world_.violation) tamper_with_copy();
  if (!world_.violation && plan_.siege.on && !guests_) leave_all();
  if (!world_.violation) check_undo();
}

// What was held and counted for clients returns to zero when all have left.
void Run::leave_all() {
  for (const auto& client : clients_) client->go_offline();
  std::string remains;
  for (int i = 0; i < 120; ++i) {
    if (!pass(world_.now_us() + kSecond)) return;
    remains = siege_.what_remains();
    if (remains.empty()) return world_.hit(Probe::everything_returned);
  }
  world_.violated(kBounded, "everybody has left, and the server still has " + remains);
}

// Last, because it edits.
void Run::check_undo() {
  for (const auto& client : clients_)
    for (Replica& replica : client->replicas()) {
      if (const std::string why = replica.editor->undo_and_redo(); !why.empty())
        return world_.violated(kTimeTravel, client->name() + ": " + why);
      if (client->settings().undoes) world_.hit(Probe::undone_and_redone);
    }
}

void Run::tamper_with_copy() {
  Dice dice = world_.dice.fork("tampering");
  const auto how = static_cast<Tampering>(dice.below(static_cast<std::size_t>(Tampering::kCount)));
  const std::set<std::string> all = workspaces();
  if (all.empty()) return;  // in a plan that was made very small
  const std::string& workspace = *std::next(all.begin(), dice.below(all.size()));
  const log::SignedCheckpoint* witness = auditor_.newest(workspace);
  if (witness == nullptr) return;
  const Noticed noticed =
      tamper(disk_.contents(), workspace, *witness, Auditor::identity(), how, dice.fork("how"));
  if (noticed == Noticed::kByItsDefence) world_.hit(Probe::tampering_noticed);
  if (noticed == Noticed::kByNobody)
    world_.violated(kTampering,
                    fmt::format("{}: {}, and that is not noticed", workspace, to_string(how)));
}

RunResult Run::go() {
  begin();
  bool sound = true;
  while (sound && world_.now_us() < plan_.phase_one_us) {
    sound = pass(std::min(plan_.phase_one_us, world_.now_us() + kSecond));
    check_admitted();
    oracle_.check_bounds(server_, network_);
    oracle_.check_told(server_, network_, clients_);
    presence_.look(clients_);
    siege_.look(clients_);
    issuer_.look();
    names_.look(clients_);
    if (locksmith_) locksmith_->look();
  }
  if (sound) {
    heal();
    join_late();
    if (settle()) take_stock();
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
