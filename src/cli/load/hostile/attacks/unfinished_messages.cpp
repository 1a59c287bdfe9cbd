#include <algorithm>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"

namespace syncline::cli::attacks {
namespace {

class UnfinishedMessage final : public Peer {
 public:
  using Peer::Peer;

 private:
  static constexpr std::uint64_t kClaimed = 31'000'000;
  static constexpr std::size_t kPiece = 256 * 1024;

  void begin() override { open_websocket(field().ground.hocuspocus_path()); }
  void opened() override {
    note_sent();
    send_raw(client_frame_head(0x82, kClaimed));
  }
  // Everything but the last byte.
  void act(std::uint64_t) override {
    if (unsent() > 0 || left_ == 0) return;
    const Bytes piece(std::min(left_, kPiece), 'x');
    left_ -= piece.size();
    send_raw(piece);
  }

  std::size_t left_ = kClaimed - 1;
};

}  // namespace

AttackKind unfinished_messages() {
  return {"unfinished-messages", Role::kStranger,
          "35 WebSockets without a token send messages of 31 MB without their last byte",
          Needs::kNothing, [](Field& field) {
            return crowd_of<UnfinishedMessage>(field, {.peers = 35, .opened_per_second = 20});
          }};
}

}  // namespace syncline::cli::attacks
