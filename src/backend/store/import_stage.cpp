#include "backend/store/import_stage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <variant>

#include "backend/store/bundle_input.h"
#include "backend/store/private_files.h"
#include "backend/store/sync_directory.h"
#include "base/qualified_name.h"
#include "identity/names.h"

namespace syncline::backend {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPart = ".part";
constexpr std::string_view kWhole = ".bundle";

std::unexpected<Error> disk_error(const std::string& path) {
  return fail(ErrorCode::kUnavailable, fmt::format("{}: {}", path, std::strerror(errno)));
}

// Of a workspace of a tenant: "%acme%notes" (base/qualified_name.h). Public names contain no percent sign.
std::string staged_name(std::string workspace) {
  std::ranges::replace(workspace, '/', '%');
  return workspace;
}

bool is_workspace(std::string_view name) {
  const auto [tenant, workspace] = split_name(name);
  return identity::check_workspace_name(workspace) &&
         (tenant.empty() || identity::check_tenant_name(tenant));
}

Result<void> synced(const std::string& directory) {
  if (sync_directory(directory)) return {};
  return disk_error(directory);
}

}  // namespace

ImportStage::ImportStage(std::string directory, const std::string& workspace)
    : directory_(std::move(directory)),
      part_(fmt::format("{}/{}{}", directory_, staged_name(workspace), kPart)),
      whole_(fmt::format("{}/{}{}", directory_, staged_name(workspace), kWhole)) {}

ImportStage::ImportStage(ImportStage&& other) noexcept
    : directory_(other.directory_),
      part_(other.part_),
      whole_(other.whole_),
      file_(std::exchange(other.file_, -1)),
      received_(other.received_),
      reader_(std::move(other.reader_)),
      header_(std::move(other.header_)) {}

ImportStage::~ImportStage() {
  if (file_ >= 0) ::close(file_);
}

Result<void> ImportStage::load() {
  if (file_ >= 0) ::close(file_);
  reader_ = log::BundleReader();
  header_.reset();
  received_ = 0;
  if (auto made = create_private_directory(directory_); !made) return made;
  file_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) return disk_error(part_);
  BundleInput input(part_);
  for (;;) {
    const auto bytes = input.read();
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty() || !take(*bytes)) break;
  }
  return cut();
}

// Cuts the file back to whole sections, and resets the reader, which may have seen other bytes.
Result<void> ImportStage::cut() {
  const std::uint64_t whole = reader_.whole_bytes();
  if (::ftruncate(file_, static_cast<off_t>(whole)) != 0 || ::lseek(file_, 0, SEEK_END) < 0)
    return disk_error(part_);
  received_ = whole;
  reader_ = log::BundleReader();
  header_.reset();
  BundleInput input(part_);
  for (;;) {
    const auto bytes = input.read();
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) return {};
    if (auto ok = take(*bytes); !ok) return ok;
  }
}

Result<void> ImportStage::take(ByteView bytes) {
  reader_.feed(bytes);
  for (;;) {
    const auto section = reader_.next();
    // Every error here means that the sender's bytes are bad.
    if (!section) return fail(ErrorCode::kMalformed, section.error().message);
    if (!*section) return {};
    if (const auto* found = std::get_if<log::BundleHeader>(&**section)) header_ = *found;
  }
}

Result<void> ImportStage::append(ByteView piece) {
  auto ok = take(piece);
  for (ByteView rest = piece; ok && !rest.empty();) {
    const ssize_t written = ::write(file_, rest.data(), rest.size());
    if (written >= 0)
      rest = rest.subspan(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      ok = disk_error(part_);
  }
  if (ok) {
    received_ += piece.size();
    return {};
  }
  if (auto back = load(); !back) return back;
  return ok;
}

Result<void> ImportStage::finish() {
  if (::fsync(file_) != 0 || std::rename(part_.c_str(), whole_.c_str()) != 0)
    return disk_error(part_);
  ::close(std::exchange(file_, -1));
  reader_ = log::BundleReader();
  return synced(directory_);
}

Result<void> ImportStage::remove() {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
  for (const std::string& path : {part_, whole_})
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return disk_error(path);
  header_.reset();
  received_ = 0;
  return synced(directory_);
}

Result<std::vector<ImportStage::Found>> ImportStage::find(const std::string& directory) {
  std::vector<Found> all;
  std::error_code failed;
  if (!fs::exists(directory, failed)) return all;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end;
       at.increment(failed)) {
    std::string name = at->path().stem().string();
    const std::string kind = at->path().extension().string();
    std::ranges::replace(name, '%', '/');
    if (!is_workspace(name) || (kind != kPart && kind != kWhole)) continue;
    const auto known = std::ranges::find(all, name, &Found::workspace);
    if (known == all.end())
      all.push_back({name, kind == kWhole});
    else
      known->whole = true;
  }
  if (failed)
    return fail(ErrorCode::kIo, fmt::format("cannot list {}: {}", directory, failed.message()));
  return all;
}

}  // namespace syncline::backend
