#include "backend/store/sync_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace syncline::backend {

bool sync_directory(const std::string& path) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return false;
  const bool synced = ::fsync(directory) == 0;
  const int reason = errno;
  ::close(directory);
  errno = reason;
  return synced;
}

}  // namespace syncline::backend
