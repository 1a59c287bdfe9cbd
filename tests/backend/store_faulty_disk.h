// A disk between RocksDB and the real one that fails when told to.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <string>

namespace syncline::testing {

class FaultyDisk final : public rocksdb::FileSystemWrapper {
 public:
  enum class Fault { kNone, kFull, kWriteError, kTableError, kSyncError };

  FaultyDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  const char* Name() const override { return "FaultyDisk"; }

  void set(Fault fault) { fault_ = fault; }
  int syncs() const { return syncs_; }  // of write-ahead logs

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto status = target()->NewWritableFile(name, options, &file, context);
    if (status.ok()) *result = std::make_unique<File>(*this, std::move(file), name);
    return status;
  }

 private:
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(FaultyDisk& disk, std::unique_ptr<rocksdb::FSWritableFile> file, const std::string& name)
        : FSWritableFileOwnerWrapper(std::move(file)),
          disk_(disk),
          wal_(name.ends_with(".log")),
          table_(name.ends_with(".sst")) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
      if (disk_.fault_ == Fault::kFull) {
        // As a real disk does: what still fits is written.
        FSWritableFileOwnerWrapper::Append({data.data(), data.size() / 2}, options, context);
        return rocksdb::IOStatus::NoSpace("injected");
      }
      if (disk_.fault_ == Fault::kWriteError || (table_ && disk_.fault_ == Fault::kTableError))
        return rocksdb::IOStatus::IOError("injected");
      return FSWritableFileOwnerWrapper::Append(data, options, context);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* context) override {
      return Append(data, options, context);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
      if (disk_.fault_ == Fault::kSyncError) return rocksdb::IOStatus::IOError("injected");
      if (wal_) ++disk_.syncs_;
      return FSWritableFileOwnerWrapper::Sync(options, context);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* context) override {
      return Sync(options, context);
    }

   private:
    FaultyDisk& disk_;
    const bool wal_;
    const bool table_;
  };

  std::atomic<Fault> fault_ = Fault::kNone;
  std::atomic<int> syncs_ = 0;
};

}  // namespace syncline::testing
