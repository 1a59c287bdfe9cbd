// The y-protocols messages as y-websocket carries them: one document per connection.
//
//   frame      = message, message, …            one after the other in one WebSocket message
//   message    = varuint type, body
//   sync       = 0, (0, state vector | 1, update | 2, update)    payloads as byte strings
//   awareness  = 1, awareness update as a byte string
//   auth       = 2, 0, reason as a string       server to client: something was refused or dropped, and
//                                               why; published clients log it as a denied permission
//   query      = 3                              send me everybody's awareness
//   saved      = 100, varuint count             server to client: see below
//
// `saved` is ours: sent only to a client that asked for it (`?ack=1`), it says how many more of the
// updates that this connection sent are durable now. Published clients never see it.
//
// JavaScript clients send one message in a frame. The Rust clients' first frame holds two: a step 1 and
// an awareness update.
//
// Pure functions. Decoded views refer into the message.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/byte_writer.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline {
class ByteReader;
}

namespace syncline::protocol {

enum class SyncKind : std::uint8_t { kStep1 = 0, kStep2 = 1, kUpdate = 2 };

struct YMessage {
  enum class Kind : std::uint8_t { kSync, kAwareness, kQueryAwareness, kUnknown };

  Kind kind = Kind::kUnknown;
  SyncKind sync = SyncKind::kStep1;  // kSync
  ByteView payload;                  // kSync: state vector or update. kAwareness: the update
};

// How many messages one frame may hold.
inline constexpr std::size_t kMaxYMessagesInFrame = 1024;

// Takes the first message off `frame`. kMalformed: cut, or an unknown sync message. A message type
// that this version does not know is kUnknown, and to be ignored, as Yjs servers do; since nobody
// knows where it ends, it takes the rest of the frame.
Result<YMessage> take_y_message(ByteView& frame);

// Whether every message of the frame decodes, so that a frame is refused before any of it is used.
// kMalformed, kTooLarge: more than kMaxYMessagesInFrame.
Result<void> check_y_frame(ByteView frame);

// The message of a frame that holds one. kMalformed also for bytes behind its end.
Result<YMessage> decode_y_message(ByteView message);

// The body of a sync message, after its type; shared with the Hocuspocus protocol.
Result<YMessage> decode_sync_body(ByteReader& in);
void write_sync(ByteWriter& out, SyncKind kind, ByteView payload);

Bytes encode_y_sync(SyncKind kind, ByteView payload);
Bytes encode_y_awareness(ByteView update);
Bytes encode_y_denied(std::string_view reason);
Bytes encode_y_saved(std::uint64_t updates);

}  // namespace syncline::protocol
