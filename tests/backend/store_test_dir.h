// Data directories for the tests of the embedded store.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "backend/store/rocksdb_store.h"
#include "support/temp_dir.h"

namespace syncline::testing {

inline backend::StoreOptions store_options(const std::string& dir) {
  backend::StoreOptions options;
  options.data_dir = dir;
  options.write_buffer_bytes = std::size_t{4} << 20;
  options.cache_bytes = std::size_t{4} << 20;
  options.min_free_bytes = 1 << 20;
  return options;
}

inline std::unique_ptr<backend::RocksDbStore> open_store(const std::string& dir) {
  auto store = backend::RocksDbStore::open(store_options(dir));
  EXPECT_TRUE(store.has_value()) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

// The only file in DIR/log with this ending, or the last by name.
inline std::filesystem::path find_file(const std::string& dir, const std::string& extension) {
  std::filesystem::path found;
  for (const auto& entry : std::filesystem::directory_iterator(dir + "/log"))
    if (entry.path().extension() == extension && entry.path() > found) found = entry.path();
  EXPECT_FALSE(found.empty()) << "no " << extension << " in " << dir;
  return found;
}

inline void flip_byte(const std::filesystem::path& path, std::uintmax_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 0x10));
  ASSERT_TRUE(file.good());
}

}  // namespace syncline::testing
