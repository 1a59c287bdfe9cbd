#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

class SlowReader final : public Peer {
 public:
  using Peer::Peer;

 private:
  void begin() override {
    open_websocket(field().ground.y_path(Role::kReader, field().ground.large_object()));
  }
  void opened() override {
    read_at_most(256);
    send_message(shapes::y_step1());
  }
};

}  // namespace

AttackKind slow_readers() {
  return {"slow-readers", Role::kReader,
          "60 clients ask for a large document and read 256 bytes a second", Needs::kLarge,
          [](Field& field) {
            return crowd_of<SlowReader>(field, {.peers = 60, .opened_per_second = 30});
          }};
}

}  // namespace syncline::cli::attacks
