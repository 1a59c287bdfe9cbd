#include "backend/foreign/scratch_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace syncline::backend {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "syncline-import-";

// A folder that was just made may not be locked yet.
constexpr std::time_t kSurelyLockedAfterS = 60;

// The open folder with its lock; -1: it is not ours, or is in use and we do not wait.
int lock_folder(const std::string& path, int wait) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat what {};
  const bool ours = folder >= 0 && ::fstat(folder, &what) == 0 && what.st_uid == ::geteuid();
  if (ours && ::flock(folder, LOCK_EX | wait) == 0) return folder;
  if (folder >= 0) ::close(folder);
  return -1;
}

bool is_old(int folder) {
  struct stat what {};
  return ::fstat(folder, &what) == 0 && std::time(nullptr) - what.st_mtime > kSurelyLockedAfterS;
}

// What cannot be removed is left alone: nobody waits for it.
void remove_abandoned(const fs::path& parent) {
  std::error_code error;
  for (fs::directory_iterator each(parent, error), end; !error && each != end;
       each.increment(error)) {
    const std::string path = each->path().string();
    if (!each->path().filename().string().starts_with(kPrefix)) continue;
    const int folder = lock_folder(path, LOCK_NB);
    if (folder < 0) continue;
    std::error_code ignored;
    if (is_old(folder)) fs::remove_all(path, ignored);
    ::close(folder);
  }
}

}  // namespace

Result<ScratchFolder> ScratchFolder::make() {
  std::error_code error;
  const auto parent = fs::temp_directory_path(error);
  if (error) return fail(ErrorCode::kIo, "temporary files: " + error.message());
  remove_abandoned(parent);
  std::string path = (parent / (std::string(kPrefix) + "XXXXXX")).string();
  if (::mkdtemp(path.data()) == nullptr)
    return fail(ErrorCode::kIo, path + ": " + std::strerror(errno));
  const int lock = lock_folder(path, 0);  // somebody may look at it just now
  if (lock < 0) return fail(ErrorCode::kIo, path + ": " + std::strerror(errno));
  return ScratchFolder(std::move(path), lock);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace syncline::backend
