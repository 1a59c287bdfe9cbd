#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "cli/migrate/document_source.h"
#include "cli/migrate/file_documents.h"
#include "migrate/y_sweet.h"

namespace syncline::cli {
namespace {

constexpr std::string_view kDataFile = "data.ysweet";

}  // namespace

Result<std::unique_ptr<DocumentSource>> y_sweet(const std::string& folder) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> paths;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; at != end; at.increment(error)) {
    if (error) break;
    if (at->path().filename() != kDataFile || !at->is_regular_file(error)) continue;
    const fs::path document = at->path().parent_path().lexically_relative(folder);
    if (document != ".") paths.emplace(document.generic_string(), at->path().generic_string());
  }
  if (error) return fail(ErrorCode::kIo, fmt::format("{}: {}", folder, error.message()));
  if (paths.empty())
    return fail(
        ErrorCode::kMalformed,
        fmt::format("{}: no store of y-sweet: no folder in it has a file {}", folder, kDataFile));
  return file_documents(std::move(paths), migrate::read_y_sweet);
}

}  // namespace syncline::cli
