// Frames of y-websocket messages: a frame that passes its check decodes message by message to its
// end, and every decoded message has the same meaning after it is encoded again.
#include "base/assert.h"
#include "protocol/y_sync.h"

namespace {

using namespace syncline;
using protocol::YMessage;

void check_round_trip(const YMessage& message) {
  Bytes again;
  if (message.kind == YMessage::Kind::kSync) {
    again = protocol::encode_y_sync(message.sync, message.payload);
  } else if (message.kind == YMessage::Kind::kAwareness) {
    again = protocol::encode_y_awareness(message.payload);
  } else {
    return;
  }
  const auto second = protocol::decode_y_message(again);
  SYNCLINE_ASSERT(second && second->kind == message.kind && second->sync == message.sync);
  SYNCLINE_ASSERT(to_bytes(second->payload) == to_bytes(message.payload));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView rest(data, size);
  const bool whole = protocol::check_y_frame(rest).has_value();
  std::size_t messages = 0;
  while (!rest.empty() && messages < protocol::kMaxYMessagesInFrame) {
    const std::size_t before = rest.size();
    const auto message = protocol::take_y_message(rest);
    if (!message) break;
    SYNCLINE_ASSERT(rest.size() < before);
    check_round_trip(*message);
    ++messages;
  }
  SYNCLINE_ASSERT(whole == (messages > 0 && rest.empty()));
  return 0;
}
