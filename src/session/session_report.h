// The reports of sessions: who opens a document, who is refused and why.
//
// Thread-safety: as observe::Sink.
#pragma once

#include <cstdint>
#include <string_view>

#include "observe/report.h"
#include "syncline/error.h"

namespace syncline::session {

// A client of one document, as the log names it. The views must live as long as the call.
struct Party {
  std::string_view protocol;  // "y-websocket"
  std::string_view workspace;
  std::string_view object;
  std::string_view principal;  // "": nobody was authenticated
  std::string_view peer;       // its address
};

// The server ends a session, or does not begin it. After a code of 44xx it is refused for good;
// after others the client comes back.
void report_end(observe::Sink* sink, const Party& party, std::uint16_t code, const Error& error);

// For debugging only.
void report_opened(observe::Sink* sink, const Party& party);

}  // namespace syncline::session
