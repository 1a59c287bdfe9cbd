#include "store/memory_tables.h"

#include "store/map_cursor.h"

namespace syncline::store {

void MemoryWrites::put(Family family, std::string_view key, std::string_view value) {
  writes_.push_back({family, std::string(key), std::string(value)});
}

void MemoryWrites::remove(Family family, std::string_view key) {
  writes_.push_back({family, std::string(key), std::nullopt});
}

void MemoryTables::apply(MemoryWrites writes) {
  for (auto& [family, key, value] : writes.writes_) {
    Table& table = tables_[static_cast<std::size_t>(family)];
    if (value)
      table.insert_or_assign(std::move(key), std::move(*value));
    else
      table.erase(key);
  }
}

Result<std::optional<std::string>> MemoryTables::get(Family family, std::string_view key) const {
  const Table& table = tables_[static_cast<std::size_t>(family)];
  const auto found = table.find(key);
  if (found == table.end()) return std::nullopt;
  return found->second;
}

std::unique_ptr<Cursor> MemoryTables::cursor(Family family, std::string_view end) const {
  const auto bytes_of = [](const std::string& value) -> std::string_view { return value; };
  return std::make_unique<MapCursor<Table, decltype(bytes_of)>>(
      tables_[static_cast<std::size_t>(family)], end, bytes_of);
}

std::string* MemoryTables::find(Family family, std::string_view key) {
  Table& table = tables_[static_cast<std::size_t>(family)];
  const auto found = table.find(key);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace syncline::store
