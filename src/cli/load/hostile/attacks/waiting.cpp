#include <fmt/format.h>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

// Sends updates that wait for others which nobody has: each of another client, or always the same.
class WaitingWriter final : public Peer {
 public:
  struct Shape {
    std::string_view object;
    bool distinct;
    double per_second;
  };
  WaitingWriter(Field& field, Shape shape) : Peer(field), shape_(shape), pace_(shape.per_second) {}

 private:
  static constexpr std::size_t kBytes = 1000;
  static constexpr std::uint64_t kMost = 20'000;  // in one document

  void begin() override {
    open_websocket(field().ground.y_path(Role::kWriter,
                                         fmt::format("{}-{}", shape_.object, field().ground.run)));
  }
  void act(std::uint64_t now_us) override {
    for (std::uint64_t due = pace_.take(now_us); due > 0 && unsent() < 256 * 1024; --due) {
      if (number_ == kMost) return;
      ++number_;
      send_message(
          shapes::y_update(shapes::waiting(1000 + (shape_.distinct ? number_ : 0), 1, kBytes)));
    }
  }

  const Shape shape_;
  Pace pace_;
  std::uint64_t number_ = 0;
};

std::unique_ptr<Attack> waiting_crowd(Field& field, WaitingWriter::Shape shape) {
  return crowd_of<WaitingWriter>(field, {.peers = 1, .opened_per_second = 1}, shape);
}

}  // namespace

AttackKind waiting_updates() {
  return {
      "waiting-updates", Role::kWriter,
      "a writer sends 1,000 updates of 1 KB a second that wait for others for ever, up to 20,000",
      Needs::kNothing, [](Field& field) {
        return waiting_crowd(field, {"waiting", true, 1000});
      }};
}

AttackKind repeated_waiting() {
  return {"repeated-waiting", Role::kWriter,
          "a writer sends the same waiting update of 1 KB 1,000 times a second, up to 20,000 times",
          Needs::kNothing, [](Field& field) {
            return waiting_crowd(field, {"repeated", false, 1000});
          }};
}

}  // namespace syncline::cli::attacks
