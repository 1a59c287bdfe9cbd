#include "backend/store/dir_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace syncline::backend::store {
namespace {

// ", process 123"; empty if the file does not say.
std::string owner_of(int descriptor) {
  char text[16];
  const ssize_t size = ::pread(descriptor, text, sizeof text, 0);
  long pid = 0;
  if (size > 0) std::from_chars(text, text + size, pid);
  return pid > 0 ? fmt::format(" by process {}", pid) : std::string();
}

}  // namespace

Result<DirLock> DirLock::take(const std::string& dir) {
  const std::string path = dir + "/LOCK";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return fail(ErrorCode::kIo, fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  DirLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::kConflict,
                fmt::format("data directory {} is in use{}", dir, owner_of(descriptor)));
  // The process id only helps a later message, so a failure to write it does not matter.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(descriptor, pid.data(), pid.size(), 0);
  return lock;
}

DirLock::DirLock(DirLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirLock::~DirLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace syncline::backend::store
