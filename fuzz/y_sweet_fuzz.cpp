// Files of y-sweet: what is read is part of the file, and never more than it.
#include "base/assert.h"
#include "migrate/document.h"
#include "migrate/y_sweet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  const auto updates = migrate::read_y_sweet({data, size});
  if (!updates) return 0;
  std::size_t bytes = 0;
  for (const migrate::StoredUpdate& update : *updates) bytes += update.bytes.size();
  SYNCLINE_ASSERT(bytes <= size);
  static_cast<void>(migrate::document_of(*updates));
  return 0;
}
