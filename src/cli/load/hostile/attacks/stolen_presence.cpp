#include <fmt/format.h>

#include "base/byte_reader.h"
#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

// Reads the ids that it hears in a document of the quiet users, and speaks for them.
class PresenceThief final : public Peer {
 public:
  PresenceThief(Field& field, std::uint64_t number) : Peer(field), number_(number) {}

 private:
  static constexpr std::uint64_t kHugeClock = 0x7fff'ffff;

  void begin() override {
    const Ground& ground = field().ground;
    if (ground.quiet_documents.empty())
      return open_websocket(ground.y_path(Role::kReader, "stolen"));
    Ground quiet = ground;
    const Ground::Document& document =
        ground.quiet_documents[number_ % ground.quiet_documents.size()];
    quiet.workspace = document.workspace;
    open_websocket(quiet.y_path(Role::kReader, document.object));
  }
  void opened() override {
    send_message(shapes::y_step1());
    // The answer to this query names everybody.
    send_message(Bytes{3});
  }
  void act(std::uint64_t now_us) override {
    if (pace_.take(now_us) > 0) send_message(Bytes{3});
  }
  void received(const FrameSkimmer::Message& message) override {
    ByteReader in(message.beginning);
    if (in.var_uint() != 1) return;
    ByteReader update(in.var_buffer());
    const std::uint64_t count = update.var_uint();
    for (std::uint64_t i = 0; i < count && update.ok() && unsent() < 64 * 1024; ++i) {
      const std::uint64_t id = update.var_uint();
      const std::uint64_t clock = update.var_uint();
      static_cast<void>(update.var_string());
      if (!update.ok() || clock >= kHugeClock) continue;
      send_message(shapes::y_presence(shapes::presence(id, 1, kHugeClock, R"({"user":"stolen"})")));
    }
  }

  const std::uint64_t number_;
  Pace pace_{2};
};

}  // namespace

AttackKind stolen_presence() {
  return {
      "stolen-presence", Role::kReader,
      "a reader in each document of the quiet users speaks for their ids with a huge clock, "
      "twice a second",
      Needs::kNothing, [](Field& field) {
        const std::uint64_t peers = std::max<std::uint64_t>(1, field.ground.quiet_documents.size());
        return numbered_crowd_of<PresenceThief>(field, {.peers = peers, .opened_per_second = 20});
      }};
}

}  // namespace syncline::cli::attacks
