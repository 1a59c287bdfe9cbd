// Any bytes as a version of a file, and as the headers of requests for files: decoding refuses them, or gives what encodes
// to the same bytes; a range is within the file; and what is accepted can be applied.
#include <algorithm>
#include <string_view>
#include <variant>

#include "api/byte_range.h"
#include "api/file_types.h"
#include "api/tus.h"
#include "check.h"
#include "log/file_version.h"
#include "state/file_object.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const auto version = log::decode_file_version(bytes);
  if (version) {
    FUZZ_CHECK(log::check_file_version(*version).has_value());
    const Bytes again = log::encode_file_version(*version);
    FUZZ_CHECK(ByteView(again).size() == size && std::ranges::equal(again, bytes));
    static_cast<void>(api::content_disposition(*version, false));
  }
  const auto object = state::file_type().create();
  FUZZ_CHECK(object->prepare(bytes).has_value() == version.has_value());
  FUZZ_CHECK(object->apply(bytes).has_value() == version.has_value());
  const auto restored = state::file_type().restore(bytes);
  FUZZ_CHECK(restored.has_value() == (version.has_value() || bytes.empty()));
  if (restored) FUZZ_CHECK(std::ranges::equal((*restored)->snapshot(), bytes));

  const std::string_view text = as_text(bytes);
  static_cast<void>(api::parse_upload_metadata(text));
  static_cast<void>(api::media_type_of("", bytes));
  static_cast<void>(api::media_type_of(text, bytes));
  constexpr std::uint64_t kBytes = 1000;
  if (const auto range = api::asked_range(text, kBytes))
    if (const auto* part = std::get_if<api::ByteRange>(&*range))
      FUZZ_CHECK(part->count > 0 && part->first < kBytes && part->count <= kBytes - part->first);
  return 0;
}
