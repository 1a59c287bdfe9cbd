#include "sim/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/serve.h"
#include "base/qualified_name.h"
#include "node/memory_plan.h"
#include "session/hocuspocus_session.h"
#include "session/y_session.h"
#include "sim/invariants.h"
#include "store/directory.h"
#include "store/reads.h"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kKeysUpkeepMs = 5'000;
constexpr std::size_t kLargestMessage = 64'000;  // that a client of the simulator sends

std::vector<std::unique_ptr<Loop>> make_loops(Timeline& timeline, std::size_t count) {
  std::vector<std::unique_ptr<Loop>> loops;
  for (; count > 0; --count) loops.push_back(std::make_unique<Loop>(timeline));
  return loops;
}

std::vector<Scheduler*> schedulers(const std::vector<std::unique_ptr<Loop>>& loops) {
  std::vector<Scheduler*> all;
  for (const auto& loop : loops) all.push_back(loop.get());
  return all;
}

std::vector<Scheduler*> all_loops(Loop& first, const std::vector<std::unique_ptr<Loop>>& more) {
  std::vector<Scheduler*> all = schedulers(more);
  all.insert(all.begin(), &first);
  return all;
}

std::shared_ptr<MemoryBudget> make_budget(const ServerSettings& settings) {
  const std::size_t bytes = settings.memory_bytes;
  if (bytes == 0) return nullptr;
  return std::make_shared<MemoryBudget>(bytes, settings.loops,
                                        node::limits_of(node::plan_memory(bytes)));
}

std::unique_ptr<AccountTable> make_accounts(MemoryBudget* budget) {
  if (budget == nullptr) return nullptr;
  return std::make_unique<AccountTable>(
      node::limits_of_accounts(node::plan_memory(budget->limit()), kLargestMessage), budget);
}

Result<std::vector<identity::Revocation>> revocations_in(const DiskStore& store) {
  return node::stored_revocations([&](const std::string& after, std::size_t limit) {
    return store::read_directory(store.tables(), log::DirectoryKind::kRevocation, "", after, limit);
  });
}

Result<std::vector<log::DirectoryEntry>> uses_in(const DiskStore& store) {
  return store::read_directory(store.tables(), log::DirectoryKind::kTenant, "/", "", 1000);
}

Result<void> read_deleted(const DiskStore& store, workspace::DeletedWorkspaces& into) {
  return workspace::load_deleted_workspaces(
      [&](const std::string& after, std::size_t limit) {
        return store::read_directory(store.tables(), log::DirectoryKind::kDeleted, "", after,
                                     limit);
      },
      into);
}

// As in production, a server does not start if it cannot read these.
Result<void> check_records(const DiskStore& store) {
  if (auto revocations = revocations_in(store); !revocations)
    return std::unexpected(std::move(revocations.error()));
  if (auto uses = uses_in(store); !uses) return std::unexpected(std::move(uses.error()));
  workspace::DeletedWorkspaces deleted;
  if (auto names = read_deleted(store, deleted); !names) return names;
  return KeyTable::check(store.tables());
}

// The secret that signs tickets is in a file of its own in production.
identity::TicketAuthenticator::Secrets make_ticket_secrets(Dice dice) {
  identity::TicketSecret secret{.id = 1};
  for (std::uint8_t& byte : secret.bytes) byte = static_cast<std::uint8_t>(dice.next());
  return std::make_shared<const std::vector<identity::TicketSecret>>(1, secret);
}

// Workers are of different speeds, so jobs of several end in all orders.
std::uint64_t turn_of_worker(const ServerSettings& settings, std::size_t worker) {
  return std::max<std::uint64_t>(settings.worker_turn_us / (worker + 1), 1);
}

}  // namespace

