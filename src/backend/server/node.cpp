#include "backend/server/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "api/files.h"
#include "api/serve.h"
#include "backend/keys/key_ring.h"
#include "backend/net/event_loop.h"
#include "backend/net/loop_watch.h"
#include "backend/net/server.h"
#include "backend/net/system_random.h"
#include "backend/process/descriptors.h"
#include "backend/process/memory_watch.h"
#include "backend/process/shared_accounts.h"
#include "backend/process/shared_deleted_workspaces.h"
#include "backend/process/shared_tenants.h"
#include "backend/process/thread_priority.h"
#include "backend/process/thread_times.h"
#include "backend/report/log_writer.h"
#include "backend/server/backup_service.h"
#include "backend/server/import_service.h"
#include "backend/server/node_options.h"
#include "backend/server/process_metrics.h"
#include "backend/store/deleted_workspaces.h"
#include "backend/store/erase_tenants.h"
#include "backend/store/rocksdb_store.h"
#include "backend/store/tenant_records.h"
#include "backend/tokens/api_key_table.h"
#include "backend/tokens/ticket_secrets.h"
#include "backend/web/assets.h"
#include "base/assert.h"
#include "base/qualified_name.h"
#include "identity/token_kinds.h"
#include "limits/tenants.h"
#include "limits/who.h"
#include "node/accept.h"
#include "node/identify.h"
#include "node/memory_plan.h"
#include "node/revoke.h"
#include "node/shards.h"
#include "node/tenant_choice.h"
#include "node/workers.h"
#include "state/quarantine.h"
#include "store/directory.h"
#include "syncline/version.h"

namespace syncline::backend {
namespace {

constexpr std::uint64_t kTokenUpkeepMs = 60'000;
constexpr std::uint64_t kQuietMs = 1000;  // how long draining waits for pending appends
constexpr std::size_t kMostWriteBufferBytes = std::size_t{32} << 20;  // of one family of tables

}  // namespace

// The members are in the order of construction. stop() runs before they are destroyed in reverse
// order.
struct Node::Impl {
  Impl(NodeOptions node_options, std::unique_ptr<IdentityService> identity_service)
      : options(std::move(node_options)),
        identity(std::move(identity_service)),
        reporter(options.log, observe::Area::kServer),
        plan(node::plan_memory(options.memory_bytes)) {
    // Members are destroyed in reverse order: first the loops with their tasks, then what these are charged to.
    constexpr std::less<const void*> before;
    SYNCLINE_ASSERT(before(&memory, &accounts) && before(&accounts, &loops) &&
                    before(&loops, &worker_loops) && before(&worker_loops, &workers));
  }
  ~Impl() { stop(); }

  Result<void> start();
  Result<void> listen();
  Result<void> listen_for_metrics();
  Result<void> open_tokens();
  void keep_up_tokens();
  Result<void> open_tenants();
  Result<void> count_uses();
  void start_workers();
  Result<void> start_shards();
  node::TokenCookies cookies() const { return {options.token_cookie, options.cors_origins}; }
  void report_private(const MadePrivate& made) const;
  ProcessSample process_sample() const;
  void compose();  // builds the handlers for requests and WebSockets
  Result<void> gate(const std::string& workspace) const;
  Result<void> health() const;
  void clock_alarm(const std::string& what);
  Result<api::PublicKeys> public_keys() const;
  bool unsigned_events();  // true if some events are not covered by a checkpoint
  bool busy();             // true if something that clients sent is not durable yet
  void stop();

