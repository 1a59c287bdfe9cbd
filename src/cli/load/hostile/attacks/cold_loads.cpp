#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

// Reads the whole document at 2 MiB a second, and begins anew.
class ColdLoad final : public Peer {
 public:
  using Peer::Peer;

 private:
  void begin() override {
    open_websocket(field().ground.y_path(Role::kReader, field().ground.large_object()));
  }
  void opened() override {
    read_at_most(2 << 20);
    send_message(shapes::y_step1());
  }
  void received(const FrameSkimmer::Message& message) override {
    if (message.size >= field().ground.large_bytes) hang_up();
  }
};

}  // namespace

AttackKind cold_loads() {
  return {"cold-loads", Role::kReader,
          "50 clients without a copy load a large document at 2 MiB a second each, again and again",
          Needs::kLarge, [](Field& field) {
            return crowd_of<ColdLoad>(field, {.peers = 50, .opened_per_second = 25});
          }};
}

}  // namespace syncline::cli::attacks
