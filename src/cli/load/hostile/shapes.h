// The bytes that attacks send: updates that no honest client makes, presence, messages.
//
// Pure functions. Updates are in Yjs's format, version 1.
#pragma once

#include <cstdint>
#include <string_view>

#include "syncline/bytes.h"
#include "syncline/crdt/id.h"

namespace syncline::cli::shapes {

// ---- updates

// Text at the end of the root "content". It stands behind the client's clock before; at clock 0 it is
// the first of this client. ASCII only.
Bytes text(crdt::ClientId client, crdt::Clock clock, std::string_view ascii);
// One key of the root "map" with one binary value.
Bytes binary(crdt::ClientId client, std::size_t bytes);
// One key, set `n` times by one client, without origins.
Bytes one_key(crdt::ClientId client, std::uint32_t n);
// `n` clients insert behind the first character of a text of client 1 that has n + 2, each with another
// right origin. The second is the text.
Bytes one_place(std::uint32_t n);
Bytes one_place_text(std::uint32_t n);
// A text of `bytes` that never applies, because the clocks before `clock` do not exist. `clock` > 0.
Bytes waiting(crdt::ClientId client, crdt::Clock clock, std::size_t bytes);

// ---- presence

// The states of `count` client ids from `first` on.
Bytes presence(crdt::ClientId first, std::size_t count, std::uint64_t clock, std::string_view json);

// ---- messages

Bytes y_step1();  // of a client that has nothing
Bytes y_update(ByteView update);
Bytes y_presence(ByteView presence);
// protocol/hocuspocus.h
Bytes token(std::string_view document, std::string_view token);
Bytes h_step1(std::string_view document);
Bytes broadcast(std::string_view document, std::string_view payload);

}  // namespace syncline::cli::shapes
