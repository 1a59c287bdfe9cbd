#include <algorithm>
#include <string>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"

namespace syncline::cli::attacks {
namespace {

class UnfinishedMessage final : public Peer {
 public:
  UnfinishedMessage(Field& field, std::string path) : Peer(field), path_(std::move(path)) {}

 private:
  static constexpr std::uint64_t kClaimed = 31'000'000;
  static constexpr std::size_t kPiece = 256 * 1024;

  void begin() override { open_websocket(path_); }
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

  const std::string path_;
  std::size_t left_ = kClaimed - 1;
};

std::unique_ptr<Attack> unfinished_on(Field& field, std::string path) {
  return crowd_of<UnfinishedMessage>(field, {.peers = 35, .opened_per_second = 20},
                                     std::move(path));
}

}  // namespace

AttackKind unfinished_messages() {
  return {"unfinished-messages", Role::kStranger,
          "35 WebSockets without a token send messages of 31 MB without their last byte",
          Needs::kNothing,
          [](Field& field) { return unfinished_on(field, field.ground.hocuspocus_path()); }};
}

AttackKind unfinished_updates() {
  return {"unfinished-updates", Role::kWriter,
          "35 clients of a document send updates of 31 MB without their last byte", Needs::kNothing,
          [](Field& field) {
            return unfinished_on(field, field.ground.y_path(Role::kWriter, "unfinished"));
          }};
}

}  // namespace syncline::cli::attacks
