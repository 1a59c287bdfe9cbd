// Packed values: the engine's representation of an Any. The bytes are lib0's `any` encoding in
// canonical form (what lib0's writeAny would produce). So values can be stored, copied between
// updates and compared without building a tree.
//
// Encoding (lib0/encoding.js): a tag byte, then
//   127 undefined   126 null   125 integer as varint (|n| < 2^31)   124 float32   123 float64
//   122 BigInt as int64   121 false   120 true   119 string   118 object   117 array   116 bytes
// Floats and int64 are big-endian. A number uses the first of 125, 124, 123 that represents it
// exactly.
#pragma once

#include <cstdint>
#include <string>

#include "syncline/bytes.h"
#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline {
class ByteReader;
class ByteWriter;
}  // namespace syncline

namespace syncline::crdt {

void pack(const Any& value, ByteWriter& out);
Bytes pack(const Any& value);

// Reads one value. kMalformed for bad bytes, bad UTF-8, and nesting that is too deep.
Result<Any> unpack(ByteReader& in);
Result<Any> unpack(ByteView packed);

// Validates one encoded value and skips it. True if it is canonical, so that its bytes can be kept
// unchanged. False if it is valid but must be unpacked and packed again.
Result<bool> skip_any(ByteReader& in);

// The same for hot loops. After kInvalid, the reader is in the failed state.
enum class AnyScan : std::uint8_t { kInvalid, kLoose, kCanonical };
AnyScan scan_any(ByteReader& in);

// The same result as to_json(unpack(packed)), without the tree.
std::string packed_to_json(ByteView packed);
void append_packed_json(ByteView packed, std::string& out);

}  // namespace syncline::crdt
