// Any text as an edit by content: a JSON Patch, a merge patch, text operations, a whole JSON value or text. What can be
// read is made in a small document: it is refused and changes nothing, or gives an update that the document takes.
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "check.h"
#include "merge/edit_json.h"
#include "merge/facets.h"
#include "merge/object.h"

using namespace syncline;
using namespace syncline::merge;

namespace {

constexpr std::uint64_t kReplica = 77;

std::unique_ptr<Object> some_document() {
  auto object = doc_type().create();
  const auto value = crdt::from_json(
      R"({"map":{"a":1,"b":{"c":[1,{"id":1,"x":"y"},"z"]}},"list":[{"id":"k","n":null},[],2]})");
  for (const Edit& edit :
       {Edit(WholeJson{{}, *value}), Edit(WholeText{{"text"}, "one two 👍 one"})}) {
    const auto intent = merge::edit(*object, edit, kReplica);
    FUZZ_CHECK(intent && object->apply(*intent));
  }
  return object;
}

template <typename Read>
void try_edit(Read read) {
  if (!read) return;
  const auto object = some_document();
  const std::string before = object->to_json();
  const auto intent = merge::edit(*object, Edit(std::move(*read)), kReplica);
  FUZZ_CHECK(object->to_json() == before);
  if (!intent) return;
  const auto prepared = object->prepare(*intent);
  FUZZ_CHECK(prepared && !prepared->waits());
  FUZZ_CHECK(object->apply(*intent));
}

Result<WholeJson> whole_json(std::string_view text) {
  auto value = crdt::from_json(text);
  if (!value) return std::unexpected(std::move(value.error()));
  return WholeJson{{}, std::move(*value)};
}

Result<WholeText> whole_text(std::string_view text) {
  if (!is_valid_utf8(text)) return fail(ErrorCode::kMalformed, "");
  return WholeText{{"text"}, std::string(text)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0: try_edit(read_json_patch(text)); break;
    case 1: try_edit(read_merge_patch(text)); break;
    case 2: try_edit(read_text_patch(text)); break;
    case 3: try_edit(whole_json(text)); break;
    default: try_edit(whole_text(text));
  }
  return 0;
}
