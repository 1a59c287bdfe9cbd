#include "cli/data/bundle_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <variant>

namespace syncline::cli {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

Error io_error(const std::string& path) {
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return {code, fmt::format("{}: {}", path, std::strerror(errno))};
}

std::string part_of(const std::string& path) {
  return path + ".part";
}

class InputFile {
 public:
  explicit InputFile(const std::string& path)
      : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), chunk_(kChunkBytes) {}
  ~InputFile() {
    if (file_ >= 0) ::close(file_);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // Empty: the end.
  Result<ByteView> read() {
    if (file_ < 0) return std::unexpected(io_error(path_));
    for (;;) {
      const ssize_t count = ::read(file_, chunk_.data(), chunk_.size());
      if (count >= 0) return ByteView(chunk_).first(static_cast<std::size_t>(count));
      if (errno != EINTR) return std::unexpected(io_error(path_));
    }
  }

  std::uint64_t size() const {
    struct stat status {};
    return ::fstat(file_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }

 private:
  const std::string& path_;
  int file_;
  Bytes chunk_;
};

}  // namespace

log::Checked<void> read_bundle(const std::string& path, const OnSection& each,
                               const OnRead& progress) {
  const auto refuse = [&](const Error& error) {
    return log::differs(log::Check::kBundle, {}, fmt::format("{}: {}", path, error.message),
                        error.code);
  };
  InputFile file(path);
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
    if (progress) progress(reader.whole_bytes(), total);
  }
  if (auto whole = reader.finish(); !whole) return refuse(whole.error());
  return {};
}

log::Checked<state::BundleReport> verify_bundle(const std::string& path, state::BundleTrust trust,
                                                const OnRead& progress) {
  state::BundleVerifier verifier({}, std::move(trust));
  const auto take = [&](const log::BundleSection& section) { return verifier.section(section); };
  do {
    if (auto ok = read_bundle(path, take, progress); !ok)
      return std::unexpected(std::move(ok.error()));
  } while (verifier.begin_pass());
  return verifier.report();
}

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
  made.file_ = ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (made.file_ < 0 || ::ftruncate(made.file_, static_cast<off_t>(made.bytes_)) != 0 ||
      ::lseek(made.file_, 0, SEEK_END) < 0)
    return std::unexpected(io_error(part));
  return made;
}

// The file may end anywhere, and what it ends with may be no section at all.
Result<void> BundleFile::find_begun() {
  const std::string part = part_of(path_);
  if (::access(part.c_str(), F_OK) != 0) return {};
  InputFile file(part);
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
      return std::unexpected(io_error(part_of(path_)));
  }
  return {};
}

Result<void> BundleFile::finish() {
  if (::fsync(file_) != 0 || std::rename(part_of(path_).c_str(), path_.c_str()) != 0)
    return std::unexpected(io_error(path_));
  return {};
}

}  // namespace syncline::cli
