#include "cli/load/real_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace syncline::cli {
namespace {

// The number of virtual events between two looks at the sockets.
constexpr int kEventsPerTurn = 256;
constexpr std::uint64_t kLongestWaitUs = 100'000;

std::uint64_t clock_us() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

}  // namespace

// Passes the calls of a socket to the client's own loop, which may be paused or gone, one message
// at a time.
class RealWorld::Carrier final : public session::ConnectionHandler {
 public:
  // The state of one connection. It lives until the client has been told that the connection ended.
  struct State {
    State(sim::Loop& of, std::unique_ptr<session::ConnectionHandler> for_whom)
        : loop(of), handler(std::move(for_whom)) {}
    sim::Loop& loop;
    std::unique_ptr<session::ConnectionHandler> handler;
    std::shared_ptr<backend::ClientSocket> socket;
    session::Connection* connection = nullptr;
  };

  explicit Carrier(std::shared_ptr<State> state) : state_(std::move(state)) {}

  void on_open(session::Connection& connection) override {
    state_->connection = &connection;
    connection.set_reading(false);
    state_->loop.post([state = state_] {
      if (!state->handler) return;
      state->connection->set_reading(true);
      state->handler->on_open(*state->connection);
    });
  }
  void on_message(ByteView message) override {
    state_->connection->set_reading(false);
    state_->loop.post([state = state_, bytes = to_bytes(message)] {
      if (!state->handler) return;
      state->connection->set_reading(true);
      state->handler->on_message(bytes);
    });
  }
  void on_drained() override {}
  void on_closed(std::uint16_t code) override {
    state_->loop.post([state = state_, code] {
      if (auto handler = std::move(state->handler)) handler->on_closed(code);
      state->socket.reset();
    });
  }

 private:
  const std::shared_ptr<State> state_;
};

RealWorld::RealWorld(std::uint64_t seed, bool recording)
    : world_(seed, recording), start_us_(clock_us()) {}

RealWorld::~RealWorld() {
  for (const auto& [loop, weak] : connections_)
    if (auto connection = weak.lock()) connection->abandon(false);
  world_.timeline.clear();
}

std::uint64_t RealWorld::now_us() const {
  return clock_us() - start_us_;
}

void RealWorld::run_until(std::uint64_t end_us, const std::function<bool()>& done) {
  for (;;) {
    const std::uint64_t now = std::min(now_us(), end_us);
    for (int i = 0; i < kEventsPerTurn && world_.timeline.step(now); ++i) {
    }
    if (now >= end_us || world_.violation || (done && done())) return;
    const std::uint64_t next = std::min(world_.timeline.next_us().value_or(end_us), end_us);
    const std::uint64_t since = now_us();
    loop_.turn(next > since ? std::min(next - since, kLongestWaitUs) : 0);
  }
}

void RealWorld::connect(sim::Hello hello, sim::Loop& loop,
                        std::unique_ptr<session::ConnectionHandler> handler) {
  std::erase_if(connections_, [](const auto& entry) { return entry.second.expired(); });
  backend::WsTarget target = target_of_(hello.number);
  target.path += path_of(hello);
  world_.trace.note(sim::Kind::kConnect, hello.client, "server", 0, 0, [&] {
    return fmt::format("connects to {}/{}", hello.workspace, hello.object);
  });
  const auto state = std::make_shared<Carrier::State>(loop, std::move(handler));
  state->socket =
      backend::connect_websocket(loop_, std::move(target), std::make_unique<Carrier>(state));
  connections_.emplace(&loop, state->socket);
}

void RealWorld::process_gone(sim::Loop& loop, bool told) {
  const auto [first, last] = connections_.equal_range(&loop);
  for (auto entry = first; entry != last; ++entry)
    if (auto connection = entry->second.lock()) connection->abandon(told);
  connections_.erase(first, last);
}

std::string path_of(const sim::Hello& hello) {
  if (hello.hocuspocus) return fmt::format("/hocuspocus/{}", hello.workspace);
  std::string path =
      fmt::format("/y/{}/{}?ack={}", hello.workspace, hello.object, hello.wants_saved ? 1 : 0);
  if (!hello.token.empty()) path += "&token=" + hello.token;
  return path;
}

}  // namespace syncline::cli
