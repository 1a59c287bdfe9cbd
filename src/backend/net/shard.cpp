#include "backend/net/shard.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "backend/net/acceptor.h"
#include "backend/net/socket.h"
#include "base/assert.h"

namespace syncline::backend {

ServerCore::ServerCore(ServerOptions server_options, http::Handler http_handler,
                       node::UpgradeHandler upgrade_handler)
    : options(server_options), http(std::move(http_handler)), upgrade(std::move(upgrade_handler)) {}

ServerCore::~ServerCore() = default;

ServerCore::Networks::value_type* ServerCore::take_slot(limits::NetworkRates::Key network) {
  const std::lock_guard lock(networks_mutex_);
  const auto place = networks_.try_emplace(network).first;
  const std::size_t most = options.max_connections_per_network;
  const bool refused = full() || (most > 0 && place->second >= most);
  if (!refused) {
    ++place->second;
    ++open_;
    return &*place;
  }
  if (place->second == 0) networks_.erase(place);
  return nullptr;
}

void ServerCore::return_slot(Networks::value_type& network) {
  {
    const std::lock_guard lock(networks_mutex_);
    if (--network.second == 0) networks_.erase(networks_.find(network.first));
  }
  if (open_.fetch_sub(1) == 1 && draining) {
    const std::lock_guard lock(mutex_);
    emptied_.notify_all();
  }
}

bool ServerCore::wait_empty(std::uint64_t deadline_ms) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, std::chrono::milliseconds(deadline_ms),
                           [this] { return open() == 0; });
}

Slot Slot::take(std::shared_ptr<ServerCore> core, limits::NetworkRates::Key network) {
  auto* const place = core->take_slot(network);
  return place != nullptr ? Slot(std::move(core), place) : Slot(nullptr, nullptr);
}

Slot::~Slot() {
  if (core_) core_->return_slot(*network_);
}

namespace {

// The tick is as fine as the shortest timeout needs, but at least 10 ms.
std::uint64_t tick_for(const ServerOptions& options) {
  const auto shortest =
      std::min({options.head_timeout_ms, options.body_timeout_ms, options.idle_timeout_ms,
                options.stall_timeout_ms, options.ping_interval_ms, options.close_timeout_ms});
  return std::clamp<std::uint64_t>(shortest / 4, 10, 1000);
}

// A shard's share, which has room for one message of the largest size: its buffer grows by doubling.
std::size_t max_held_of(const ServerOptions& options, std::size_t shards) {
  return std::max(options.receive_bytes / shards, 2 * options.max_message_bytes);
}

constexpr std::size_t kLeastQueueBytes = std::size_t{16} << 20;

// A tick looks at so many connections in one turn of the loop, because each may have to be pinged, which costs a
// call of the system.
constexpr std::size_t kVisitsInATurn = 64;

// Who has more to write waits for those who have less.
constexpr std::size_t kMuchToFlush = std::size_t{64} << 10;

// Whoever has less queued is no reason for a shortage.
constexpr std::size_t kMuchQueued = std::size_t{256} << 10;
// While memory is short, many small queues are cut as well.
constexpr std::size_t kSomethingQueued = std::size_t{4} << 10;
// A tick frees this part of what is queued, at least.
constexpr std::size_t kReliefPart = 64;

// How long a peer may have much queued while there is little room, and while memory is short.
constexpr std::uint64_t kCrowdedMs = 10'000;
constexpr std::uint64_t kShortMs = 2'000;

}  // namespace

Shard::Shard(ServerCore& core, EventLoop& loop, std::size_t index, std::size_t shards)
    : core_(core),
      loop_(loop),
      index_(index),
      rates_(core.options.rates),
      queuers_(kSomethingQueued),
      max_held_bytes_(max_held_of(core.options, shards)),
      max_queued_bytes_(std::max(core.options.queue_bytes / shards, kLeastQueueBytes)),
      scratch_(64 * 1024),
      tick_ms_(tick_for(core.options)) {}

Shard::~Shard() = default;

const std::string& Shard::date() {
  const std::uint64_t now = loop_.unix_ms();
  if (now / 1000 != date_second_) {
    date_second_ = now / 1000;
    date_ = http::format_date(now);
  }
  return date_;
}

void Shard::start_accepting(std::shared_ptr<ServerCore> core, int fd,
                            std::shared_ptr<TlsContext> tls) {
  auto acceptor = std::make_shared<Acceptor>(std::move(core), *this, fd, std::move(tls));
  if (stopped_ || core_.draining) return;  // this closes it
  acceptor->start();
  acceptors_.push_back(std::move(acceptor));
}

void Shard::stop_accepting() {
  for (auto& acceptor : std::exchange(acceptors_, {})) acceptor->stop();
}

// The calls that end a socket change the list, so this walks a copy.
void Shard::drain() {
  stop_accepting();
  for (auto& socket : std::vector(sockets_)) socket->drain();
}

