// Relative positions as bytes and as JSON, and their resolution in a document.
#include "check.h"
#include "syncline/bytes.h"
#include "syncline/crdt/relative_position.h"

using namespace syncline::crdt;

namespace {

void check(const RelativePosition& position) {
  FUZZ_CHECK(decode_relative_position(encode_relative_position(position)).has_value());
  FUZZ_CHECK(relative_position_from_json(to_json(position)).has_value() || position.root == "");
  Doc doc({.client_id = 1, .gc = true, .guid = "doc"});
  FUZZ_CHECK(doc.text("t").insert(0, "some text").has_value());
  FUZZ_CHECK(doc.map("m").set("key", 1).has_value());
  if (const auto found = absolute_position(position, doc))
    FUZZ_CHECK(found->index <= found->type.length() + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const syncline::ByteView bytes{data, size};
  if (const auto position = decode_relative_position(bytes)) check(*position);
  if (const auto position = relative_position_from_json(syncline::as_text(bytes))) check(*position);
  return 0;
}
