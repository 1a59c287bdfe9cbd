#include <fmt/format.h>

#include <utility>

#include "backend/foreign/level_db.h"
#include "cli/migrate/document_source.h"
#include "migrate/y_leveldb.h"

namespace syncline::cli {
namespace {

using migrate::YLeveldbKey;

constexpr std::uint32_t kLastNumber = 0xffffffff;  // that a key can have

class YLeveldb final : public DocumentSource {
 public:
  YLeveldb(std::string folder, std::unique_ptr<backend::LevelDb> db)
      : folder_(std::move(folder)), db_(std::move(db)) {}

  // From the updates themselves: the entries of state vectors are made later, and may be missing. Goes from the first
  // update of a document to behind its last one, so it reads little.
  Result<std::vector<std::string>> names() override {
    std::vector<std::string> names;
    bool foreign = false;
    Bytes from;
    for (bool more = true; more && !foreign;) {
      more = false;
      const auto read = db_->read(from, [&](ByteView bytes, ByteView) {
        const auto key = migrate::read_y_leveldb_key(bytes);
        foreign = !key;
        more = key && key->kind == YLeveldbKey::Kind::kUpdate;
        if (more) names.emplace_back(key->document);
        return !more && !foreign;
      });
      if (!read) return std::unexpected(read.error());
      if (!more) break;
      from = migrate::y_leveldb_update_key(names.back(), kLastNumber);
      from.push_back(0);  // behind it
    }
    if (foreign)
      return fail(ErrorCode::kMalformed,
                  folder_ + ": a LevelDB, but not one of y-leveldb: it has other keys");
    return names;
  }

  Result<migrate::StoredUpdates> read(const std::string& name) override {
    migrate::StoredUpdates updates;
    const Bytes first = migrate::y_leveldb_update_key(name, 0);
    const auto read = db_->read(first, [&](ByteView bytes, ByteView value) {
      const auto key = migrate::read_y_leveldb_key(bytes);
      if (!key || key->document != name || key->kind != YLeveldbKey::Kind::kUpdate) return false;
      updates.push_back({to_bytes(value)});
      return true;
    });
    if (!read) return std::unexpected(read.error());
    return updates;
  }

 private:
  const std::string folder_;
  const std::unique_ptr<backend::LevelDb> db_;
};

}  // namespace

Result<std::unique_ptr<DocumentSource>> y_leveldb(const std::string& folder) {
  auto db = backend::LevelDb::open(folder);
  if (!db) return std::unexpected(std::move(db.error()));
  return std::make_unique<YLeveldb>(folder, std::move(*db));
}

}  // namespace syncline::cli