Server::Process::Process(World& world, Server& server, std::unique_ptr<DiskStore> opened)
    : shared(server.access_()),
      issued(server.judge_tokens_ ? server.judge_tokens_(shared) : nullptr),
      keys(server.settings_.tickets
               ? std::make_unique<KeyTable>(
                     opened->tables(),
                     [this]() -> log::DirectoryStore& { return shard().store->directory(); })
               : nullptr),
      tickets(
          keys == nullptr
              ? nullptr
              : std::make_unique<identity::TicketAuthenticator>(
                    identity::TicketAuthenticator::Sources{
                        .secrets = [&server] { return server.ticket_secrets_; },
                        .withdrawn = [this](std::string_view token,
                                            std::uint64_t) { return keys->is_withdrawn(token); }})),
      revoked([this] { return &shards; }),
      clients(
          shared,
          {.keys = keys.get(), .tickets = tickets.get(), .jwt = issued.get(), .revoked = &revoked}),
      access(clients, server.tenant_access_(), server.door_watch_),
      door(access, tenants),
      loop(world.timeline),
      more_loops(make_loops(world.timeline, server.settings_.loops - 1)),
      desk_loop(world.timeline),
      worker_loops(make_loops(world.timeline, server.settings_.workers)),
      memory(make_budget(server.settings_)),
      accounts(make_accounts(memory.get())),
      store(std::move(opened)),
      workers(schedulers(worker_loops), &desk_loop,
              {.memory = memory.get(),
               .large_job_bytes = server.settings_.large_job_bytes,
               .most_steps = server.settings_.loop_share.most_steps}),
      jobs(world, workers),
      shards(all_loops(loop, more_loops)),
      api{.shards = shards,
          .access = door,
          .tenants = &tenants,
          .imports = &imports,
          .api_keys = keys.get(),
          .tickets = tickets.get(),
          .ticket_limits = server.settings_.tickets.value_or(identity::TicketLimits{}),
          .keys = [&identity = server.identity_]() -> Result<api::PublicKeys> {
            return api::PublicKeys{identity.log_name, {identity.signers.front().verifier()}};
          },
          .ready = ready,
          .retention_events = server.settings_.retention_by_hand},
      serve(api::make_handler(api)) {
  // What waits for the disk is charged there, and is destroyed when the disk would have answered.
  if (memory != nullptr) world.kept.push_back(memory);
  for (const limits::TenantRecord& record : server.settings_.tenants) tenants.put(record);
  set_up_loops(world, server.settings_);
  for (std::size_t i = 0; i < worker_loops.size(); ++i) {
    Loop& worker = *worker_loops[i];
    worker.skew() = server.settings_.skew;
    worker.set_turn_us(turn_of_worker(server.settings_, i));
    workers.set(i, store->open_loop(worker), *server.types_);
  }
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::string salts = i == 0 ? std::string("salts") : fmt::format("salts of loop {}", i);
    shards.set(i, std::make_unique<node::Shard>(
                      *loops()[i], std::make_unique<Dice>(world.dice.fork(salts, world.now_us())),
                      store->open_loop(*loops()[i]), server.identity_, shards.placement(), i,
                      shard_options(server)));
  }
  count_uses();
  if (keys != nullptr) keep_up_keys();
  imports.serve(shards);
  for (std::size_t i = 0; i < shards.size(); ++i) shards.at(i)->checkpoints.look_through();
}

std::vector<Loop*> Server::Process::loops() {
  std::vector<Loop*> all = {&loop};
  for (const auto& each : more_loops) all.push_back(each.get());
  return all;
}

void Server::Process::set_up_loops(World& world, const ServerSettings& settings) {
  for (Loop* each : loops()) {
    each->skew() = settings.skew;
    each->set_turn_us(settings.turn_us);
  }
  desk_loop.skew() = settings.skew;
  if (settings.lanes) loop.share_out(world.dice.fork("lanes", world.now_us()));
  for (std::size_t i = 0; settings.loop_delay_us > 0 && i < shards.size(); ++i) {
    std::vector<const Loop*> others;
    for (const Loop* each : loops())
      if (each != loops()[i]) others.push_back(each);
    loops()[i]->hear_late(std::move(others),
                          world.dice.fork(fmt::format("delays of loop {}", i), world.now_us()),
                          settings.loop_delay_us);
  }
}

