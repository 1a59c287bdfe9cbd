// The bytes of what a fork begins with, in its first event and in its snapshots: docs/formats/stream.md.
//
// Thread-safety: pure functions.
#pragma once

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "streams/change.h"

namespace syncline::streams {

inline constexpr std::size_t kMostNameBytes = 1024;  // of an object, as in the log

void write_fork(ByteWriter& out, const Fork& fork);
// The reader fails if it is none.
Fork read_fork(ByteReader& in);

}  // namespace syncline::streams