  const NodeOptions options;
  const node::RevocationsOfLoops revoked{[this] { return shards.get(); }};
  std::unique_ptr<IdentityService> identity;
  std::unique_ptr<ApiKeyTable> api_keys;  // these six are asked on all loops
  std::unique_ptr<TicketSecrets> ticket_secrets;
  std::optional<identity::TicketAuthenticator> tickets;
  std::optional<identity::TokenKinds> tokens;
  const observe::Reporter reporter;
  const node::MemoryPlan plan;
  std::uint64_t started_unix_ms = 0;
  std::size_t max_connections = 0;
  std::atomic<bool> ready{false};
  std::atomic<bool> storage_failed{false};
  std::atomic<std::int64_t> clock_alarm_at{-1};  // in seconds
  std::atomic<bool> shut{false};                 // nobody may enter a workspace any more
  SharedDeletedWorkspaces deleted;
  std::unique_ptr<MemoryBudget> memory;      // these two outlive the loops: what tasks hold is
  std::unique_ptr<SharedAccounts> accounts;  // charged there
  std::unique_ptr<SharedTenants> tenants;
  std::optional<limits::TenantDoor> access;
  std::unique_ptr<LoopGroup> loops;
  std::unique_ptr<LoopWatch> watch;
  std::unique_ptr<MemoryWatch> memory_watch;
  std::unique_ptr<RocksDbStore> store;
  std::optional<KeyRing> keys;
  std::unique_ptr<LoopGroup> desk_loop;  // outlives the workers: jobs that end report there
  std::unique_ptr<LoopGroup> worker_loops;
  std::unique_ptr<node::Workers> workers;
  std::unique_ptr<HookService> hooks;
  std::unique_ptr<node::Shards> shards;
  std::unique_ptr<BackupService> backups;
  std::unique_ptr<ImportService> imports;
  std::unique_ptr<api::Context> api;
  std::unique_ptr<node::AcceptContext> accept;
  std::unique_ptr<Server> server;
  std::unique_ptr<Server> metrics_server;
  std::uint16_t port = 0;
  std::uint16_t metrics_port = 0;
};

namespace {

// Clients may send back what they are told of presence, in one message.
workspace::PresenceLimits presence_limits(std::size_t max_message_bytes) {
  workspace::PresenceLimits limits;
  limits.object_bytes = std::min(limits.object_bytes, max_message_bytes / 2);
  limits.object_clients = std::min(limits.object_clients, max_message_bytes / 128);
  return limits;
}

// Runs `body` on the loop and waits for it.
void run_on(EventLoop& loop, const std::function<void()>& body) {
  std::promise<void> done;
  loop.post([&] {
    body();
    done.set_value();
  });
  done.get_future().wait();
}

std::string url_host(const std::string& address) {
  if (address == "0.0.0.0" || address == "::") return "localhost";
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

}  // namespace

Result<std::unique_ptr<Node>> Node::start(NodeOptions options) {
  if (auto valid = check_options(options); !valid) return std::unexpected(std::move(valid.error()));
  auto identity = IdentityService::make(options.identity, options.log);
  if (!identity) return std::unexpected(std::move(identity.error()));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*identity));
  if (auto started = impl->start(); !started) return std::unexpected(std::move(started.error()));
  return std::unique_ptr<Node>(new Node(std::move(impl)));
}