node::ShardOptions Server::Process::shard_options(Server& server) {
  (void)read_deleted(*store, deleted);  // recover() checked
  return {.types = *server.types_,
          .cache = server.settings_.cache,
          .checkpoint_pace = server.settings_.checkpoints,
          .retention_pace = server.settings_.retention,
          .erasure_pace = server.settings_.erasure,
          .rates = server.settings_.rates,
          .presence = server.settings_.presence,
          .stamp_presence = server.settings_.stamp_presence,
          .tenant_policies_through = server.settings_.tenant_policies ? &shards : nullptr,
          .audit_through = server.settings_.audit ? &shards : nullptr,
          .memory = memory.get(),
          .accounts = accounts.get(),
          .tenants = &tenants,
          .gate =
              [&server, this](const identity::Caller&, const std::string& workspace) {
                return server.admit(workspace, imports.holds(workspace));
              },
          .revocations = revocations_in(*store).value_or(
              std::vector<identity::Revocation>()),  // recover() checked
          .deciders = server.deciders_,
          .on_storage_failure = [&server](const Error& error) { server.storage_failed(error); },
          .jobs = &jobs,
          .loop_share = server.settings_.loop_share,
          .hook_sender = server.hook_sender_,
          .hook_key = Bytes(hooks::kKeyBytes, 7),
          .deleted = &deleted,
          .reports = server.reports_};
}

// As backend/server/node.cpp does it in production. recover() has checked that the records can be read.
void Server::Process::count_uses() {
  const auto uses = uses_in(*store);
  for (const log::DirectoryEntry& entry : uses.value_or(std::vector<log::DirectoryEntry>())) {
    const auto use = limits::decode_use(entry.value);
    const limits::SharedTenant tenant = tenants.find(split_name(entry.id).tenant);
    if (!use || tenant == nullptr) continue;
    tenant->add(limits::Quota::kWorkspaces, 1);
    tenant->add(limits::Quota::kObjects, static_cast<std::int64_t>(use->objects));
    tenant->add(limits::Quota::kStoredBytes, static_cast<std::int64_t>(use->bytes));
    shard_of(entry.id).uses.restore(entry.id, *use);
  }
}

// As backend/server/node.cpp does it in production.
void Server::Process::keep_up_keys() {
  loop.after(kKeysUpkeepMs, [this] {
    keys->keep_up(loop.unix_ms());
    keep_up_keys();
  });
}

void Tokens::authenticate(const identity::Credential& credential, Scheduler& loop,
                          Done done) const {
  if (!tenants_.open())
    if (auto known = tenants_.authenticate(credential.token)) return done(std::move(known));
  if (watch_)
    done = [this, &loop, token = std::string(credential.token),
            workspace = std::string(credential.workspace), object = std::string(credential.object),
            may_ask = credential.may_ask,
            done = std::move(done)](Result<identity::Principal> answer) mutable {
      watch_({.token = token, .workspace = workspace, .object = object, .may_ask = may_ask}, loop,
             answer);
      done(std::move(answer));
    };
  clients_.authenticate(credential, loop, std::move(done));
}

void Server::set_tenant_tokens(std::function<identity::Access()> tokens) {
  tenant_access_ = std::move(tokens);
  if (process_) process_->access.replace_tenants(tenant_access_());
}

Server::Server(World& world, Network& network, Disk& disk, ServerSettings settings,
               std::function<identity::Access()> access, const log::NotaryIdentity& identity)
    : world_(world),
      network_(network),
      disk_(disk),
      settings_(settings),
      access_(std::move(access)),
      ticket_secrets_(make_ticket_secrets(world.dice.fork("ticket secret"))),
      identity_(identity),
      dice_(world.dice.fork("server")) {
  network_.set_acceptor(this);
}

