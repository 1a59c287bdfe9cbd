// FileCopies: copies files durably and computes their hashes, through RocksDB's Env. For this
// folder only.
#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "syncline/error.h"

namespace syncline::backend::store {

struct CopiedFile {
  std::string name;  // within the directory: "log/000012.sst"
  std::uint64_t bytes = 0;
  Hash256 hash{};
};

class FileCopies {
 public:
  explicit FileCopies(rocksdb::Env* env) : env_(env == nullptr ? rocksdb::Env::Default() : env) {}

  // Called for every piece that is read. If it returns false, copying stops with kUnavailable.
  std::function<bool(std::uint64_t)> progress;

  Result<CopiedFile> copy(const std::string& from, const std::string& to, std::string name);
  Result<CopiedFile> hash(const std::string& path, std::string name);
  Result<std::string> read(const std::string& path);  // at most 64 MiB
  Result<void> write(const std::string& path, std::string_view text);
  Result<void> make_directory(const std::string& path);
  Result<void> sync_directory(const std::string& path);
  Result<void> rename(const std::string& from, const std::string& to);
  Result<std::vector<std::string>> list(const std::string& path);  // files, in order
  // Does nothing if it does not exist.
  Result<void> remove_tree(const std::string& path);
  bool exists(const std::string& path) { return env_->FileExists(path).ok(); }

 private:
  template <typename Take>
  Result<void> each_piece(const std::string& path, Take take);

  rocksdb::Env* env_;
  std::uint64_t done_ = 0;
};

}  // namespace syncline::backend::store
