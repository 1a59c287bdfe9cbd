// Files of updates: what is read can be applied or is refused, and is read in the version that it was found to have.
#include "base/assert.h"
#include "migrate/document.h"
#include "migrate/update_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  const auto updates = migrate::read_update_file({data, size});
  if (!updates) return 0;
  SYNCLINE_ASSERT(!updates->empty());
  std::size_t bytes = 0;
  for (const migrate::StoredUpdate& update : *updates) {
    SYNCLINE_ASSERT(migrate::version_of_update(update.bytes, update.version));
    bytes += update.bytes.size();
  }
  SYNCLINE_ASSERT(bytes <= size);
  const auto document = migrate::document_of(*updates);
  if (document) SYNCLINE_ASSERT(migrate::contains(*document, *document));
  return 0;
}