Server::~Server() {
  network_.set_acceptor(nullptr);
  if (!process_) return;
  for (Loop* each : process_->loops()) network_.process_gone(*each, false);
}

// ---- starting

void Server::start() {
  if (process_ || std::exchange(starting_, true)) return;
  world_.trace.note(Kind::kProcess, "server", 1, 0, [] { return "starts"; });
  const std::uint64_t life = ++life_;
  const std::uint64_t duration = settings_.recovery_us / 2 + dice_.below(settings_.recovery_us + 1);
  if (std::exchange(crash_next_recovery_, false)) {
    world_.timeline.after(dice_.below(duration), [this, life] {
      if (life != life_) return;
      world_.hit(Probe::crash_in_recovery);
      die(Death::kPowerLoss);
    });
  }
  world_.timeline.after(duration, [this, life] {
    if (life == life_) recover();
  });
}

void Server::recover() {
  auto store = DiskStore::open(world_, disk_, settings_.store);
  if (store)
    if (auto sound = check_records(**store); !sound)
      store = std::unexpected(std::move(sound.error()));
  if (!store) {
    world_.trace.note(Kind::kProcess, "server", 2, 0,
                      [&] { return "refuses to start: " + store.error().message; });
    if (!expects_damage_)
      return world_.violated(kDurable, "the server refuses to start, and nothing was damaged: " +
                                           store.error().message);
    world_.hit(Probe::damage_refused);
    disk_.restore();
    starting_ = false;
    return start_later();
  }
  if ((*store)->torn_bytes() > 0) world_.hit(Probe::torn_tail_dropped);
  // The bytes that were found may only be in the page cache.
  const std::uint64_t life = life_;
  disk_.rewrite([this, life, store = std::move(*store)](Result<void> synced) mutable {
    if (life != life_) return;
    if (!synced) return die(Death::kExit);
    serve(std::move(store));
  });
}

void Server::serve(std::unique_ptr<DiskStore> store) {
  starting_ = false;
  process_ = std::make_unique<Process>(world_, *this, std::move(store));
  world_.trace.note(Kind::kProcess, "server", 3, disk_.contents().size(), [&] {
    return fmt::format("is up, {} bytes on disk, {} torn", disk_.contents().size(),
                       process_->store->torn_bytes());
  });
  network_.reset_orphans();
  process_->store->go_on_with_removals();
  if (on_recovered_) on_recovered_(*process_);
}

void Server::start_later() {
  const std::uint64_t life = life_;
  world_.timeline.after(settings_.restart_us / 2 + dice_.below(settings_.restart_us + 1),
                        [this, life] {
                          if (life == life_) start();
                        });
}

// ---- ending

void Server::die(Death how) {
  if (!process_ && !starting_) return;
  world_.trace.note(Kind::kProcess, "server", 4, static_cast<std::uint64_t>(how), [&] {
    return how == Death::kKilled ? "is killed" : how == Death::kExit ? "exits" : "loses power";
  });
  ++life_;
  starting_ = false;
  gather();
  if (process_) {
    for (Loop* each : process_->loops()) network_.process_gone(*each, how != Death::kPowerLoss);
    process_.reset();
  }
  how == Death::kPowerLoss ? disk_.lose_power() : disk_.forget_callers();
  start_later();
}

// The product reports that it must stop serving. This must not end it within its own call.
void Server::storage_failed(const Error& error) {
  world_.trace.note(Kind::kProcess, "server", 5, static_cast<std::uint64_t>(error.code),
                    [&] { return "storage failed: " + error.message; });
  world_.timeline.after(0, [this, life = life_] {
    if (life == life_) die(Death::kExit);
  });
}

