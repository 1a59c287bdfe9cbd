#include <fmt/format.h>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

class TinyTyper final : public Peer {
 public:
  TinyTyper(Field& field, std::uint64_t number) : Peer(field), number_(number) {}

 private:
  void begin() override {
    open_websocket(field().ground.y_path(Role::kWriter,
                                         fmt::format("tiny-{}-{}", field().ground.run, number_)));
  }
  void act(std::uint64_t now_us) override {
    std::uint64_t due = pace_.take(now_us);
    if (!field().may_flood(now_us)) return;
    for (; due > 0 && unsent() < 256 * 1024; --due)
      send_message(shapes::y_update(shapes::text(2, clock_++, "t")));
  }

  const std::uint64_t number_;
  Pace pace_{12'500};
  crdt::Clock clock_ = 0;
};

}  // namespace

AttackKind tiny_updates() {
  return {"tiny-updates", Role::kWriter,
          "4 writers send 12,500 updates of one character a second each", Needs::kNothing,
          [](Field& field) {
            return numbered_crowd_of<TinyTyper>(field, {.peers = 4, .opened_per_second = 4});
          }};
}

}  // namespace syncline::cli::attacks
