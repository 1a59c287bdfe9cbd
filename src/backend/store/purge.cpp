#include "backend/store/purge.h"

namespace syncline::backend::store {

Result<void> purge(const Database& database, const std::vector<KeyRange>& ranges) {
  if (ranges.empty()) return {};
  rocksdb::DB& db = *database.db;
  const std::vector<rocksdb::ColumnFamilyHandle*> all = {
      database.events, database.objects, database.snapshots, database.tree, database.meta};
  if (const auto status = db.Flush(rocksdb::FlushOptions(), all); !status.ok())
    return std::unexpected(to_error(status, "writing the tables in memory"));
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (const KeyRange& range : ranges) {
    const rocksdb::Slice begin = slice(range.first);
    const rocksdb::Slice end = slice(range.end);
    const auto status = db.CompactRange(options, database.handle(range.family), &begin, &end);
    if (!status.ok()) return std::unexpected(to_error(status, "rewriting what was erased"));
  }
  return {};
}

}  // namespace syncline::backend::store
