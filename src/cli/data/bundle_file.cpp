#include "cli/data/bundle_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <variant>

#include "backend/store/bundle_input.h"

namespace syncline::cli {
namespace {

Error bundle_io_error(const std::string& path) {
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return {code, fmt::format("{}: {}", path, std::strerror(errno))};
}

std::string part_of(const std::string& path) {
  return path + ".part";
}

}  // namespace

BundleFile::BundleFile(BundleFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      bytes_(other.bytes_),
      begun_(std::move(other.begun_)) {}

BundleFile::~BundleFile() {
  if (file_ >= 0) ::close(file_);
}

Result<BundleFile> BundleFile::create(const std::string& path, bool resume) {
  BundleFile made(path);
  const std::string part = part_of(path);
  if (resume)
    if (auto ok = made.find_begun(); !ok) return std::unexpected(std::move(ok.error()));
  made.bytes_ = made.begun_ ? made.begun_->mark.offset : 0;
  made.file_ = ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (made.file_ < 0 || ::ftruncate(made.file_, static_cast<off_t>(made.bytes_)) != 0 ||
      ::lseek(made.file_, 0, SEEK_END) < 0)
    return std::unexpected(bundle_io_error(part));
  return made;
}

// The file may end anywhere, also inside a section.
Result<void> BundleFile::find_begun() {
  const std::string part = part_of(path_);
  if (::access(part.c_str(), F_OK) != 0) return {};
  backend::BundleInput file(part);
  log::BundleReader reader;
  std::optional<log::BundleHeader> header;
  for (bool sound = true; sound;) {
    const auto bytes = file.read();
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) break;
    reader.feed(*bytes);
    for (;;) {
      const auto section = reader.next();
      sound = section.has_value();
      if (!section || !*section) break;
      if (const auto* found = std::get_if<log::BundleHeader>(&**section)) header = *found;
    }
  }
  if (header && reader.mark()) begun_ = Begun{*header, *reader.mark()};
  return {};
}

Result<void> BundleFile::write(ByteView bytes) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written >= 0)
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      return std::unexpected(bundle_io_error(part_of(path_)));
  }
  return {};
}

Result<void> BundleFile::finish() {
  if (::fsync(file_) != 0 || std::rename(part_of(path_).c_str(), path_.c_str()) != 0)
    return std::unexpected(bundle_io_error(path_));
  return {};
}

}  // namespace syncline::cli
