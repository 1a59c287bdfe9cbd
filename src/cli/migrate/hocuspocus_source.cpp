#include <utility>

#include "backend/foreign/hocuspocus_sqlite.h"
#include "cli/migrate/document_source.h"
#include "migrate/update_file.h"

namespace syncline::cli {
namespace {

class HocuspocusDocuments final : public DocumentSource {
 public:
  explicit HocuspocusDocuments(std::unique_ptr<backend::HocuspocusSqlite> database)
      : database_(std::move(database)) {}

  Result<std::vector<std::string>> names() override { return database_->names(); }

  Result<migrate::StoredUpdates> read(const std::string& name) override {
    auto bytes = database_->read(name);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    if (auto version = migrate::version_of_update(*bytes, crdt::UpdateVersion::kV1); !version)
      return std::unexpected(std::move(version.error()));
    migrate::StoredUpdates updates;
    updates.push_back({std::move(*bytes)});
    return updates;
  }

 private:
  const std::unique_ptr<backend::HocuspocusSqlite> database_;
};

}  // namespace

Result<std::unique_ptr<DocumentSource>> hocuspocus_sqlite(const std::string& file) {
  auto database = backend::HocuspocusSqlite::open(file);
  if (!database) return std::unexpected(std::move(database.error()));
  return std::make_unique<HocuspocusDocuments>(std::move(*database));
}

}  // namespace syncline::cli
