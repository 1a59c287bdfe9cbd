// The y-protocols messages in the form that y-websocket uses: one document per connection.
//
//   frame      = message, message, …            one after the other in one WebSocket message
//   message    = varuint type, body
//   sync       = 0, (0, state vector | 1, update | 2, update)    payloads as byte strings
//   awareness  = 1, awareness update as a byte string
//   auth       = 2, 0, reason as a string       server to client: something was refused or dropped, and
//                                               why; published clients log it as a denied permission
//   query      = 3                              send me everybody's awareness
//   saved      = 100, varuint count             server to client: see below
//   status     = 101, varuint kind, string      server to client: see below
//
// `saved` and `status` are our own extensions. Published clients never receive them.
// - `saved` goes to a client that asked for it (`?ack=1`). It tells how many more updates of this
//   connection are durable now.
// - `status` goes to a client that asked for it (`?status=1`), instead of `auth`, as long as the
//   connection goes on. So such a client tells a refused change from presence that was dropped, and
//   learns of its rights without a new connection. The string is the reason, and may be empty.
//
// JavaScript clients send one message in a frame. The first frame of the Rust clients contains two:
// a sync step 1 and an awareness update.
//
// Pure functions. Decoded views refer to the message.
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

// The face of objects that clients of these protocols open (merge/object.h).
inline constexpr std::string_view kYjsFace = "yjs";

enum class SyncKind : std::uint8_t { kStep1 = 0, kStep2 = 1, kUpdate = 2 };

struct YMessage {
  enum class Kind : std::uint8_t { kSync, kAwareness, kQueryAwareness, kUnknown };

  Kind kind = Kind::kUnknown;
  SyncKind sync = SyncKind::kStep1;  // kSync
  ByteView payload;                  // kSync: state vector or update. kAwareness: the update
};

// The most messages that a frame may contain.
inline constexpr std::size_t kMaxYMessagesInFrame = 1024;

// The numbers are those of the wire.
enum class YStatus : std::uint8_t {
  kReads = 0,          // the client may not write any more
  kWrites = 1,         // it may write again
  kDropped = 2,        // presence of the client was dropped
  kRefusedChange = 3,  // a change was refused, and would be refused again
  kWritesLess = 4,     // it may write on, and only a part of what it could
};

// Decodes the first message of `frame` and removes it. kMalformed if it is cut off, or for an
// unknown sync message. An unknown message type gives kUnknown, which the caller must ignore, as
// Yjs servers do. Its end is unknown, so it takes the rest of the frame.
Result<YMessage> take_y_message(ByteView& frame);

// Checks that every message of the frame decodes. So a bad frame can be refused before any of it is
// used. kMalformed; kTooLarge for more than kMaxYMessagesInFrame.
Result<void> check_y_frame(ByteView frame);

// Decodes a frame that contains one message. kMalformed also for bytes after its end.
Result<YMessage> decode_y_message(ByteView message);

// Decodes the body of a sync message, after its type. The Hocuspocus protocol uses it, too.
Result<YMessage> decode_sync_body(ByteReader& in);
void write_sync(ByteWriter& out, SyncKind kind, ByteView payload);

Bytes encode_y_sync(SyncKind kind, ByteView payload);
Bytes encode_y_awareness(ByteView update);
Bytes encode_y_denied(std::string_view reason);
Bytes encode_y_saved(std::uint64_t updates);
Bytes encode_y_status(YStatus status, std::string_view reason);

}  // namespace syncline::protocol
