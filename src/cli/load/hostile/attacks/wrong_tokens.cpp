#include <fmt/format.h>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

// Many guesses on one connection.
class Guesser final : public Peer {
 public:
  using Peer::Peer;

 private:
  void begin() override { open_websocket(field().ground.hocuspocus_path()); }
  void act(std::uint64_t now_us) override {
    for (std::uint64_t due = pace_.take(now_us); due > 0 && unsent() < 64 * 1024; --due) {
      ++guess_;
      send_message(shapes::token(fmt::format("guess-{}", guess_), fmt::format("wrong-{}", guess_)));
    }
  }

  Pace pace_{20'000};
  std::uint64_t guess_ = 0;
};

// One guess on each connection.
class GuessByRequest final : public Peer {
 public:
  using Peer::Peer;

 private:
  void begin() override { open(); }
  void opened() override {
    send_request(field().ground.request("GET", "/v1/workspaces", Role::kStranger,
                                        "Authorization: Bearer wrong\r\n"));
  }
};

}  // namespace

AttackKind wrong_tokens() {
  return {"wrong-tokens", Role::kStranger,
          "2 Hocuspocus connections send 20,000 wrong tokens a second each; 100 requests a second "
          "have one",
          Needs::kNothing, [](Field& field) -> std::unique_ptr<Attack> {
            auto both = std::make_unique<Crowds>();
            both->add(crowd_of<Guesser>(field, {.peers = 2, .opened_per_second = 5}));
            both->add(crowd_of<GuessByRequest>(field, {.peers = 20, .opened_per_second = 100}));
            return both;
          }};
}

}  // namespace syncline::cli::attacks
