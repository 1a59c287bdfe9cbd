#include "backend/keys/key_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "backend/store/sync_directory.h"

namespace syncline::backend {

std::unexpected<Error> key_file_failed(const std::string& what) {
  return fail(ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(errno)));
}

Result<void> write_key_file(const std::string& path, std::string_view text, mode_t mode) {
  const std::string fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) return key_file_failed("creating " + fresh);
  const bool written =
      ::fchmod(file, mode) == 0 &&
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(fresh.c_str(), path.c_str()) != 0)
    return key_file_failed("writing " + path);
  const std::string folder = std::filesystem::path(path).parent_path();
  return sync_directory(folder) ? Result<void>() : key_file_failed("syncing " + folder);
}

Result<std::string> read_key_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return fail(ErrorCode::kCorrupt, fmt::format("{}: cannot be read", path));
  return text.str();
}

}  // namespace syncline::backend
