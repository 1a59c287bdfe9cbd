#include "backend/store/database_log.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace syncline::backend::store {

void DatabaseLog::Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) {
  if (level < GetInfoLogLevel() || level >= rocksdb::HEADER_LEVEL) return;
  const auto as = level == rocksdb::WARN_LEVEL ? observe::Level::kWarn : observe::Level::kError;
  if (!reporter_.wants(as)) return;
  std::array<char, 1024> line;  // a longer one is cut
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  if (length <= 0) return;
  std::string_view text(line.data(), std::min(static_cast<std::size_t>(length), line.size() - 1));
  while (text.ends_with('\n')) text.remove_suffix(1);
  reporter_.say(as, "RocksDB", {{"text", text}});
}

}  // namespace syncline::backend::store
