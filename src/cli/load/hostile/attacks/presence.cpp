#include <fmt/format.h>

#include <string>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/shapes.h"

namespace syncline::cli::attacks {
namespace {

constexpr std::size_t kMostUnsentPresence = 256 * 1024;
constexpr crdt::ClientId kPresenceIds = 0x4000'0000;  // the quiet users have smaller ones

// Presence with many ids, or with large states.
class PresenceSender final : public Peer {
 public:
  struct Shape {
    std::size_t ids;
    std::size_t state_bytes;
    double per_second;
  };
  PresenceSender(Field& field, Shape shape, std::uint64_t number)
      : Peer(field),
        shape_(shape),
        first_(kPresenceIds + number * 100'000),
        pace_(shape.per_second) {
    state_ = fmt::format(R"({{"x":"{}"}})", std::string(shape.state_bytes, 'p'));
  }

 private:
  void begin() override { open_websocket(field().ground.y_path(Role::kReader, "presence")); }
  void act(std::uint64_t now_us) override {
    for (std::uint64_t due = pace_.take(now_us); due > 0 && unsent() < kMostUnsentPresence; --due)
      send_message(shapes::y_presence(shapes::presence(first_, shape_.ids, ++clock_, state_)));
  }

  const Shape shape_;
  const crdt::ClientId first_;
  std::string state_;
  std::uint64_t clock_ = 0;
  Pace pace_;
};

// Takes what others send, as fast as it comes. It stays, or it leaves after a second, so that there are
// always newcomers, who are told of everybody.
class PresenceWatcher final : public Peer {
 public:
  PresenceWatcher(Field& field, bool stays) : Peer(field), stays_(stays) {}

 private:
  void begin() override { open_websocket(field().ground.y_path(Role::kReader, "presence")); }
  void opened() override { send_message(shapes::y_step1()); }
  void act(std::uint64_t now_us) override {
    if (since_us_ == 0) since_us_ = now_us;
    if (!stays_ && now_us - since_us_ > 1'000'000) hang_up();
  }

  const bool stays_;
  std::uint64_t since_us_ = 0;
};

std::unique_ptr<Attack> presence_of(Field& field, PresenceSender::Shape shape,
                                    std::uint64_t senders, std::uint64_t watchers, bool stay) {
  auto all = std::make_unique<Crowds>();
  all->add(
      numbered_crowd_of<PresenceSender>(field, {.peers = senders, .opened_per_second = 10}, shape));
  all->add(crowd_of<PresenceWatcher>(field, {.peers = watchers, .opened_per_second = 100}, stay));
  return all;
}

}  // namespace

AttackKind many_presences() {
  return {"many-presences", Role::kReader,
          "a reader announces 10,000 ids once a second; 10 newcomers a second listen",
          Needs::kNothing, [](Field& field) {
            return presence_of(field, {.ids = 10'000, .state_bytes = 8, .per_second = 1}, 1, 10,
                               false);
          }};
}

AttackKind large_presence() {
  return {"large-presence", Role::kReader,
          "3 readers announce 90 ids with states of 60 KB, 2 times a second each; 10 newcomers a "
          "second listen",
          Needs::kNothing, [](Field& field) {
            return presence_of(field, {.ids = 90, .state_bytes = 60'000, .per_second = 2}, 3, 10,
                               false);
          }};
}

AttackKind presence_flood() {
  return {"presence-flood", Role::kReader,
          "4 readers change presence of 16 KB 500 times a second each; 60 listen", Needs::kNothing,
          [](Field& field) {
            return presence_of(field, {.ids = 1, .state_bytes = 16'000, .per_second = 500}, 4, 60,
                               true);
          }};
}

}  // namespace syncline::cli::attacks
