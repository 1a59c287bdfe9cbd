// Values in lib0's encoding and in JSON. The first byte selects the one to test.
#include "base/byte_reader.h"
#include "check.h"
#include "crdt/json_check.h"
#include "crdt/packed.h"

using namespace syncline;
using namespace syncline::crdt;

namespace {

void check_json_of(const Any& value) {
  const std::string json = to_json(value);
  if (value.is_undefined()) return;
  const Result<Any> parsed = from_json(json);
  FUZZ_CHECK(parsed);
  const std::string again = to_json(*parsed);
  const Result<Any> parsed_again = from_json(again);
  FUZZ_CHECK(parsed_again && to_json(*parsed_again) == again);
}

void check_packed(ByteView bytes) {
  ByteReader in(bytes);
  const AnyScan scan = scan_any(in);
  ByteReader again(bytes);
  const Result<Any> value = unpack(again);
  FUZZ_CHECK((scan != AnyScan::kInvalid) == value.has_value());
  if (!value) return;
  FUZZ_CHECK(in.position() == again.position());
  const Bytes packed = pack(*value);
  const ByteView read = in.since(0);
  const bool same = std::equal(packed.begin(), packed.end(), read.begin(), read.end());
  FUZZ_CHECK(same == (scan == AnyScan::kCanonical));
  FUZZ_CHECK(unpack(packed) == *value);
  check_json_of(*value);
}

void check_json(std::string_view text) {
  const Result<Any> value = from_json(text);
  FUZZ_CHECK(is_json(text) == value.has_value());
  if (value) check_json_of(*value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  if (data[0] == 'j')
    check_json(as_text(bytes));
  else
    check_packed(bytes);
  return 0;
}