void Server::drain() {
  if (!process_) return;
  world_.trace.note(Kind::kProcess, "server", 6, 0, [] { return "drains"; });
  network_.set_acceptor(nullptr);
  for (const auto& wire : network_.wires()) wire->say_goodbye(1001);
  world_.timeline.after(1'000'000, [this, life = life_] {
    network_.set_acceptor(this);
    if (life == life_) die(Death::kExit);
  });
}

void Server::pause_for(std::uint64_t duration_us) {
  if (!process_ || process_->loop.paused()) return;
  for (Loop* each : process_->loops()) each->pause();
  process_->desk_loop.pause();
  for (const auto& worker : process_->worker_loops) worker->pause();
  world_.timeline.after(duration_us, [this, life = life_] {
    if (life != life_ || !process_) return;
    resume_workers();
    process_->desk_loop.resume();
    for (Loop* each : process_->loops()) each->resume();
  });
}

void Server::stall_workers(std::uint64_t duration_us) {
  if (!process_ || process_->worker_loops.front()->paused()) return;
  world_.hit(Probe::pool_stalled);
  for (const auto& worker : process_->worker_loops) worker->pause();
  world_.timeline.after(duration_us, [this, life = life_] {
    if (life == life_ && process_ && !process_->loop.paused()) resume_workers();
  });
}

void Server::resume_workers() {
  for (const auto& worker : process_->worker_loops)
    if (worker->paused()) worker->resume();
}

void Server::slow_down(std::uint64_t factor) {
  if (!process_) return;
  for (Loop* each : process_->loops()) each->set_turn_us(settings_.turn_us * factor);
  for (std::size_t i = 0; i < process_->worker_loops.size(); ++i)
    process_->worker_loops[i]->set_turn_us(turn_of_worker(settings_, i) * factor);
}

void Server::jump_clock(std::int64_t ms) {
  note_clock();
  settings_.skew.offset_ms += ms;
  apply_skew();
}

void Server::apply_skew() {
  if (!process_) return;
  for (Loop* each : process_->loops()) each->skew().offset_ms = settings_.skew.offset_ms;
  note_clock();
}

void Server::note_clock() {
  if (process_) max_unix_ms_ = std::max(max_unix_ms_, process_->loop.unix_ms());
}

void Server::disk_restored() {
  disk_.restore();
  if (!process_) return;
  const DiskTables& tables = process_->store->tables();
  for (const std::string& workspace :
       store::read_workspaces(tables, "", 1000).value_or(std::vector<std::string>())) {
    node::Shard& shard = process_->shard_of(workspace);
    state::Quarantine& quarantine = shard.quarantine;
    shard.host.shut().lift(workspace);
    for (const auto& each : quarantine.list(workspace, "", state::Quarantine::kLimit))
      quarantine.lift(each.workspace, each.object);
  }
}

Result<void> Server::admit(const std::string& workspace, bool held) {
  if (!held && !importing_.contains(workspace)) return {};
  world_.hit(Probe::import_refused);
  return fail(ErrorCode::kUnavailable, "the workspace is being imported");
}

void Server::set_importing(const std::string& workspace, bool on) {
  if (on) {
    importing_.insert(workspace);
  } else {
    importing_.erase(workspace);
  }
}

void Server::heal() {
  importing_.clear();
  crash_next_recovery_ = false;
  if (!process_) return;
  slow_down(1);
  if (process_->desk_loop.paused()) process_->desk_loop.resume();
  for (Loop* each : process_->loops())
    if (each->paused()) each->resume();
  resume_workers();
}

// The product's own counters tell which branches were reached.
void Server::gather() {
  if (!process_) return;
  note_clock();
  for (std::size_t i = 0; i < process_->shards.size(); ++i) gather(*process_->shards.at(i));
}

