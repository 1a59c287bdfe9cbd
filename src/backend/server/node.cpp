#include "backend/server/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "backend/keys/key_ring.h"
#include "backend/net/event_loop.h"
#include "backend/net/server.h"
#include "backend/server/backup_service.h"
#include "backend/server/import_service.h"
#include "backend/server/loop_shard.h"
#include "backend/server/routes.h"
#include "backend/store/rocksdb_store.h"
#include "base/utf8.h"
#include "state/retention_keeper.h"

namespace syncline::backend {
namespace {

constexpr std::uint64_t kQuietMs = 1000;  // how long draining waits for appends under way

}  // namespace

// Members in the order in which they are built; destroyed the other way round, after stop().
struct Node::Impl {
  explicit Impl(NodeOptions node_options) : options(std::move(node_options)) {}
  ~Impl() { stop(); }

  Result<void> start();
  void start_shards();
  bool unsigned_events();  // something is not under a checkpoint yet
  bool busy();             // something that clients sent is not durable yet
  void stop();

  const NodeOptions options;
  std::atomic<bool> ready{false};
  std::atomic<bool> storage_failed{false};
  std::unique_ptr<LoopGroup> loops;
  std::unique_ptr<RocksDbStore> store;
  std::optional<KeyRing> keys;
  std::vector<std::unique_ptr<LoopShard>> shards;
  std::unique_ptr<BackupService> backups;
  std::unique_ptr<ImportService> imports;
  std::unique_ptr<state::RetentionKeeper> retention;  // on the first loop, over its log
  std::unique_ptr<RouteContext> routes;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
};

namespace {

Result<void> check(const NodeOptions& options) {
  for (const std::string& name : {options.region, options.node}) {
    if (name.size() > log::kMaxPlaceBytes || !is_valid_utf8(name) || name.find('\0') != name.npos)
      return fail(ErrorCode::kInvalid,
                  fmt::format("the name of a region or node has at most {} bytes, in UTF-8",
                              log::kMaxPlaceBytes));
  }
  for (const std::string& origin : options.cors_origins) {
    if (auto valid = policy::check_origin(origin); !valid) return valid;
  }
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return fail(ErrorCode::kInvalid, "TLS needs both a certificate and a key");
  }
  if (!is_loopback(options.address) && options.access.open() && !options.insecure) {
    return fail(
        ErrorCode::kInvalid,
        fmt::format("{} can be reached from other machines, and there is no token: give one "
                    "(SYNCLINE_TOKEN or --token-file), or say --insecure",
                    options.address));
  }
  return {};
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

}  // namespace

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

Result<std::unique_ptr<Node>> Node::start(NodeOptions options) {
  if (auto valid = check(options); !valid) return std::unexpected(std::move(valid.error()));
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto started = impl->start(); !started) return std::unexpected(std::move(started.error()));
  return std::unique_ptr<Node>(new Node(std::move(impl)));
}

Result<void> Node::Impl::start() {
  auto opened = RocksDbStore::open({.data_dir = options.data_dir});
  if (!opened) return std::unexpected(std::move(opened.error()));
  store = std::move(*opened);
  auto ring = KeyRing::open(options.data_dir, options.log_name);
  if (!ring) return std::unexpected(std::move(ring.error()));
  keys = std::move(*ring);
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  loops = std::make_unique<LoopGroup>(options.loops == 0 ? cores : options.loops);
  loops->start();
  start_shards();
  backups = std::make_unique<BackupService>(*store, options.backup_dir);
  imports = std::make_unique<ImportService>(
      options.data_dir + "/imports", [this](std::string_view workspace) -> ImportService::Owner {
        const std::size_t loop = loop_of(*routes, workspace);
        return {(*loops)[loop], *shards[loop]};
      });
  routes = std::make_unique<RouteContext>(RouteContext{
      .loops = *loops,
      .shards = shards,
      .store = *store,
      .keys = *keys,
      .backups = *backups,
      .imports = *imports,
      .retention = *retention,
      .access = options.access,
      .cors = Cors(options.cors_origins),
      .limits = {},
      .gate = [this](std::string_view workspace) { return imports->check_free(workspace); },
      .ready = ready,
      .server_counters = [this] { return server->counters(); },
      .bound_to_loopback = is_loopback(options.address)});
  if (auto resumed = imports->resume(); !resumed) return resumed;
  ServerOptions server_options;
  server_options.max_connections = options.max_connections;
  server_options.max_message_bytes = options.max_message_bytes;
  server = std::make_unique<Server>(*loops, server_options, make_http_handler(*routes),
                                    make_upgrade_handler(*routes));
  auto listening = server->listen({.address = options.address,
                                   .port = options.port,
                                   .tls_certificate = options.tls_certificate,
                                   .tls_key = options.tls_key});
  if (!listening) return std::unexpected(std::move(listening.error()));
  port = *listening;
  ready = true;
  return {};
}