Result<void> Node::Impl::start() {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t loop_count = options.loops == 0 ? cores : options.loops;
  reporter.info("starting", {{"version", SYNCLINE_VERSION_STRING},
                             {"data_dir", options.data_dir},
                             {"loops", loop_count}});
  const DescriptorShares shares =
      share_descriptors(raise_descriptor_limit(), options.max_connections);
  max_connections = shares.connections;
  if (shares.connections < options.max_connections)
    reporter.info("fewer connections than wanted: the process may not have more files open",
                  {{"connections", shares.connections},
                   {"wanted", options.max_connections},
                   {"files", shares.limit}});
  auto opened = RocksDbStore::open(
      {.data_dir = options.data_dir,
       .cache_bytes = plan.store_cache,
       .write_buffer_bytes = std::min(plan.store_writes / 2, kMostWriteBufferBytes),
       .all_write_buffers_bytes = plan.store_writes,
       .reserve_bytes = options.disk_reserve_bytes,
       .queue_bytes = plan.disk_queue,
       .snapshot_queue_bytes = plan.snapshots,
       .max_open_tables = shares.store,
       .change_first = erasing_tenants(options.log),
       .reports = options.log});
  if (!opened) return std::unexpected(std::move(opened.error()));
  store = std::move(*opened);
  if (store->torn_bytes() > 0)
    observe::Reporter(options.log, observe::Area::kStore)
        .warn("dropped the torn tail of the log: an append that was never acknowledged",
              {{"bytes", store->torn_bytes()}});
  report_private(store->made_private());
  auto ring = KeyRing::open(options.data_dir, options.log_name);
  if (!ring) return std::unexpected(std::move(ring.error()));
  keys = std::move(*ring);
  loops = std::make_unique<LoopGroup>(loop_count, options.log);
  started_unix_ms = (*loops)[0].unix_ms();
  if (auto opened = open_tokens(); !opened) return opened;
  auto opened_hooks =
      HookService::make(options.hooks, options.data_dir, identity->outbound(), options.log);
  if (!opened_hooks) return std::unexpected(std::move(opened_hooks.error()));
  hooks = std::move(*opened_hooks);
  memory = std::make_unique<MemoryBudget>(options.memory_bytes, loop_count, node::limits_of(plan));
  accounts = std::make_unique<SharedAccounts>(
      node::limits_of_accounts(plan, options.max_message_bytes), memory.get());
  if (auto opened_tenants = open_tenants(); !opened_tenants) return opened_tenants;
  memory_watch = std::make_unique<MemoryWatch>(*memory, options.log);
  loops->start();
  if (options.log != nullptr) watch = std::make_unique<LoopWatch>(*loops, options.log);
  std::vector<Scheduler*> schedulers;
  for (std::size_t i = 0; i < loops->size(); ++i) schedulers.push_back(&(*loops)[i]);
  identity->serve(schedulers);
  shards = std::make_unique<node::Shards>(std::move(schedulers));
  backups = std::make_unique<BackupService>(*store, options.backup_dir, options.log);
  imports = std::make_unique<ImportService>(
      options.data_dir + "/imports", *shards, options.import_idle_ms,
      [this] { return store->has_room(); }, options.log);
  start_workers();
  if (auto started = start_shards(); !started) return started;
  if (auto counted = count_uses(); !counted) return counted;
  compose();
  if (auto resumed = imports->resume(); !resumed) return resumed;
  if (auto listening = listen(); !listening) return listening;
  if (auto listening = listen_for_metrics(); !listening) return listening;
  run_on((*desk_loop)[0], [this] { keep_up_tokens(); });
  ready = true;
  return {};
}

Result<void> Node::Impl::open_tokens() {
  auto table =
      ApiKeyTable::open(store->tables(), {.with_directory = [this](auto use) {
                          shards->on(0, [use = std::move(use)](node::Shard& shard) mutable {
                            use(shard.store->directory());
                          });
                        }});
  if (!table) return std::unexpected(std::move(table.error()));
  api_keys = std::move(*table);
  auto secrets =
      TicketSecrets::open(options.data_dir, options.ticket_limits.most_ms, started_unix_ms);
  if (!secrets) return std::unexpected(std::move(secrets.error()));
  ticket_secrets = std::move(*secrets);
  tickets.emplace(identity::TicketAuthenticator::Sources{
      .secrets = [this] { return ticket_secrets->current(); },
      .withdrawn = [this](std::string_view token,
                          std::uint64_t) { return api_keys->is_withdrawn(token); }});
  tokens.emplace(options.access, identity::TokenKinds::Kinds{.keys = api_keys.get(),
                                                             .tickets = &*tickets,
                                                             .jwt = identity->jwt(),
                                                             .webhook = identity->webhook(),
                                                             .revoked = &revoked,
                                                             .required = options.require_token});
  if (tokens->open() && api_keys->any_valid(started_unix_ms))
    reporter.warn("there are API keys, but everybody is let in without one: see --require-token");
  return {};
}

