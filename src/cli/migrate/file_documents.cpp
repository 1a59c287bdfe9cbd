#include "cli/migrate/file_documents.h"

#include <fmt/format.h>

#include <utility>

#include "cli/files.h"

namespace syncline::cli {
namespace {

class FileDocuments final : public DocumentSource {
 public:
  FileDocuments(std::map<std::string, std::string> paths, ReadUpdates read)
      : paths_(std::move(paths)), read_(std::move(read)) {}

  Result<std::vector<std::string>> names() override {
    std::vector<std::string> names;
    for (const auto& [name, path] : paths_) names.push_back(name);
    return names;
  }

  Result<migrate::StoredUpdates> read(const std::string& name) override {
    const std::string& path = paths_.at(name);
    const auto bytes = read_file(path);
    if (!bytes) return std::unexpected(bytes.error());
    auto updates = read_(*bytes);
    if (!updates)
      return fail(updates.error().code, fmt::format("{}: {}", path, updates.error().message));
    return updates;
  }

 private:
  const std::map<std::string, std::string> paths_;  // by name
  const ReadUpdates read_;
};

}  // namespace

std::unique_ptr<DocumentSource> file_documents(std::map<std::string, std::string> paths,
                                               ReadUpdates read) {
  return std::make_unique<FileDocuments>(std::move(paths), std::move(read));
}

}  // namespace syncline::cli
