#include <string>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

constexpr std::string_view kBroadcastDocument = "broadcast";

class Listener : public Peer {
 public:
  using Peer::Peer;

 protected:
  void begin() override { open_websocket(field().ground.hocuspocus_path()); }
  void opened() override {
    send_message(shapes::token(kBroadcastDocument, token_text()));
    send_message(shapes::h_step1(kBroadcastDocument));
  }

 private:
  virtual std::string token_text() { return open_token(Role::kReader); }

 protected:
  // A server without tokens takes any, and a client must send one.
  std::string open_token(Role role) {
    const std::string text = field().ground.token_of(role);
    return text.empty() ? "none" : text;
  }
};

class Broadcaster final : public Listener {
 public:
  using Listener::Listener;

 private:
  std::string token_text() override { return open_token(Role::kWriter); }
  void act(std::uint64_t now_us) override {
    for (std::uint64_t due = pace_.take(now_us); due > 0 && unsent() < 256 * 1024; --due)
      send_message(shapes::broadcast(kBroadcastDocument, payload_));
  }

  const std::string payload_ = std::string(16 * 1024, 'b');
  Pace pace_{1000};
};

}  // namespace

AttackKind broadcasts() {
  return {"broadcasts", Role::kWriter,
          "2 writers broadcast 16 KB 1,000 times a second each to 60 listeners", Needs::kNothing,
          [](Field& field) -> std::unique_ptr<Attack> {
            auto all = std::make_unique<Crowds>();
            all->add(crowd_of<Listener>(field, {.peers = 60, .opened_per_second = 100}));
            all->add(crowd_of<Broadcaster>(field, {.peers = 2, .opened_per_second = 5}));
            return all;
          }};
}

}  // namespace syncline::cli::attacks
