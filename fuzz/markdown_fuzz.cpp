// Markdown: whatever is read can be written, reads back, and can be put into a document.
#include "form_checks.h"

using namespace syncline;
using namespace syncline::forms;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(ByteView(data, size));
  const auto document = read_markdown(text);
  if (!document) return 0;
  check_writing(*document);
  check_putting(Form::kMarkdown, text);
  return 0;
}
