// Hocuspocus messages: a message that decodes has the same meaning after it is encoded again.
#include "base/assert.h"
#include "protocol/hocuspocus.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  using Kind = protocol::HocuspocusMessage::Kind;
  const auto message = protocol::decode_hocuspocus({data, size});
  if (!message) return 0;
  const auto address = protocol::split_address(message->address);
  SYNCLINE_ASSERT(address.document.size() + address.session.size() <= message->address.size());
  Bytes again;
  if (message->kind == Kind::kSync) {
    again = message->reply ? protocol::encode_hocuspocus_sync_reply(message->address, message->sync,
                                                                    message->payload)
                           : protocol::encode_hocuspocus_sync(message->address, message->sync,
                                                              message->payload);
  } else if (message->kind == Kind::kAwareness) {
    again = protocol::encode_hocuspocus_awareness(message->address, message->payload);
  } else if (message->kind == Kind::kStateless) {
    again = protocol::encode_hocuspocus_stateless(message->address, message->text);
  } else {
    return 0;
  }
  const auto second = protocol::decode_hocuspocus(again);
  SYNCLINE_ASSERT(second && second->kind == message->kind && second->reply == message->reply);
  SYNCLINE_ASSERT(second->address == message->address && second->text == message->text);
  SYNCLINE_ASSERT(to_bytes(second->payload) == to_bytes(message->payload));
  return 0;
}
