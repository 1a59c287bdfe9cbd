#include "log/directory_store.h"

#include <fmt/format.h>

namespace syncline::log {

Result<void> check_directory(const std::vector<DirectoryChange>& changes) {
  for (const DirectoryChange& change : changes) {
    if (change.id.empty() || change.id.find('\0') != change.id.npos)
      return fail(ErrorCode::kInvalid, "the id of a record is not empty and contains no NUL");
    const std::size_t value = change.value ? change.value->size() : 0;
    if (change.id.size() > kMaxDirectoryIdBytes || value > kMaxDirectoryValueBytes)
      return fail(ErrorCode::kTooLarge,
                  fmt::format("a record has an id of at most {} bytes and a value of at most {}",
                              kMaxDirectoryIdBytes, kMaxDirectoryValueBytes));
  }
  return {};
}

}  // namespace syncline::log
