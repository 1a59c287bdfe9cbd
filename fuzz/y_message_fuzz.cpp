// y-websocket messages: whatever decodes must mean the same after being written again.
#include "base/assert.h"
#include "protocol/y_sync.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  using protocol::YMessage;
  const auto message = protocol::decode_y_message({data, size});
  if (!message) return 0;
  Bytes again;
  if (message->kind == YMessage::Kind::kSync) {
    again = protocol::encode_y_sync(message->sync, message->payload);
  } else if (message->kind == YMessage::Kind::kAwareness) {
    again = protocol::encode_y_awareness(message->payload);
  } else {
    return 0;
  }
  const auto second = protocol::decode_y_message(again);
  SYNCLINE_ASSERT(second && second->kind == message->kind && second->sync == message->sync);
  SYNCLINE_ASSERT(to_bytes(second->payload) == to_bytes(message->payload));
  return 0;
}