void Shard::stop() {
  stopped_ = true;
  stop_accepting();
  loop_.cancel(std::exchange(tick_timer_, 0));
  loop_.cancel(std::exchange(put_off_timer_, 0));
  for (auto& socket : std::vector(sockets_)) socket->terminate();
  SYNCLINE_ASSERT(sockets_.empty());
  to_flush_.clear();
  put_off_.clear();
}

void Shard::add(std::shared_ptr<Socket> socket) {
  socket->place_ = static_cast<std::uint32_t>(sockets_.size());
  socket->in_shard_ = true;
  sockets_.push_back(std::move(socket));
  if (tick_timer_ == 0) schedule_tick();
}

void Shard::remove(Socket& socket) {
  SYNCLINE_ASSERT(socket.in_shard_ && sockets_[socket.place_].get() == &socket);
  count_held(socket, std::exchange(socket.held_, 0), 0);
  count_queued(socket, std::exchange(socket.queued_, 0), 0);
  socket.in_shard_ = false;
  std::swap(sockets_[socket.place_], sockets_.back());
  sockets_[socket.place_]->place_ = socket.place_;
  const auto last = std::move(sockets_.back());  // destroyed when the list is consistent again
  sockets_.pop_back();
}

void Shard::count_held(Socket& socket, std::size_t before, std::size_t now) {
  if (before == now) return;
  holders_.change(&socket, before, now, socket.held_since_ms_);
  if (socket.account_ != nullptr) charge_held(socket, before, now);
  held_bytes_.add(now - before);
  if (core_.options.memory != nullptr)
    core_.options.memory->share(index_).set(MemoryUse::kReceiving, held_bytes_.get());
}

void Shard::charge_held(Socket& socket, std::size_t before, std::size_t now) {
  if (before == now) return;  // nearly always: a place in account_holders_ is large
  socket.account_->cell(MemoryUse::kReceiving).change(before, now);
  Holders<Socket>& holders = account_holders_[socket.account_.get()];
  holders.change(&socket, before, now, socket.held_since_ms_);
  if (holders.empty()) account_holders_.erase(socket.account_.get());
}

void Shard::set_account(Socket& socket, SharedAccount account) {
  if (socket.account_ != nullptr) {
    charge_held(socket, socket.held_, 0);
    socket.account_->cell(MemoryUse::kQueues).change(socket.queued_, 0);
  }
  socket.account_ = std::move(account);
  if (socket.account_ == nullptr) return;
  charge_held(socket, 0, socket.held_);
  socket.account_->cell(MemoryUse::kQueues).change(0, socket.queued_);
}

void Shard::count_queued(Socket& socket, std::size_t before, std::size_t now) {
  queuers_.change(&socket, before, now, socket.queued_since_ms_);
  if (socket.account_ != nullptr) socket.account_->cell(MemoryUse::kQueues).change(before, now);
  counters_.queued_bytes.add(now - before);
  const std::size_t queued = counters_.queued_bytes.get();
  if (core_.options.memory != nullptr)
    core_.options.memory->share(index_).set(MemoryUse::kQueues, queued);
  if (now <= before || !must_cut() || std::exchange(relief_posted_, true)) return;
  // In a turn of its own, because whoever queues may be about to use another socket. If nobody can be
  // cut, the next try is that of the next tick.
  loop_.post([this, core = sockets_.front()->slot_.core()] {
    bool cut = true;
    while (must_cut() && cut) cut = shed_queue(0);
    relief_posted_ = !cut;
  });
}

// Messages that many get are counted for each of them, so what is counted may be much more than what
// is used. The measured memory decides.
bool Shard::must_cut() const {
  const MemoryBudget* memory = core_.options.memory;
  return crowded(0) && (memory == nullptr || memory->nearly_tight());
}

// Cuts one connection: of those that have most queued, within a factor of four, the one whose queue has
// not been empty for longest. So a peer that takes what it gets is not cut for one that does not. False if
// nobody has had much queued for so long, or if one has nearly everything.
bool Shard::shed_queue(std::uint64_t min_age_ms) {
  const bool tight = core_.options.memory != nullptr && core_.options.memory->tight();
  if (!queuers_.anybody_with(tight ? kSomethingQueued : kMuchQueued)) return false;
  const Socket* const alone = queuers_.by_far_largest();
  if (min_age_ms == 0 && alone != nullptr &&
      counters_.queued_bytes.get() - alone->queued_ < alone->queued_ / 8)
    return false;
  const Socket* const most = queuers_.worst();
  if (now_ms() < most->queued_since_ms_ + min_age_ms) return false;
  counters_.queues_shed.add();
  const auto socket = sockets_[most->place_];  // it leaves the list
  reporter(observe::Area::kNet)
      .warn("too much is queued: the connection that has had much queued for longest is cut",
            {{"peer", socket->peer_}, {"bytes", socket->queued_}});
  socket->terminate();
  return true;
}

