// Server: the server's process: the product's store, the shards of its loops, their sessions and its HTTP
// API, on a simulated disk and network, with the faults that can hit a process. Several loops share nothing but tasks that
// they post to each other (sim/loop.h).
//
// It includes an operator, who restarts the process some time after it died, and brings back a good
// copy of the disk if it refuses to start because of damage.
//
//   down -> recovering -> up -> down …
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/context.h"
#include "base/memory_account.h"
#include "base/memory_budget.h"
#include "hooks/hook_sender.h"
#include "http/exchange.h"
#include "identity/access.h"
#include "identity/ticket_authenticator.h"
#include "identity/token_kinds.h"
#include "limits/rates.h"
#include "limits/tenants.h"
#include "log/checkpoint_keeper.h"
#include "log/notary.h"
#include "merge/type_registry.h"
#include "node/known_types.h"
#include "node/revoke.h"
#include "node/shards.h"
#include "node/workers.h"
#include "observe/report.h"
#include "policy/decider.h"
#include "session/limits.h"
#include "sim/disk_store.h"
#include "sim/jobs_watch.h"
#include "sim/key_table.h"
#include "sim/memory_imports.h"
#include "sim/network.h"
#include "state/object_cache.h"
#include "state/retention_keeper.h"
#include "workspace/presence.h"

namespace syncline::sim {

// Sees what a process makes of a credential, in the turn in which it answers; the loop is that of the process.
using DoorWatch = std::function<void(const identity::Credential& asked, const Scheduler& loop,
                                     const Result<identity::Principal>& answer)>;

// The tokens that a process knows. Those of tenants change while it runs; those of clients do not.
class Tokens final : public identity::Authenticator {
 public:
  // `clients` and `watch`, which may be empty, must outlive it.
  Tokens(const identity::Authenticator& clients, identity::Access tenants, const DoorWatch& watch)
      : clients_(clients), tenants_(std::move(tenants)), watch_(watch) {}

  void replace_tenants(identity::Access tenants) { tenants_ = std::move(tenants); }
  bool open() const override { return clients_.open(); }
  void authenticate(const identity::Credential& credential, Scheduler& loop,
                    Done done) const override;

 private:
  const identity::Authenticator& clients_;
  identity::Access tenants_;
  const DoorWatch& watch_;
};

struct ServerSettings {
  session::Limits limits;
  state::CacheLimits cache;
  StoreSpeed store;
  state::RetentionPace retention;
  std::optional<workspace::ErasurePace> erasure = {};  // nullopt: what is deleted stays hidden
  state::LoopShare loop_share;
  std::size_t retention_by_hand = 16;  // events that one request to apply a rule processes
  log::CheckpointPace checkpoints;
  limits::Rates rates = limits::default_rates();
  workspace::PresenceLimits presence;
  bool stamp_presence = false;
  std::size_t memory_bytes = 0;  // that the process may use; 0: memory is no reason for anything
  std::uint64_t recovery_us = 100'000;
  std::uint64_t restart_us = 1'000'000;  // until the operator restarts it
  std::uint64_t turn_us = 20;
  std::size_t loops = 1;
  std::uint64_t loop_delay_us =
      0;  // with several: how long a task on its way to another one takes, most often
  bool tenant_policies = false;  // there are policies of whole tenants
  std::size_t workers = 1;
  std::size_t large_job_bytes = 100'000;
  std::uint64_t worker_turn_us = 2'000;  // of workers, whose jobs take long
  std::vector<limits::TenantRecord> tenants = {};
  std::optional<identity::TicketLimits> tickets =
      {};              // nullopt: there are neither API keys nor tickets
  bool lanes = false;  // its loop shares its time out between workspaces
  bool audit = false;  // it keeps an audit log
  ClockSkew skew;
};

class Server final : public Network::Acceptor {
 public:
  // Everything that a process has in memory.
  struct Process {
    Process(World& world, Server& server, std::unique_ptr<DiskStore> opened);
    ~Process() {
      alive.reset();
      for (const auto& each : worker_loops) each->stop();
      desk_loop.stop();
      for (Loop* each : loops())
        each->stop();  // sessions that wait for their end still use the rest
    }

    void count_uses();
    void keep_up_keys();

    // With one loop, that is all there is.
    node::Shard& shard() { return *shards.at(0); }
    const node::Shard& shard() const { return *shards.at(0); }
    std::size_t home_of(std::string_view workspace) const {
      return shards.placement().owner_of(workspace);
    }
    node::Shard& shard_of(std::string_view workspace) { return *shards.at(home_of(workspace)); }
    Loop& loop_of(std::string_view workspace) { return *loops()[home_of(workspace)]; }
    std::vector<Loop*> loops();
    // The loop whose turn it is to take a connection of the HTTP API.
    std::size_t next_loop() { return next_loop_++ % shards.size(); }

