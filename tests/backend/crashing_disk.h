// A disk between RocksDB and the real one that dies at the n-th operation that changes something:
// that one is done by half, and none after it is done at all. Nothing waits for the real disk: what the
// file system has been told stays readable, because the machine goes on.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <string>

namespace syncline::testing {

class CrashingDisk final : public rocksdb::FileSystemWrapper {
 public:
  CrashingDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  const char* Name() const override { return "CrashingDisk"; }

  // 0: never.
  void crash_at(int operation) {
    operations_ = 0;
    crash_at_ = operation;
  }
  int operations() const { return operations_; }
  bool crashed() const { return crash_at_ != 0 && operations_ >= crash_at_; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override {
    if (dies()) return dead();
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto status = target()->NewWritableFile(name, options, &file, context);
    if (status.ok()) *result = std::make_unique<File>(*this, std::move(file));
    return status;
  }
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* context) override {
    std::unique_ptr<rocksdb::FSDirectory> directory;
    auto status = target()->NewDirectory(name, options, &directory, context);
    if (status.ok()) *result = std::make_unique<Directory>(std::move(directory));
    return status;
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
    return dies() ? dead() : FileSystemWrapper::RenameFile(from, to, options, context);
  }
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
    return dies() ? dead() : FileSystemWrapper::LinkFile(from, to, options, context);
  }
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
    return dies() ? dead() : FileSystemWrapper::DeleteFile(name, options, context);
  }
  rocksdb::IOStatus CreateDir(const std::string& name, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* context) override {
    return dies() ? dead() : FileSystemWrapper::CreateDir(name, options, context);
  }
  rocksdb::IOStatus CreateDirIfMissing(const std::string& name, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* context) override {
    return dies() ? dead() : FileSystemWrapper::CreateDirIfMissing(name, options, context);
  }
  rocksdb::IOStatus DeleteDir(const std::string& name, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* context) override {
    return dies() ? dead() : FileSystemWrapper::DeleteDir(name, options, context);
  }

 private:
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(CrashingDisk& disk, std::unique_ptr<rocksdb::FSWritableFile> file)
        : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
      const bool before = disk_.crashed();
      if (!disk_.dies()) return FSWritableFileOwnerWrapper::Append(data, options, context);
      if (!before)
        FSWritableFileOwnerWrapper::Append({data.data(), data.size() / 2}, options, context);
      return dead();
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* context) override {
      return Append(data, options, context);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
      (void)options, (void)context;
      return disk_.dies() ? dead() : rocksdb::IOStatus::OK();
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* context) override {
      return Sync(options, context);
    }

   private:
    CrashingDisk& disk_;
  };

  class Directory final : public rocksdb::FSDirectoryWrapper {
   public:
    using FSDirectoryWrapper::FSDirectoryWrapper;
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
      return rocksdb::IOStatus::OK();
    }
    rocksdb::IOStatus FsyncWithDirOptions(const rocksdb::IOOptions&, rocksdb::IODebugContext*,
                                          const rocksdb::DirFsyncOptions&) override {
      return rocksdb::IOStatus::OK();
    }
  };

  bool dies() { return ++operations_ >= crash_at_ && crash_at_ != 0; }
  static rocksdb::IOStatus dead() { return rocksdb::IOStatus::IOError("the disk is gone"); }

  std::atomic<int> operations_ = 0;
  std::atomic<int> crash_at_ = 0;
};

// Makes RocksDB's waits end at once: after a failed flush, it sleeps for a second before it closes.
class NoSleep final : public rocksdb::EnvWrapper {
 public:
  using EnvWrapper::EnvWrapper;
  const char* Name() const override { return "NoSleep"; }
  void SleepForMicroseconds(int) override {}
};

}  // namespace syncline::testing
