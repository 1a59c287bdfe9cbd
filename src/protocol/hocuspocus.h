// The Hocuspocus protocol, versions 3 and 4. One connection carries many documents; each message is
// addressed to one of them.
//
//   message    = address as a string, varuint type, body
//   address    = document name, or document name NUL session id (clients with session awareness)
//   sync       = 0 or 4, as in y_sync.h; 4 asks for no step 1 in return
//   awareness  = 1, awareness update as a byte string
//   auth       = 2, (0, token as a string, then the client's version as a string, since 3.1)
//                client to server; (0) asks the client for its token; (1, reason) denied;
//                (2, "readonly" or "read-write") welcome
//   query      = 3
//   stateless  = 5, payload as a string          broadcast = 6, the same
//   close      = 7, reason as a string; the published providers give none
//   status     = 8, 1 or 0: one update of this client is durable / was refused
//   ping, pong = 9, 10
//
// Some published versions send ping and pong without an address; both forms decode.
//
// A WebSocket message holds one of these. Hocuspocus servers decode the first message and ignore
// the bytes after it, so no client relies on more. This decoder refuses bytes after the end, except
// after a token, where later versions of the provider add fields. Pure functions. Decoded views
// refer to the message.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/y_sync.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::protocol {

struct HocuspocusMessage {
  enum class Kind : std::uint8_t {
    kSync,
    kAwareness,
    kToken,
    kQueryAwareness,
    kStateless,
    kBroadcast,
    kClose,
    kPing,
    kPong,
    kUnknown,
  };

  std::string_view address;
  Kind kind = Kind::kUnknown;
  SyncKind sync = SyncKind::kStep1;  // kSync
  bool reply = false;                // kSync: type 4
  ByteView payload;                  // kSync, kAwareness
  std::string_view text;             // kToken: the token; kStateless, kBroadcast, kClose
  std::string_view client_version;   // kToken; may be empty
};

// The parts of an address: "notes\0abc" is document "notes", session "abc".
struct HocuspocusAddress {
  std::string_view document;
  std::string_view session;
};
HocuspocusAddress split_address(std::string_view address);

Result<HocuspocusMessage> decode_hocuspocus(ByteView message);

Bytes encode_hocuspocus_sync(std::string_view address, SyncKind kind, ByteView payload);
// Type 4: an answer that does not ask for another step 1.
Bytes encode_hocuspocus_sync_reply(std::string_view address, SyncKind kind, ByteView payload);
Bytes encode_hocuspocus_awareness(std::string_view address, ByteView update);
Bytes encode_hocuspocus_authenticated(std::string_view address, bool read_only);
// Asks the client for its token again: the published provider then sends what its application gives it now.
Bytes encode_hocuspocus_token_wanted(std::string_view address);
Bytes encode_hocuspocus_denied(std::string_view address, std::string_view reason);
Bytes encode_hocuspocus_stateless(std::string_view address, std::string_view payload);
Bytes encode_hocuspocus_close(std::string_view address, std::string_view reason);
Bytes encode_hocuspocus_status(std::string_view address, bool saved);
Bytes encode_hocuspocus_pong(std::string_view address);

}  // namespace syncline::protocol