void Node::Impl::start_shards() {
  const state::CacheLimits limits{.budget_bytes = options.memory_budget_bytes / loops->size()};
  auto on_failure = [this](const Error& error) {
    if (!storage_failed.exchange(true) && options.on_storage_failure) {
      options.on_storage_failure(error);
    }
  };
  shards.resize(loops->size());
  for (std::size_t i = 0; i < shards.size(); ++i) {
    EventLoop& loop = (*loops)[i];
    run_on(loop, [&] {
      shards[i] = std::make_unique<LoopShard>(
          store->open_log(loop), keys->identity(), loop, limits, on_failure, options.on_quarantine,
          options.checkpoint_pace, options.region, options.node);
    });
  }
  run_on((*loops)[0], [&] {
    shards[0]->checkpoints.look_through();
    retention = std::make_unique<state::RetentionKeeper>(
        *shards[0]->log, (*loops)[0],
        state::RetentionPace{.interval_ms = options.retention_interval_ms});
  });
}

bool Node::Impl::busy() {
  bool busy = false;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    run_on((*loops)[i], [&] { busy = busy || shards[i]->host.busy(); });
  }
  return busy;
}

bool Node::Impl::unsigned_events() {
  bool any = false;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    run_on((*loops)[i], [&] {
      shards[i]->checkpoints.hurry();
      any = any || shards[i]->checkpoints.busy();
    });
  }
  return any;
}

void Node::Impl::stop() {
  ready = false;
  if (server) server->stop();
  backups.reset();  // their last answers find the loops running
  imports.reset();
  if (retention) run_on((*loops)[0], [&] { retention.reset(); });
  for (std::size_t i = 0; i < shards.size(); ++i) {
    if (shards[i]) run_on((*loops)[i], [&] { shards[i].reset(); });
  }
  store.reset();  // commits what is queued; posts its answers to loops that still run
  if (loops) loops->stop();
}

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Node::~Node() = default;

std::uint16_t Node::port() const {
  return impl_->port;
}

std::string Node::url() const {
  const std::string& address = impl_->options.address;
  const bool any = address == "0.0.0.0" || address == "::";
  const bool v6 = address.find(':') != std::string::npos;
  const std::string host = any ? "localhost" : v6 ? "[" + address + "]" : address;
  return fmt::format("{}://{}:{}", impl_->options.tls_key.empty() ? "http" : "https", host,
                     impl_->port);
}

std::uint64_t Node::torn_bytes() const {
  return impl_->store->torn_bytes();
}

bool Node::drain(std::uint64_t deadline_ms) {
  impl_->ready = false;
  impl_->server->stop_accepting();
  // So that clients hear their acks before the goodbye. Those that go on sending are not waited for.
  const auto enough = std::chrono::steady_clock::now() +
                      std::chrono::milliseconds(std::min(deadline_ms / 2, kQuietMs));
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
  while (impl_->busy() && std::chrono::steady_clock::now() < enough) pause();
  // What is not signed in this time is when the server starts again.
  while (impl_->unsigned_events() && std::chrono::steady_clock::now() < enough) pause();
  return impl_->server->drain(deadline_ms);
}

}  // namespace syncline::backend
