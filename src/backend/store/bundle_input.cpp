#include "backend/store/bundle_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include "node/known_types.h"

namespace syncline::backend {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10;

std::unexpected<Error> io_error(const std::string& path) {
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return fail(code, fmt::format("{}: {}", path, std::strerror(errno)));
}

}  // namespace

BundleInput::BundleInput(std::string path)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)),
      open_error_(file_ < 0 ? errno : 0),
      chunk_(kReadBytes) {}

BundleInput::~BundleInput() {
  if (file_ >= 0) ::close(file_);
}

Result<ByteView> BundleInput::read() {
  if (file_ < 0) {
    errno = open_error_;
    return io_error(path_);
  }
  for (;;) {
    const ssize_t count = ::read(file_, chunk_.data(), chunk_.size());
    if (count >= 0) return ByteView(chunk_).first(static_cast<std::size_t>(count));
    if (errno != EINTR) return io_error(path_);
  }
}

Result<void> BundleInput::seek(std::uint64_t offset) {
  if (::lseek(file_, static_cast<off_t>(offset), SEEK_SET) >= 0) return {};
  return io_error(path_);
}

std::uint64_t BundleInput::size() const {
  struct stat status {};
  return ::fstat(file_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

log::Checked<void> read_bundle(const std::string& path, const OnSection& each,
                               const OnRead& progress) {
  const auto refuse = [&](const Error& error) {
    return log::differs(log::Check::kBundle, {}, fmt::format("{}: {}", path, error.message),
                        error.code);
  };
  BundleInput file(path);
  log::BundleReader reader;
  const std::uint64_t total = file.size();
  for (;;) {
    const auto bytes = file.read();
    if (!bytes) return log::differs(log::Check::kStorage, {}, bytes.error());
    if (bytes->empty()) break;
    reader.feed(*bytes);
    for (;;) {
      const auto section = reader.next();
      if (!section) return refuse(section.error());
      if (!*section) break;
      if (auto ok = each(**section); !ok) return ok;
    }
    if (progress && !progress(reader.whole_bytes(), total))
      return log::differs(log::Check::kStorage, {}, "stopped", ErrorCode::kUnavailable);
  }
  if (auto whole = reader.finish(); !whole) return refuse(whole.error());
  return {};
}

log::Checked<state::BundleReport> verify_bundle(const std::string& path, state::BundleTrust trust,
                                                const OnRead& progress) {
  state::BundleVerifier verifier({.types = node::known_types()}, std::move(trust));
  const auto take = [&](const log::BundleSection& section) { return verifier.section(section); };
  do {
    if (auto ok = read_bundle(path, take, progress); !ok)
      return std::unexpected(std::move(ok.error()));
  } while (verifier.begin_pass());
  return verifier.report();
}

}  // namespace syncline::backend