void Server::gather(const node::Shard& shard) {
  const auto& cache = shard.cache.counters();
  world_.hit(Probe::evicted, cache.evictions);
  world_.hit(Probe::snapshot_written, cache.snapshots);
  world_.hit(Probe::snapshot_delta_written, cache.snapshot_deltas);
  world_.hit(Probe::damaged_snapshot_rebuilt, cache.damaged_snapshots);
  world_.hit(Probe::damaged_event_read, cache.load_failures);
  world_.hit(Probe::known_change, shard.workspace_counters.changes_known);
  world_.hit(Probe::view_reset, shard.workspace_counters.resets);
  world_.hit(Probe::era_begun, shard.workspace_counters.eras);
  world_.hit(Probe::fell_behind, shard.session_counters.fell_behind);
  world_.hit(Probe::held_back, shard.session_counters.held_back);
  world_.hit(Probe::fell_back, shard.session_counters.fell_back);
  world_.hit(Probe::left_in_flight, shard.workspace_counters.left_in_flight);
  world_.hit(Probe::load_repeated, cache.loads_repeated);
  world_.hit(Probe::quarantined, shard.quarantine.added());
  world_.hit(Probe::slowed_down, shard.session_counters.slowed_down);
  world_.hit(Probe::join_put_off, shard.session_counters.joins_put_off);
  world_.hit(Probe::join_refused, shard.session_counters.joins_refused);
  world_.hit(Probe::waiting_refused, shard.workspace_counters.waiting_refused);
  world_.hit(Probe::presence_over_limit, shard.session_counters.awareness_dropped);
  const auto& retention = shard.retention.counters();
  world_.hit(Probe::payloads_dropped, retention.payloads);
  world_.hit(Probe::drop_failed, retention.failures);
  world_.hit(Probe::drop_held, retention.held);
}

// ---- serving

namespace {

// Without a peer, everybody whom the simulator asks answers at once; and nobody is asked for keys, because the session
// exists at once.
Result<identity::Principal> judge_now(Server::Process& process, const Hello& hello) {
  Result<identity::Principal> judged = fail(ErrorCode::kUnavailable, "no answer");
  process.door.authenticate(
      {.token = hello.token,
       .workspace = hello.workspace,
       .object = hello.object,
       .may_ask = false,
       .tenant = hello.tenant},
      process.loop_of(hello.workspace),
      [&judged](Result<identity::Principal> principal) { judged = std::move(principal); });
  return judged;
}

}  // namespace

std::unique_ptr<session::ConnectionHandler> Server::accept(const Hello& hello) {
  // As node/accept.cpp does it in production. The actor names the client.
  Process& process = *process_;
  node::Shard& shard = process.shard_of(hello.workspace);
  if (shard.refuses_for_memory()) {
    world_.hit(Probe::handshake_put_off);
    return nullptr;
  }
  const std::string actor = fmt::format("{}#{}", hello.client, hello.connection);
  if (hello.hocuspocus) {
    return std::make_unique<session::HocuspocusSession>(
        session::HocuspocusOptions{.host = shard.host,
                                   .workspace = hello.workspace,
                                   .tenant = hello.tenant,
                                   .access = process.door,
                                   .sessions = &shard.sessions,
                                   .actor = actor,
                                   .limits = settings_.limits,
                                   .rates = &shard.rates,
                                   .counters = shard.session_counters});
  }
  auto principal = judge_now(process, hello);
  const std::string workspace =
      qualified(principal ? principal->tenant() : std::string_view(), hello.workspace);
  if (!shard.host.has_place(workspace)) return nullptr;
  return std::make_unique<session::YSession>(
      session::YSessionOptions{.host = shard.host,
                               .workspace = workspace,
                               .object = hello.object,
                               .principal = std::move(principal),
                               .actor = actor,
                               .wants_saved = hello.wants_saved,
                               .sessions = &shard.sessions,
                               .limits = settings_.limits,
                               .rates = &shard.rates,
                               .counters = shard.session_counters});
}

}  // namespace syncline::sim
