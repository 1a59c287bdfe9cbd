#include <fmt/format.h>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"

namespace syncline::cli::attacks {
namespace {

class UnfinishedBody final : public Peer {
 public:
  using Peer::Peer;

 private:
  static constexpr std::size_t kClaimed = 1'000'000;

  void begin() override { open(); }
  void opened() override {
    const Ground& ground = field().ground;
    send_request(ground.request("POST", "/v1/workspaces/" + ground.workspace + "/import?offset=0",
                                Role::kStranger, fmt::format("Content-Length: {}\r\n", kClaimed)));
    send_raw(Bytes(kClaimed - 1, 'b'));
  }
};

}  // namespace

AttackKind unfinished_bodies() {
  return {"unfinished-bodies", Role::kStranger,
          "100 requests without a token send bodies of 1 MB without their last byte",
          Needs::kNothing, [](Field& field) {
            return crowd_of<UnfinishedBody>(field, {.peers = 100, .opened_per_second = 50});
          }};
}

}  // namespace syncline::cli::attacks
