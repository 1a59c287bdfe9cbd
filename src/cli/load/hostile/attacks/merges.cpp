#include <fmt/format.h>

#include <string>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

// Writes updates that cost much to merge into a new document; then leaves.
class MergeWriter final : public Peer {
 public:
  MergeWriter(Field& field, std::string object, const std::vector<Bytes>& messages)
      : Peer(field), object_(std::move(object)), messages_(messages) {}

 private:
  static constexpr std::uint64_t kPatienceUs = 5'000'000;

  void begin() override { open_websocket(field().ground.y_path(Role::kWriter, object_)); }
  void opened() override {
    for (const Bytes& message : messages_) send_message(message);
  }
  // One that waits longer lets another begin.
  void act(std::uint64_t now_us) override {
    if (since_us_ == 0) since_us_ = now_us;
    if (now_us - since_us_ > kPatienceUs) hang_up();
  }
  void received(const FrameSkimmer::Message& message) override {
    if (!message.beginning.empty() && message.beginning[0] == 100 && ++acks_ == messages_.size())
      hang_up();
  }

  const std::string object_;
  const std::vector<Bytes>& messages_;
  std::size_t acks_ = 0;
  std::uint64_t since_us_ = 0;
};

std::unique_ptr<Attack> merge_crowd(Field& field, std::string_view name,
                                    const std::vector<Bytes>& messages) {
  return std::make_unique<Crowd>(
      field, CrowdSize{.peers = 3, .opened_per_second = 0.5},
      [name = std::string(name), &messages, next = 0](Field& in) mutable {
        return std::make_unique<MergeWriter>(
            in, fmt::format("{}-{}-{}", name, in.ground.run, next++), messages);
      });
}

}  // namespace

AttackKind one_key() {
  return {
      "one-key", Role::kWriter,
      "every 2 seconds, an update sets one key 80,000 times without origin in a new document",
      Needs::kNothing, [](Field& field) {
        static const std::vector<Bytes> kMessages = {shapes::y_update(shapes::one_key(2, 80'000))};
        return merge_crowd(field, "one-key", kMessages);
      }};
}

AttackKind one_place() {
  return {
      "one-place", Role::kWriter,
      "every 2 seconds, an update inserts 10,000 characters at one place of a new document, each "
      "with another right origin",
      Needs::kNothing, [](Field& field) {
        static const std::vector<Bytes> kMessages = {
            shapes::y_update(shapes::one_place_text(10'000)),
            shapes::y_update(shapes::one_place(10'000))};
        return merge_crowd(field, "one-place", kMessages);
      }};
}

}  // namespace syncline::cli::attacks
