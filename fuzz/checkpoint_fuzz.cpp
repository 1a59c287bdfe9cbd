// Checkpoints, verification keys and base64 from untrusted sources: each is refused with an error,
// or has exactly one meaning.
#include <cstddef>
#include <cstdint>

#include "base/base64.h"
#include "check.h"
#include "log/checkpoint.h"

namespace {

using namespace syncline;

void check_note(std::string_view text) {
  static const log::NoteSigner signer{"fuzz", {}};
  static const std::vector<log::NoteVerifier> keys{signer.verifier()};
  (void)log::open_checkpoint(text, keys);
  const auto said = log::peek_checkpoint(text);
  if (!said) return;
  // What was read can be signed again, and then verifies.
  const auto note = log::sign_checkpoint(*said, {signer});
  FUZZ_CHECK(note.has_value());
  FUZZ_CHECK(log::open_checkpoint(*note, keys) == *said);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const std::string_view text = as_text(bytes);
  check_note(text);
  if (const auto key = log::NoteVerifier::from_text(text)) FUZZ_CHECK(key->to_text() == text);
  if (const auto decoded = from_base64(text)) FUZZ_CHECK(to_base64(*decoded) == text);
  FUZZ_CHECK(from_base64(to_base64(bytes)) == to_bytes(bytes));
  return 0;
}