// On a loop that serves nobody, because a new secret is written to the disk.
void Node::Impl::keep_up_tokens() {
  EventLoop& loop = (*desk_loop)[0];
  loop.after(kTokenUpkeepMs, [this, &loop] {
    api_keys->keep_up(loop.unix_ms());
    if (auto kept = ticket_secrets->keep_up(loop.unix_ms()); !kept)
      reporter.warn("the secret of tickets could not be replaced",
                    {{"reason", kept.error().message}});
    keep_up_tokens();
  });
}

Result<void> Node::Impl::open_tenants() {
  tenants = std::make_unique<SharedTenants>(accounts.get());
  access.emplace(*tokens, *tenants);
  const auto records = read_tenants(store->tables());
  if (!records) return std::unexpected(records.error());
  for (const limits::TenantRecord& record : *records) tenants->put(record);
  return {};
}

// What workspaces have stored, for the quotas. Nobody is let in before.
Result<void> Node::Impl::count_uses() {
  return read_uses(
      store->tables(), [this](const std::string& workspace, const limits::StoredUse& use) {
        const limits::SharedTenant tenant = tenants->find(split_name(workspace).tenant);
        if (tenant == nullptr) return;
        tenant->add(limits::Quota::kWorkspaces, 1);
        tenant->add(limits::Quota::kObjects, static_cast<std::int64_t>(use.objects));
        tenant->add(limits::Quota::kStoredBytes, static_cast<std::int64_t>(use.bytes));
        const std::size_t owner = shards->placement().owner_of(workspace);
        run_on((*loops)[owner], [&] { shards->at(owner)->uses.restore(workspace, use); });
      });
}

Result<void> Node::Impl::listen() {
  ServerOptions server_options;
  server_options.max_connections = max_connections;
  server_options.max_connections_per_network =
      options.max_connections_per_address.value_or((max_connections + 1) / 2);
  server_options.rates = options.rates;
  server_options.max_message_bytes = options.max_message_bytes;
  server_options.receive_bytes = plan.receiving;
  server_options.queue_bytes = plan.queues;
  server_options.memory = memory.get();
  server_options.reports = options.log;
  server_options.knows = [this](const http::Request& request) {
    return node::identify_now(*access, cookies(), request, shards->loop(request.loop)).has_value();
  };
  server_options.ask = [this](const http::Request& request,
                              std::move_only_function<void(bool)> done) {
    http::Request asked;  // as the API will see it, with the tenant that its address names
    asked.headers = request.headers;
    asked.raw_path = request.raw_path;
    asked.path = request.path;
    asked.query = request.query;
    asked.peer = request.peer;
    if (!node::choose_tenant(identity::TenantHosts(options.tenant_hosts), asked))
      return done(false);
    node::identify(*access, cookies(), asked, shards->loop(request.loop),
                   [done = std::move(done)](Result<identity::Caller> caller) mutable {
                     done(caller.has_value());
                   });
  };
  server_options.streams = api::brings_file;
  server_options.account_of = [this](const http::Request& request) -> SharedAccount {
    const auto caller = node::identify_now(*access, cookies(), request, shards->loop(request.loop));
    if (!caller) return nullptr;
    return accounts->account_of(limits::who_is(caller->principal, request.peer));
  };
  server = std::make_unique<Server>(*loops, server_options, api::make_handler(*api),
                                    node::make_upgrade_handler(*accept));
  auto listening = server->listen({.address = options.address,
                                   .port = options.port,
                                   .tls_certificate = options.tls_certificate,
                                   .tls_key = options.tls_key});
  if (!listening) return std::unexpected(std::move(listening.error()));
  port = *listening;
  return {};
}

