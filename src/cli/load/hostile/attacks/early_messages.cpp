#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

// Published clients may send before their token, because they fetch it meanwhile.
class EarlyMessages final : public Peer {
 public:
  using Peer::Peer;

 private:
  static constexpr int kMessages = 160;  // 5 MiB

  void begin() override { open_websocket(field().ground.hocuspocus_path()); }
  void act(std::uint64_t) override {
    if (unsent() > 0 || sent_ == kMessages) return;
    ++sent_;
    send_message(shapes::broadcast("early", std::string(32 * 1024, 'e')));
  }

  int sent_ = 0;
};

}  // namespace

AttackKind early_messages() {
  return {"early-messages", Role::kStranger,
          "100 Hocuspocus connections send 5 MiB of messages each and never a token",
          Needs::kNothing, [](Field& field) {
            return crowd_of<EarlyMessages>(field, {.peers = 100, .opened_per_second = 50});
          }};
}

}  // namespace syncline::cli::attacks
