#include "cli/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace syncline::cli {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd, bool owned = true) : fd_(fd), owned_(owned) {}
  ~Descriptor() {
    if (owned_ && fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
  bool owned_;
};

std::unexpected<Error> io_error(const std::string& path) {
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  std::string reason = std::strerror(errno);
  reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return fail(code, fmt::format("{}: {}", shown_name(path), reason));
}

bool write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string shown_name(const std::string& path) {
  return path == "-" ? "stdin" : path;
}

Result<Bytes> read_file(const std::string& path, std::size_t max_bytes) {
  const bool is_stdin = path == "-";
  const Descriptor file(is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC),
                        !is_stdin);
  if (file.get() < 0) return io_error(path);
  Bytes bytes;
  for (;;) {
    const std::size_t end = bytes.size();
    bytes.resize(end + kChunkBytes);
    const ssize_t count = ::read(file.get(), bytes.data() + end, kChunkBytes);
    if (count < 0 && errno != EINTR) return io_error(path);
    bytes.resize(end + static_cast<std::size_t>(count < 0 ? 0 : count));
    if (count == 0) return bytes;
    if (bytes.size() > max_bytes) {
      return fail(ErrorCode::kTooLarge,
                  fmt::format("{}: larger than {} bytes", shown_name(path), max_bytes));
    }
  }
}

Result<void> write_file(const std::string& path, ByteView bytes, Console& console) {
  if (path == "-") {
    if (console.out_is_terminal()) {
      return fail(ErrorCode::kInvalid,
                  "these are bytes, not for a terminal: name a file, or pipe them on");
    }
    console.out(as_text(bytes));
    return {};
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    // A device or a pipe cannot be replaced, only written to.
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0 || !write_all(file.get(), bytes)) return io_error(path);
    return {};
  }
  std::string temporary = path + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return io_error(path);
  const bool written = write_all(file.get(), bytes) && ::fsync(file.get()) == 0 &&
                       std::rename(temporary.c_str(), path.c_str()) == 0;
  if (written) return {};
  auto failure = io_error(path);
  ::unlink(temporary.c_str());
  return failure;
}

}  // namespace syncline::cli