// It has few connections and small requests. It runs on the same loops, so a loop that is stuck also shows here.
Result<void> Node::Impl::listen_for_metrics() {
  if (options.metrics_address.empty()) return {};
  ServerOptions server_options;
  server_options.max_connections = 64;
  server_options.http.body_bytes = 0;
  server_options.reports = options.log;
  metrics_server =
      std::make_unique<Server>(*loops, server_options, api::make_metrics_handler(*api),
                               [](const http::Request&, node::UpgradeReply reply) {
                                 reply(node::UpgradeRefusal{http::error_response(
                                     404, "not_found", "only /metrics is served here")});
                               });
  auto listening =
      metrics_server->listen({.address = options.metrics_address, .port = options.metrics_port});
  if (!listening) return std::unexpected(std::move(listening.error()));
  metrics_port = *listening;
  return {};
}

// The loops go first: the workers are for what is long anyway. The desk does next to nothing, but the
// workers wait for it.
void Node::Impl::start_workers() {
  desk_loop = std::make_unique<LoopGroup>(1, nullptr, "desk");
  desk_loop->start();
  run_on((*desk_loop)[0], [] { ask_for_short_slices(); });
  worker_loops =
      std::make_unique<LoopGroup>(node::Workers::count_for(loops->size()), nullptr, "worker");
  worker_loops->start();
  std::vector<Scheduler*> schedulers;
  for (std::size_t i = 0; i < worker_loops->size(); ++i) schedulers.push_back(&(*worker_loops)[i]);
  workers = std::make_unique<node::Workers>(
      schedulers, &(*desk_loop)[0],
      node::Workers::Options{.memory = memory.get(), .most_steps = options.max_change_steps});
  for (std::size_t i = 0; i < worker_loops->size(); ++i) {
    EventLoop& loop = (*worker_loops)[i];
    run_on(loop, [&] {
      lower_thread_priority();
      workers->set(i, store->open_loop(loop), node::known_types());
    });
  }
}

Result<void> Node::Impl::start_shards() {
  auto revocations = node::stored_revocations([this](const std::string& after, std::size_t limit) {
    return syncline::store::read_directory(store->tables(), log::DirectoryKind::kRevocation, "",
                                           after, limit);
  });
  if (!revocations) return std::unexpected(std::move(revocations.error()));
  if (auto known = load_deleted_workspaces(store->tables(), deleted); !known) return known;
  node::ShardOptions shard_options{
      .cache = {.budget_bytes = plan.objects / loops->size()},
      .checkpoint_pace = options.checkpoint_pace,
      .retention_pace = {.interval_ms = options.retention_interval_ms},
      .erasure_pace = workspace::ErasurePace{.interval_ms = options.retention_interval_ms},
      .region = options.region,
      .node = options.node,
      .rates = options.rates,
      .presence = presence_limits(options.max_message_bytes),
      .stamp_presence = options.stamp_presence,
      .guest_days = options.guest_days,
      .tenant_policies_through = shards.get(),
      .audit_through = options.audit ? shards.get() : nullptr,
      .memory = memory.get(),
      .accounts = accounts.get(),
      .tenants = tenants.get(),
      .gate = [this](const identity::Caller&,
                     const std::string& workspace) { return gate(workspace); },
      .revocations = *std::move(revocations),
      .on_storage_failure =
          [this](const Error& error) {
            if (storage_failed.exchange(true)) return;
            observe::Reporter(options.log, observe::Area::kStore)
                .error("storage failed, the server ends", {{"reason", error.message}});
            if (options.on_storage_failure) options.on_storage_failure(error);
          },
      .on_clock = [this](const std::string& what) { clock_alarm(what); },
      .on_quarantine =
          [reporter = observe::Reporter(options.log, observe::Area::kWorkspace)](
              const state::Quarantined& quarantined) {
            reporter.error("object in quarantine", {{"workspace", quarantined.workspace},
                                                    {"object", quarantined.object},
                                                    {"position", quarantined.position},
                                                    {"reason", quarantined.reason.message}});
          },
      .jobs = workers.get(),
      .loop_share = {.most_steps = options.max_change_steps},
      .hook_sender = &hooks->sender(),
      .hook_key = hooks->key(),
      .deleted = &deleted,
      .content_asker = &hooks->content(),
      .reports = options.log};
  for (std::size_t i = 0; i < loops->size(); ++i) {
    EventLoop& loop = (*loops)[i];
    shard_options.measures = &loop.measures();
    run_on(loop, [&] {
      ask_for_short_slices();
      shards->set(i, std::make_unique<node::Shard>(loop, std::make_unique<SystemRandom>(),
                                                   store->open_loop(loop), keys->identity(),
                                                   shards->placement(), i, shard_options));
      shards->at(i)->checkpoints.look_through();
    });
  }
  return {};
}

