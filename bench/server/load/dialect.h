// The two protocols between Yjs clients and servers, as far as the generator needs them.
//
//   y-websocket   varuint type, body                  one document per connection, named by the URL
//   Hocuspocus    document name, varuint type, body   here also one document per connection
//
// Types: sync 0 (Hocuspocus: also 4, a reply), awareness 1, auth 2, Hocuspocus' status 8 (one
// update is saved), Syncline's own 100 for y-websocket (that many more updates are saved; only for
// clients that ask with `?ack=1`). A sync body is step 1 (0, state vector), step 2 (1, update) or
// an update (2, update).
//
// Pure functions. Results refer to the message.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/byte_writer.h"
#include "syncline/bytes.h"

namespace syncline::bench {

enum class Dialect : std::uint8_t { kYWebsocket, kHocuspocus };

struct Incoming {
  enum class Kind : std::uint8_t {
    kStep1,
    kStep2,
    kUpdate,
    kAwareness,
    kDenied,
    kSaved,
    kPing,
    kOther,
    kMalformed,
  };
  Kind kind = Kind::kMalformed;
  ByteView payload;           // kStep2, kUpdate, kAwareness
  std::uint64_t updates = 0;  // kSaved
};

Incoming read_message(Dialect dialect, ByteView message);

enum class Sync : std::uint8_t { kStep1 = 0, kStep2 = 1, kUpdate = 2 };

void write_sync(ByteWriter& out, Dialect dialect, std::string_view document, Sync kind,
                ByteView payload);
// The state of one client.
void write_awareness(ByteWriter& out, Dialect dialect, std::string_view document,
                     std::uint64_t client, std::uint32_t clock, std::string_view json);
// Hocuspocus only: the first message, and the answer to kPing.
void write_token(ByteWriter& out, std::string_view document, std::string_view token);
void write_pong(ByteWriter& out);

}  // namespace syncline::bench
