// The y-protocols messages as y-websocket carries them: one document per connection.
//
//   message    = varuint type, body
//   sync       = 0, (0, state vector | 1, update | 2, update)    payloads as byte strings
//   awareness  = 1, awareness update as a byte string
//   auth       = 2, 0, reason as a string       server to client: permission denied
//   query      = 3                              send me everybody's awareness
//   saved      = 100, varuint count             server to client: see below
//
// `saved` is ours: sent only to a client that asked for it (`?ack=1`), it says how many more of the
// updates that this connection sent are durable now. Published clients never see it.
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

// kMalformed: cut, unknown sync message, or bytes behind the end. A message type that this version
// does not know is kUnknown, and to be ignored, as Yjs servers do.
Result<YMessage> decode_y_message(ByteView message);

// The body of a sync message, after its type; shared with the Hocuspocus protocol.
Result<YMessage> decode_sync_body(ByteReader& in);
void write_sync(ByteWriter& out, SyncKind kind, ByteView payload);

Bytes encode_y_sync(SyncKind kind, ByteView payload);
Bytes encode_y_awareness(ByteView update);
Bytes encode_y_denied(std::string_view reason);
Bytes encode_y_saved(std::uint64_t updates);

}  // namespace syncline::protocol
