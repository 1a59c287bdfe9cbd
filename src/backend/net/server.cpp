#include "backend/net/server.h"

#include <latch>
#include <utility>

#include "backend/net/listen_socket.h"
#include "backend/net/shard.h"
#include "base/assert.h"

namespace syncline::backend {
namespace {

// Runs `work` on the loop of every shard and waits until all are done.
template <typename Work>
void on_every_shard(ServerCore& core, Work work) {
  std::latch done(static_cast<std::ptrdiff_t>(core.shards.size()));
  for (auto& shard : core.shards) {
    SYNCLINE_ASSERT(!shard->loop().is_current());  // otherwise it would wait for itself
    shard->loop().post([&shard = *shard, &done, work] {
      work(shard);
      done.count_down();
    });
  }
  done.wait();
}

}  // namespace

Server::Server(LoopGroup& loops, ServerOptions options, http::Handler http,
               node::UpgradeHandler upgrade)
    : core_(std::make_shared<ServerCore>(options, std::move(http), std::move(upgrade))) {
  for (std::size_t i = 0; i < loops.size(); ++i)
    core_->shards.push_back(std::make_unique<Shard>(*core_, loops[i], i, loops.size()));
}

Server::~Server() {
  stop();
}

Result<std::uint16_t> Server::listen(const ListenOptions& options) {
  std::shared_ptr<TlsContext> tls;
  if (options.tls_certificate.empty() != options.tls_key.empty())
    return fail(ErrorCode::kInvalid, "TLS needs a certificate and a key");
  if (!options.tls_certificate.empty()) {
    auto loaded = TlsContext::load(options.tls_certificate, options.tls_key);
    if (!loaded) return std::unexpected(loaded.error());
    tls = std::move(*loaded);
  }
  auto sockets = open_listen_sockets(options.address, options.port, core_->shards.size());
  if (!sockets) return std::unexpected(sockets.error());
  for (std::size_t i = 0; i < sockets->fds.size(); ++i) {
    core_->shards[i]->loop().post([core = core_, i, fd = sockets->fds[i], tls] {
      core->shards[i]->start_accepting(core, fd, tls);
    });
  }
  return sockets->port;
}

void Server::stop_accepting() {
  on_every_shard(*core_, [](Shard& shard) { shard.stop_accepting(); });
}

bool Server::drain(std::uint64_t deadline_ms) {
  core_->draining = true;
  on_every_shard(*core_, [](Shard& shard) { shard.drain(); });
  return core_->wait_empty(deadline_ms);
}

void Server::stop() {
  if (std::exchange(stopped_, true)) return;
  core_->draining = true;
  on_every_shard(*core_, [](Shard& shard) { shard.stop(); });
  // A second round: after it, the tasks that the first round posted (the last calls of the
  // handlers) have run.
  on_every_shard(*core_, [](Shard&) {});
}

ServerCounters Server::counters() const {
  ServerCounters sum;
  sum.open = core_->open();
  for (const auto& shard : core_->shards) {
    const ShardCounters& c = shard->counters();
    sum.open_websockets += c.open_websockets.get();
    sum.accepted += c.accepted.get();
    sum.refused_full += c.refused_full.get();
    sum.refused_network += c.refused_network.get();
    sum.bytes_in += c.bytes_in.get();
    sum.bytes_out += c.bytes_out.get();
    sum.requests += c.requests.get();
    sum.bad_requests += c.bad_requests.get();
    sum.tls_failures += c.tls_failures.get();
    sum.head_timeouts += c.head_timeouts.get();
    sum.websockets += c.websockets.get();
    sum.upgrades_refused += c.upgrades_refused.get();
    sum.messages_in += c.messages_in.get();
    sum.messages_out += c.messages_out.get();
    sum.protocol_errors += c.protocol_errors.get();
    sum.ping_timeouts += c.ping_timeouts.get();
    sum.messages_too_big += c.messages_too_big.get();
    sum.write_stalls += c.write_stalls.get();
    sum.queued_bytes += c.queued_bytes.get();
    sum.shed += c.shed.get();
    sum.queues_shed += c.queues_shed.get();
    sum.visits += c.visits.get();
    sum.visit_turns += c.visit_turns.get();
    sum.refused_memory += c.refused_memory.get();
    sum.held_bytes += shard->held_bytes();
  }
  return sum;
}

}  // namespace syncline::backend
