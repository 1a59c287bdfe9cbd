#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "cli/files.h"
#include "cli/migrate/document_source.h"
#include "migrate/y_sweet.h"

namespace syncline::cli {
namespace {

constexpr std::string_view kDataFile = "data.ysweet";

class YSweetDocuments final : public DocumentSource {
 public:
  explicit YSweetDocuments(std::map<std::string, std::string> paths) : paths_(std::move(paths)) {}

  Result<std::vector<std::string>> names() override {
    std::vector<std::string> names;
    for (const auto& [name, path] : paths_) names.push_back(name);
    return names;
  }

  Result<migrate::StoredUpdates> read(const std::string& name) override {
    const std::string& path = paths_.at(name);
    const auto bytes = read_file(path);
    if (!bytes) return std::unexpected(bytes.error());
    auto updates = migrate::read_y_sweet(*bytes);
    if (!updates)
      return fail(updates.error().code, fmt::format("{}: {}", path, updates.error().message));
    return updates;
  }

 private:
  const std::map<std::string, std::string> paths_;  // by name
};

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
  return std::make_unique<YSweetDocuments>(std::move(paths));
}

}  // namespace syncline::cli
