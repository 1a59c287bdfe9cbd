#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"

namespace syncline::cli::attacks {
namespace {

class IdleConnection final : public Peer {
 public:
  using Peer::Peer;

 private:
  void begin() override { open(); }
  // A part of a head that never ends.
  void opened() override {
    note_sent();
    send_raw(as_bytes("GET /y/attack/idle HTTP/1.1\r\nHost: "));
  }
};

}  // namespace

AttackKind idle_connections() {
  return {"idle-connections", Role::kStranger,
          "as many connections as --attack-connections allows stay idle in the head of a request",
          Needs::kNothing, [](Field& field) {
            return crowd_of<IdleConnection>(
                field, {.peers = field.ground.connections, .opened_per_second = 500});
          }};
}

}  // namespace syncline::cli::attacks
