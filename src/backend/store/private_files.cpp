#include "backend/store/private_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace syncline::backend {
namespace {

namespace fs = std::filesystem;

constexpr fs::perms kOthers = fs::perms::group_all | fs::perms::others_all;

// "log", and what a repair keeps beside it: "log.damaged-TIME".
bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {
      "log", "snapshots", "files", "keys", "imports", "LOCK", "BACKUP", "reserve"};
  return name.starts_with("log.") || name.starts_with("snapshots.") ||
         std::ranges::find(kNames, name) != kNames.end();
}

void restrict_one(const fs::path& path, const fs::file_status& status, MadePrivate& made) {
  if (status.type() != fs::file_type::directory && status.type() != fs::file_type::regular) return;
  if ((status.permissions() & kOthers) == fs::perms::none) return;
  std::error_code error;
  fs::permissions(path, kOthers, fs::perm_options::remove, error);
  ++(error ? made.failed : made.changed);
}

void restrict_tree(const fs::path& path, MadePrivate& made) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (error) return;
  restrict_one(path, status, made);
  if (status.type() != fs::file_type::directory) return;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;  // a file may be deleted meanwhile
    restrict_one(at->path(), at->symlink_status(gone), made);
  }
}

}  // namespace

void create_private_files() {
  ::umask(077);
}

Result<void> create_private_directory(const std::string& path) {
  std::error_code error;
  fs::path directory;
  for (const fs::path& part : fs::path(path)) {
    directory /= part;
    if (fs::is_directory(directory, error)) continue;
    const bool made = ::mkdir(directory.c_str(), 0700) == 0;
    const int reason = errno;
    if (!made && !fs::is_directory(directory, error))
      return fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", directory.string(),
                                              std::generic_category().message(reason)));
  }
  return {};
}

MadePrivate make_private(const std::string& data_dir) {
  MadePrivate made;
  std::error_code error;
  restrict_one(data_dir, fs::status(data_dir, error), made);
  for (fs::directory_iterator at(data_dir, error), end; !error && at != end; at.increment(error)) {
    if (is_ours(at->path().filename().string())) restrict_tree(at->path(), made);
  }
  return made;
}

}  // namespace syncline::backend
