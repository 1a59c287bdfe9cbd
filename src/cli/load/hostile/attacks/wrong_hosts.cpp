#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"

namespace syncline::cli::attacks {
namespace {

// What a browser sends after DNS rebinding.
class ForeignHost final : public Peer {
 public:
  using Peer::Peer;

 private:
  void begin() override { open(); }
  void opened() override {
    const Ground& ground = field().ground;
    send_request(ground.request("GET", "/v1/workspaces/" + ground.workspace + "/state?limit=1",
                                Role::kStranger, {}, "evil.example"));
  }
};

}  // namespace

AttackKind wrong_hosts() {
  return {"wrong-hosts", Role::kStranger,
          "200 requests a second ask for a state with the Host of another site", Needs::kNothing,
          [](Field& field) {
            return crowd_of<ForeignHost>(field, {.peers = 20, .opened_per_second = 200});
          }};
}

}  // namespace syncline::cli::attacks
