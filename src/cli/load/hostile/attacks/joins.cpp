#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

class Joiner final : public Peer {
 public:
  using Peer::Peer;

 private:
  void begin() override { open_websocket(field().ground.y_path(Role::kReader, "joined")); }
  void opened() override { send_message(shapes::y_step1()); }
  void received(const FrameSkimmer::Message&) override { hang_up(); }
};

}  // namespace

AttackKind joins() {
  return {"joins", Role::kReader,
          "500 connections a second open a document, sync it, and leave with a reset",
          Needs::kNothing, [](Field& field) {
            return crowd_of<Joiner>(field, {.peers = 100, .opened_per_second = 500});
          }};
}

}  // namespace syncline::cli::attacks