    limits::TenantTable tenants;
    workspace::DeletedWorkspaces deleted;
    const identity::Access shared;  // a process reads the rights of tokens when it starts
    const std::unique_ptr<identity::Authenticator> issued;         // may be nullptr
    const std::unique_ptr<KeyTable> keys;                          // the same
    const std::unique_ptr<identity::TicketAuthenticator> tickets;  // the same
    const node::RevocationsOfLoops revoked;
    const identity::TokenKinds clients;
    Tokens access;
    const limits::TenantDoor door;
    Loop loop;  // the first one
    const std::vector<std::unique_ptr<Loop>> more_loops;
    Loop desk_loop;  // where urgent jobs wait for a worker
    const std::vector<std::unique_ptr<Loop>> worker_loops;
    const std::shared_ptr<MemoryBudget> memory;    // may be nullptr
    const std::unique_ptr<AccountTable> accounts;  // may be nullptr
    std::unique_ptr<DiskStore> store;
    node::Workers workers;
    JobsWatch jobs;  // the way to the workers
    const std::atomic<bool> ready = true;
    node::Shards shards;
    MemoryImports imports;
    api::Context api;
    const http::Handler serve;  // serves the HTTP API; on the loop
    std::shared_ptr<const int> alive = std::make_shared<const int>();  // destroyed first

   private:
    void set_up_loops(World& world, const ServerSettings& settings);
    node::ShardOptions shard_options(Server& server);
    std::size_t next_loop_ = 0;
  };

  Server(World& world, Network& network, Disk& disk, ServerSettings settings,
         std::function<identity::Access()> access, const log::NotaryIdentity& identity);
  ~Server() override;

  // Processes that start from now on ask `decider`, too, about every request. It must outlive them.
  void ask(const policy::Decider& decider) { deciders_.push_back(&decider); }
  // Who judges tokens that are no shared ones, for processes that start from now on.
  using JudgeTokens =
      std::function<std::unique_ptr<identity::Authenticator>(const identity::Access& shared)>;
  void ask(JudgeTokens judge) { judge_tokens_ = std::move(judge); }
  // Where processes report that start from now on; nullptr: nowhere. It must outlive them.
  void report_to(observe::Sink* reports) { reports_ = reports; }
  // Sees the answers to all credentials, also those of the present process.
  void watch_door(DoorWatch watch) { door_watch_ = std::move(watch); }
  // How processes send webhooks that start from now on. It must outlive them.
  void send_hooks_through(hooks::HookSender* sender) { hook_sender_ = sender; }
  // Which types of objects processes know that start from now on; `types` outlives the server.
  void know(const merge::TypeRegistry& types) { types_ = &types; }

  void start();
  enum class Death { kKilled, kPowerLoss, kExit };
  void die(Death how);
  void pause_for(std::uint64_t duration_us);
  void slow_down(std::uint64_t factor);
  // The workers do nothing for so long, as if each had a long job.
  void stall_workers(std::uint64_t duration_us);
  // As after SIGTERM: closes its connections, and is started again.
  void drain();
  void jump_clock(std::int64_t ms);
  // Where the tokens of tenants come from, for this process and the next ones. Call it again when they change.
  void set_tenant_tokens(std::function<identity::Access()> tokens);
  // A power loss interrupts the next recovery.
  void crash_next_recovery() { crash_next_recovery_ = true; }
  void heal();
  // While a workspace is being imported, nobody is admitted to it.
  void set_importing(const std::string& workspace, bool on);
  bool importing(const std::string& workspace) const { return importing_.contains(workspace); }
  // The operator has restored a whole disk, and has all objects tried again.
  void disk_restored();
  // Injected damage explains a refusal to start. Without it, a refusal breaks an invariant.
  void expect_damage() { expects_damage_ = true; }
  bool expects_damage() const { return expects_damage_; }

  // Called when a process has recovered, before it serves.
  void on_recovered(std::function<void(Process&)> callback) { on_recovered_ = std::move(callback); }

  Process* process() { return process_.get(); }  // null: down or recovering
  const Process* process() const { return process_.get(); }
  void gather();  // copies the product's own counters into the probes
  Disk& disk() { return disk_; }
  const ServerSettings& settings() const { return settings_; }
  // The highest time that its clocks ever showed.
  std::uint64_t max_unix_ms() const { return max_unix_ms_; }
  void note_clock();

  Loop* loop() override { return process_ ? &process_->loop : nullptr; }
  Loop* loop_for(const Hello& hello) override {
    return process_ ? &process_->loop_of(hello.workspace) : nullptr;
  }
  std::unique_ptr<session::ConnectionHandler> accept(const Hello& hello) override;

 private:
  void recover();
  // `held`: an import of it is under way.
  Result<void> admit(const std::string& workspace, bool held);
  void serve(std::unique_ptr<DiskStore> store);
  void storage_failed(const Error& error);
  void apply_skew();
  void gather(const node::Shard& shard);
  void start_later();
  // A pause of the process or of its workers ends.
  void resume_workers();

  World& world_;
  Network& network_;
  Disk& disk_;
  ServerSettings settings_;
  const std::function<identity::Access()> access_;
  JudgeTokens judge_tokens_;
  std::function<identity::Access()> tenant_access_ = [] { return identity::Access(); };
  DoorWatch door_watch_;  // may be empty
  const identity::TicketAuthenticator::Secrets ticket_secrets_;
  const log::NotaryIdentity& identity_;
  std::set<std::string, std::less<>> importing_;
  const merge::TypeRegistry* types_ = &node::known_types();
  observe::Sink* reports_ = nullptr;
  hooks::HookSender* hook_sender_ = nullptr;
  std::vector<const policy::Decider*> deciders_;
  Dice dice_;
  std::unique_ptr<Process> process_;
  std::function<void(Process&)> on_recovered_;
  std::uint64_t max_unix_ms_ = 0;
  std::uint64_t life_ =
      0;  // grows with every start and death: what was planned for another is void
  bool starting_ = false;
  bool crash_next_recovery_ = false;
  bool expects_damage_ = false;
};

}  // namespace syncline::sim
