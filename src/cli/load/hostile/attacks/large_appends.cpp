#include <fmt/format.h>

#include <string>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

// Appends to a document of its own until it is large, then to the next one.
class LargeAppender final : public Peer {
 public:
  LargeAppender(Field& field, std::uint64_t number) : Peer(field), number_(number) {}

 private:
  static constexpr std::size_t kPieces = 64;

  void begin() override {
    open_websocket(field().ground.y_path(
        Role::kWriter, fmt::format("appended-{}-{}", field().ground.run, number_)));
  }
  void act(std::uint64_t now_us) override {
    if (pieces_ == kPieces) return hang_up();
    if (pace_.take(now_us) == 0 || unsent() > 0 || !field().may_flood(now_us)) return;
    const std::size_t bytes = std::min<std::size_t>(1'000'000, field().ground.large_bytes);
    send_message(shapes::y_update(
        shapes::text(2, static_cast<crdt::Clock>(pieces_ * bytes), std::string(bytes, 'l'))));
    ++pieces_;
  }

  const std::uint64_t number_;
  Pace pace_{2};
  std::size_t pieces_ = 0;
};

}  // namespace

AttackKind large_appends() {
  return {
      "large-appends", Role::kWriter,
      "2 writers append 1 MB to a document of theirs twice a second, up to 64 MB; then the next",
      Needs::kNothing, [](Field& field) {
        return numbered_crowd_of<LargeAppender>(field, {.peers = 2, .opened_per_second = 2});
      }};
}

}  // namespace syncline::cli::attacks
