#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

// Asks for the whole of a large document and reads it at that rate. When it has the document, it
// leaves, and another one begins.
class LargeReader final : public Peer {
 public:
  LargeReader(Field& field, std::uint64_t bytes_per_second)
      : Peer(field), bytes_per_second_(bytes_per_second) {}

 private:
  void begin() override {
    open_websocket(field().ground.y_path(Role::kReader, field().ground.large_object()));
  }
  void opened() override {
    read_at_most(bytes_per_second_);
    send_message(shapes::y_step1());
  }
  void received(const FrameSkimmer::Message& message) override {
    if (message.size >= field().ground.large_bytes) hang_up();
  }

  const std::uint64_t bytes_per_second_;
};

}  // namespace

AttackKind cold_loads() {
  return {"cold-loads", Role::kReader,
          "50 clients without a copy load a large document at 2 MiB a second each, again and again",
          Needs::kLarge, [](Field& field) {
            return crowd_of<LargeReader>(field, {.peers = 50, .opened_per_second = 25}, 2u << 20);
          }};
}

AttackKind slow_readers() {
  return {"slow-readers", Role::kReader,
          "60 clients ask for a large document and read 256 bytes a second", Needs::kLarge,
          [](Field& field) {
            return crowd_of<LargeReader>(field, {.peers = 60, .opened_per_second = 30}, 256u);
          }};
}

}  // namespace syncline::cli::attacks
