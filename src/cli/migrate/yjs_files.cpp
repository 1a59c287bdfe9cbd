#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "cli/migrate/document_source.h"
#include "cli/migrate/file_documents.h"
#include "migrate/file_names.h"
#include "migrate/update_file.h"

namespace syncline::cli {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> unreadable(const std::string& path, const std::error_code& error) {
  const bool missing = error == std::errc::no_such_file_or_directory;
  return fail(missing ? ErrorCode::kNotFound : ErrorCode::kIo,
              fmt::format("{}: {}", path, error.message()));
}

Result<std::map<std::string, std::string>> files_below(const fs::path& folder) {
  std::map<std::string, std::string> paths;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; at != end; at.increment(error)) {
    if (error) break;
    if (at->path().filename().native().starts_with('.')) {
      if (at->is_directory(error)) at.disable_recursion_pending();
      continue;
    }
    if (!at->is_regular_file(error)) continue;
    const std::string path = at->path().lexically_relative(folder).generic_string();
    const auto [other, added] =
        paths.emplace(migrate::object_of_file(path), at->path().generic_string());
    if (!added)
      return fail(ErrorCode::kInvalid, fmt::format("{} and {} would both be the object {}",
                                                   other->second, path, other->first));
  }
  if (error) return unreadable(folder.generic_string(), error);
  return paths;
}

}  // namespace

Result<std::unique_ptr<DocumentSource>> yjs_files(const std::string& path,
                                                  std::optional<crdt::UpdateVersion> version) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status))
    return unreadable(path, std::make_error_code(std::errc::no_such_file_or_directory));
  std::map<std::string, std::string> paths;
  if (fs::is_directory(status)) {
    auto found = files_below(path);
    if (!found) return std::unexpected(std::move(found.error()));
    paths = std::move(*found);
  } else {
    paths.emplace(migrate::object_of_file(fs::path(path).filename().generic_string()), path);
  }
  return file_documents(std::move(paths), [version](ByteView file) {
    return migrate::read_update_file(file, version);
  });
}

}  // namespace syncline::cli