void Node::Impl::compose() {
  const identity::Hosts hosts(allowed_hosts(options), is_loopback(options.address));
  api = std::make_unique<api::Context>(
      api::Context{.shards = *shards,
                   .access = *access,
                   .hosts = hosts,
                   .tenant_hosts = identity::TenantHosts(options.tenant_hosts),
                   .tenants = tenants.get(),
                   .cookies = cookies(),
                   .cors = api::Cors(options.cors_origins, !options.token_cookie.empty()),
                   .imports = imports.get(),
                   .backups = backups.get(),
                   .log_levels = options.log,
                   .security_events = identity->security_events(),
                   .api_keys = api_keys.get(),
                   .tickets = &*tickets,
                   .ticket_limits = options.ticket_limits,
                   .keys = [this] { return public_keys(); },
                   .find_asset = find_web_asset,
                   .add_metrics =
                       [this](observe::MetricsPage& page) {
                         add_process_metrics(page, process_sample());
                         identity->add_metrics(page);
                         hooks->add_metrics(page);
                       },
                   .ready = ready,
                   .health = [this] { return health(); },
                   .bound_to_loopback = is_loopback(options.address)});
  accept = std::make_unique<node::AcceptContext>(
      node::AcceptContext{.shards = *shards,
                          .access = *access,
                          .hosts = hosts,
                          .tenant_hosts = identity::TenantHosts(options.tenant_hosts),
                          .cookies = cookies(),
                          .ready = ready,
                          .bound_to_loopback = is_loopback(options.address)});
}

void Node::Impl::report_private(const MadePrivate& made) const {
  const observe::Reporter store_reporter(options.log, observe::Area::kStore);
  if (made.changed > 0)
    store_reporter.warn("private now: other users could read files of the data directory",
                        {{"files", made.changed}});
  if (made.failed > 0)
    store_reporter.error(
        "other users may read files of the data directory, and this process is not their owner",
        {{"files", made.failed}});
}

ProcessSample Node::Impl::process_sample() const {
  ProcessSample sample{.net = server->counters(),
                       .store = store->counters(),
                       .disk_full = !store->has_room(),
                       .jobs = workers->counts(),
                       .plan = plan,
                       .memory = memory.get(),
                       .started_unix_ms = started_unix_ms,
                       .threads = thread_times()};
  if (options.log != nullptr) sample.log = options.log->counters();
  return sample;
}

Result<void> Node::Impl::gate(const std::string& workspace) const {
  if (shut) return fail(ErrorCode::kUnavailable, "the server is shutting down");
  return imports->check_free(workspace);
}

// After a jump, every workspace has something to say.
void Node::Impl::clock_alarm(const std::string& what) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  if (clock_alarm_at.exchange(second) == second) return;
  reporter.error("the clock of this machine was wrong", {{"what", what}});
}

Result<void> Node::Impl::health() const {
  if (storage_failed) return fail(ErrorCode::kIo, "the disk failed");
  return store->has_room();
}