// Those that hold most shrink while there is little room, one at a time.
void Shard::relieve() {
  const bool tight = core_.options.memory != nullptr && core_.options.memory->tight();
  relief_posted_ = false;
  if (tight || crowded(max_queued_bytes_ / 2)) {
    const std::size_t queued = counters_.queued_bytes.get();
    const std::size_t enough = queued - queued / kReliefPart;
    while (shed_queue(tight ? kShortMs : kCrowdedMs) && tight &&
           counters_.queued_bytes.get() > enough)
      continue;
  }
  if (tight && held_bytes_.get() > max_held_bytes_ / 4) shed_worst(kShortMs);
}

void Shard::shed_worst(std::uint64_t min_age_ms) {
  const Socket* const most = holders_.worst();
  if (most == nullptr) return;
  // One that sends something large alone is no reason for a shortage.
  const Socket* const alone = holders_.by_far_largest();
  if (min_age_ms > 0 && alone != nullptr && held_bytes_.get() - alone->held_ < alone->held_ / 8)
    return;
  if (now_ms() >= most->held_since_ms_ + min_age_ms) shed(*most);
}

bool Shard::shed_worst_of(const MemoryAccount& account) {
  const auto found = account_holders_.find(&account);
  if (found == account_holders_.end()) return false;
  shed(*found->second.worst());
  return true;
}

void Shard::shed(const Socket& most) {
  counters_.shed.add();
  const auto socket = sockets_[most.place_];  // it may leave the list
  reporter(observe::Area::kNet)
      .warn(
          "too much has not arrived completely: the connection that held most for longest is "
          "closed",
          {{"peer", socket->peer_}, {"bytes", socket->held_}});
  socket->shed();
  socket->hold(0);  // it has let go
}

void Shard::schedule_tick() {
  tick_timer_ = loop_.after(tick_ms_, [this] {
    relieve();
    tick(sockets_.size());
  });
}

// Backwards: a socket that ends is replaced by the last one, which has already been visited.
void Shard::tick(std::size_t left) {
  tick_timer_ = 0;
  const Doing naming(loop_, "connection timeouts");
  const std::uint64_t now = now_ms();
  counters_.visit_turns.add();
  for (std::size_t visits = 0; left > 0 && visits < kVisitsInATurn; ++visits) {
    left = std::min(left, sockets_.size());
    if (left == 0) break;
    const std::shared_ptr<Socket> socket = sockets_[--left];
    counters_.visits.add();
    socket->tick(now);
  }
  if (sockets_.empty() || tick_timer_ != 0) return;
  if (left == 0) return schedule_tick();
  tick_timer_ = loop_.after(1, [this, left] { tick(left); });
}

void Shard::flush_later(std::shared_ptr<Socket> socket) {
  ToFlush& waiting = to_flush(*socket);
  (socket->queued_ > kMuchToFlush ? waiting.much : waiting.little).push(std::move(socket));
}

// An ack that queues behind pages is one of much.
void Shard::flush_ahead(std::shared_ptr<Socket> socket) {
  ToFlush& waiting = to_flush(*socket);
  (socket->queued_ > kMuchToFlush ? waiting.much : waiting.ahead).push(std::move(socket));
}

// Those of the socket's lane, for which a task is due.
Shard::ToFlush& Shard::to_flush(const Socket& socket) {
  ToFlush& waiting = to_flush_[socket.lane_];
  if (!std::exchange(waiting.posted, true)) post_flush(socket.lane_, socket);
  return waiting;
}

// The socket keeps the core, and so this shard, alive until the task has run. Written so that the task needs no
// allocation.
void Shard::post_flush(Lane lane, const Socket& socket) {
  std::shared_ptr<Shard> self(socket.slot_.core(), this);
  loop_.post_in(lane, [self = std::move(self), lane] { self->flush_some(lane); });
}

void Shard::flush_soon(std::shared_ptr<Socket> socket) {
  put_off_.push_back(std::move(socket));
  if (put_off_timer_ == 0) put_off_timer_ = loop_.after(kSoonMs, [this] { flush_put_off(); });
}

void Shard::flush_put_off() {
  put_off_timer_ = 0;
  for (const auto& socket : std::exchange(put_off_, {})) {
    socket->flush_put_off_ = false;
    if (!socket->out_.empty()) socket->request_flush();
  }
}

// What is little is written before the pages that others are sent. Of the pages, some are written in each turn.
void Shard::flush_some(Lane lane) {
  const Doing naming(loop_, "send");
  ToFlush& waiting = to_flush_[lane];  // sockets may add others meanwhile
  const auto next = [&]() -> Waiting& {
    if (!waiting.ahead.empty()) return waiting.ahead;
    return waiting.little.empty() ? waiting.much : waiting.little;
  };
  while (&next() != &waiting.much && !loop_.slice_is_over()) flush_first(next());
  do {
    if (!waiting.much.empty()) flush_first(waiting.much);
  } while (!waiting.much.empty() && &next() == &waiting.much && !loop_.slice_is_over());
  waiting.posted = !next().empty();
  if (waiting.posted) post_flush(lane, *next().front());
}

void Shard::flush_first(Waiting& waiting) {
  const auto socket = waiting.take();
  socket->flush_requested_ = false;
  if (!socket->is_destroyed()) socket->flush();
}

}  // namespace syncline::backend
