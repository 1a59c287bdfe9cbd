#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"

namespace syncline::cli::attacks {
namespace {

// Each sends one thing that no client sends: a frame, or a message in a correct frame.
class MalformedFrame final : public Peer {
 public:
  MalformedFrame(Field& field, std::uint64_t number) : Peer(field), number_(number) {}

 private:
  void begin() override { open_websocket(field().ground.y_path(Role::kReader, "malformed")); }
  void opened() override {
    static const Bytes kFrames[] = {
        {0x82, 0x01, 'x'},                                  // not masked
        {0xc2, 0x81, 0, 0, 0, 0, 'x'},                      // a reserved bit
        {0x83, 0x81, 0, 0, 0, 0, 'x'},                      // an unknown opcode
        {0x80, 0x81, 0, 0, 0, 0, 'x'},                      // a continuation of nothing
        {0x09, 0x81, 0, 0, 0, 0, 'x'},                      // a control frame in pieces
        {0x82, 0xfe, 0, 1, 0, 0, 0, 0, 'x'},                // a length that is not the shortest
        {0x82, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},   // a length with its highest bit
        {0x81, 0x81, 0, 0, 0, 0, 0xff},                     // text that is not UTF-8
        {0x88, 0x82, 0, 0, 0, 0, 0, 1},                     // a close code that does not exist
        client_frame(Bytes{0, 2, 0xff, 0xff, 0xff, 0xff}),  // an update that is cut
        client_frame(Bytes{0, 9}),                          // an unknown sync message
        client_frame(Bytes(600, 0)),                        // many messages in one
    };
    note_sent();
    send_raw(kFrames[number_ % std::size(kFrames)]);
  }

  // Some of these only make the server wait for more.
  void act(std::uint64_t now_us) override {
    if (since_us_ == 0) since_us_ = now_us;
    if (now_us - since_us_ > 100'000) hang_up();
  }

  const std::uint64_t number_;
  std::uint64_t since_us_ = 0;
};

}  // namespace

AttackKind malformed_frames() {
  return {"malformed-frames", Role::kReader,
          "200 connections a second send a frame or a message that is malformed", Needs::kNothing,
          [](Field& field) {
            return numbered_crowd_of<MalformedFrame>(field,
                                                     {.peers = 40, .opened_per_second = 200});
          }};
}

}  // namespace syncline::cli::attacks