Result<api::PublicKeys> Node::Impl::public_keys() const {
  const log::NotaryIdentity& identity = keys->identity();
  api::PublicKeys found{identity.log_name, identity.retired};
  for (const log::NoteSigner& signer : identity.signers) found.keys.push_back(signer.verifier());
  return found;
}

bool Node::Impl::busy() {
  bool busy = false;
  for (std::size_t i = 0; i < loops->size(); ++i) {
    run_on((*loops)[i], [&] { busy = busy || shards->at(i)->host.busy(); });
  }
  return busy;
}

bool Node::Impl::unsigned_events() {
  bool any = false;
  for (std::size_t i = 0; i < loops->size(); ++i) {
    run_on((*loops)[i], [&] {
      shards->at(i)->checkpoints.hurry();
      any = any || shards->at(i)->checkpoints.busy();
    });
  }
  return any;
}

void Node::Impl::stop() {
  ready = false;
  if (metrics_server) metrics_server->stop();
  if (server) server->stop();
  // A feed ends in a turn of its own, and then its answer on the loop of the connection.
  for (std::size_t i = 0; shards && i < loops->size(); ++i)
    run_on((*loops)[i], [&] {
      shards->at(i)->hooks.stop();
      shards->at(i)->feeds.end_all();
      shards->at(i)->streams.end_all();
    });
  for (std::size_t i = 0; shards && i < loops->size(); ++i) run_on((*loops)[i], [] {});
  // The gate asks the imports. After one turn of every loop, nobody calls the gate any more.
  shut = true;
  for (std::size_t i = 0; shards && i < loops->size(); ++i) run_on((*loops)[i], [] {});
  // What they do now is done to its end, because it may be with an object of a shard.
  for (std::size_t i = 0; workers && i < worker_loops->size(); ++i)
    run_on((*worker_loops)[i], [&] { workers->set(i, nullptr, node::known_types()); });
  identity->stop();
  if (hooks) hooks->stop();
  backups.reset();  // its last answers need running loops
  imports.reset();
  for (std::size_t i = 0; shards && i < loops->size(); ++i) {
    run_on((*loops)[i], [&] { shards->set(i, nullptr); });
  }
  if (worker_loops) worker_loops->stop();
  if (desk_loop) desk_loop->stop();
  store.reset();  // commits the queue; posts its answers to loops that still run
  watch.reset();
  memory_watch.reset();
  if (loops) loops->stop();
}

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Node::~Node() = default;

std::uint16_t Node::port() const {
  return impl_->port;
}

std::string Node::url() const {
  return fmt::format("{}://{}:{}", impl_->options.tls_key.empty() ? "http" : "https",
                     url_host(impl_->options.address), impl_->port);
}

std::string Node::metrics_url() const {
  if (impl_->metrics_server == nullptr) return {};
  return fmt::format("http://{}:{}/metrics", url_host(impl_->options.metrics_address),
                     impl_->metrics_port);
}

bool Node::drain(std::uint64_t deadline_ms) {
  impl_->ready = false;
  impl_->server->stop_accepting();
  for (std::size_t i = 0; i < impl_->loops->size(); ++i)
    run_on((*impl_->loops)[i], [&] { impl_->shards->at(i)->waits.close(); });
  // Waits, so that clients get their acks before the close. Does not wait for clients that keep sending.
  const auto enough = std::chrono::steady_clock::now() +
                      std::chrono::milliseconds(std::min(deadline_ms / 2, kQuietMs));
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
  while (impl_->busy() && std::chrono::steady_clock::now() < enough) pause();
  // Events that are not signed in this time are signed after the next start.
  while (impl_->unsigned_events() && std::chrono::steady_clock::now() < enough) pause();
  for (std::size_t i = 0; i < impl_->loops->size(); ++i)
    run_on((*impl_->loops)[i], [&] {
      impl_->shards->at(i)->feeds.end_all();
      impl_->shards->at(i)->streams.end_all();
    });
  return impl_->server->drain(deadline_ms);
}

}  // namespace syncline::backend
