#include "backend/foreign/scratch_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace syncline::backend {

Result<ScratchFolder> ScratchFolder::make() {
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  if (error) return fail(ErrorCode::kIo, "temporary files: " + error.message());
  std::string path = (parent / "syncline-import-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr)
    return fail(ErrorCode::kIo, path + ": " + std::strerror(errno));
  return ScratchFolder(std::move(path));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace syncline::backend
