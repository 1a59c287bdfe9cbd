#include "backend/foreign/level_db.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "backend/foreign/scratch_folder.h"

namespace syncline::backend {
namespace {

using leveldb::Status;

class Silent final : public leveldb::Logger {
 public:
  void Logv(const char*, std::va_list) override {}
};

class NoLock final : public leveldb::FileLock {};

// The files of a folder, with changes that are elsewhere. LevelDB calls it from two threads.
class ViewOfFolder final : public leveldb::EnvWrapper {
 public:
  explicit ViewOfFolder(std::string scratch)
      : EnvWrapper(leveldb::Env::Default()), scratch_(std::move(scratch)) {}

  Status NewSequentialFile(const std::string& name, leveldb::SequentialFile** file) override {
    const auto place = place_of(name);
    return place.empty() ? hidden(name) : target()->NewSequentialFile(place, file);
  }
  Status NewRandomAccessFile(const std::string& name, leveldb::RandomAccessFile** file) override {
    const auto place = place_of(name);
    return place.empty() ? hidden(name) : target()->NewRandomAccessFile(place, file);
  }
  bool FileExists(const std::string& name) override {
    const auto place = place_of(name);
    return !place.empty() && target()->FileExists(place);
  }
  Status GetFileSize(const std::string& name, std::uint64_t* size) override {
    const auto place = place_of(name);
    return place.empty() ? hidden(name) : target()->GetFileSize(place, size);
  }
  Status GetChildren(const std::string& folder, std::vector<std::string>* names) override {
    std::vector<std::string> there;
    Status status = target()->GetChildren(folder, &there);
    if (!status.ok()) return status;
    const std::lock_guard lock(mutex_);
    names->assign(written_.begin(), written_.end());
    for (std::string& name : there)
      if (!written_.contains(name) && !removed_.contains(name)) names->push_back(std::move(name));
    return status;
  }

  Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    {
      const std::lock_guard lock(mutex_);
      written_.insert(base(name));
    }
    return target()->NewWritableFile(in_scratch(name), file);
  }
  Status NewAppendableFile(const std::string& name, leveldb::WritableFile**) override {
    return Status::NotSupported(name, "only read");
  }
  Status RemoveFile(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    removed_.insert(base(name));
    return written_.erase(base(name)) == 0 ? Status::OK() : target()->RemoveFile(in_scratch(name));
  }
  Status DeleteFile(const std::string& name) override { return RemoveFile(name); }
  // Only files that were written here get another name: CURRENT.
  Status RenameFile(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(mutex_);
    if (written_.erase(base(from)) == 0) return Status::NotSupported(from, "only read");
    written_.insert(base(to));
    removed_.erase(base(to));
    return target()->RenameFile(in_scratch(from), in_scratch(to));
  }
  Status CreateDir(const std::string&) override { return Status::OK(); }
  Status RemoveDir(const std::string&) override { return Status::OK(); }
  Status DeleteDir(const std::string&) override { return Status::OK(); }
  Status LockFile(const std::string&, leveldb::FileLock** lock) override {
    *lock = new NoLock();
    return Status::OK();
  }
  Status UnlockFile(leveldb::FileLock* lock) override {
    delete lock;
    return Status::OK();
  }
  Status NewLogger(const std::string&, leveldb::Logger** logger) override {
    *logger = new Silent();
    return Status::OK();
  }

 private:
  static std::string base(const std::string& path) {
    return std::filesystem::path(path).filename().string();
  }
  static Status hidden(const std::string& name) { return Status::NotFound(name, "removed"); }
  std::string in_scratch(const std::string& name) const { return scratch_ + "/" + base(name); }

  // "": it was removed.
  std::string place_of(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (written_.contains(base(name))) return in_scratch(name);
    return removed_.contains(base(name)) ? std::string() : name;
  }

  const std::string scratch_;
  std::mutex mutex_;
  std::set<std::string> written_;  // names of files in the temporary folder
  std::set<std::string> removed_;  // names in the real one that count as removed
};

class ReadLevelDb final : public LevelDb {
 public:
  ReadLevelDb(std::string folder, ScratchFolder scratch)
      : folder_(std::move(folder)), scratch_(std::move(scratch)), view_(scratch_.path()) {}

  Result<void> open() {
    leveldb::Options options;
    options.env = &view_;
    options.info_log = &silent_;
    options.paranoid_checks = true;  // damage in the log is an error
    options.create_if_missing = false;
    leveldb::DB* db = nullptr;
    const Status status = leveldb::DB::Open(options, folder_, &db);
    db_.reset(db);
    return result_of(status);
  }

  Result<void> read(ByteView from, const Each& each) override {
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    options.fill_cache = false;
    const std::unique_ptr<leveldb::Iterator> at(db_->NewIterator(options));
    for (at->Seek({as_text(from).data(), from.size()}); at->Valid(); at->Next())
      if (!each(bytes_of(at->key()), bytes_of(at->value()))) break;
    return result_of(at->status());
  }

 private:
  static ByteView bytes_of(const leveldb::Slice& slice) {
    return as_bytes(std::string_view(slice.data(), slice.size()));
  }

  Result<void> result_of(const Status& status) const {
    if (status.ok()) return {};
    const bool io = status.IsIOError();
    return fail(io ? ErrorCode::kIo : ErrorCode::kCorrupt,
                fmt::format("{}: {}: {}", folder_, io ? "cannot be read" : "no LevelDB, or damaged",
                            status.ToString()));
  }

  const std::string folder_;
  const ScratchFolder scratch_;
  ViewOfFolder view_;
  Silent silent_;
  std::unique_ptr<leveldb::DB> db_;
};

// True if another process has the lock that LevelDB takes.
bool is_locked(const std::string& lock_file) {
  const int file = ::open(lock_file.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool locked = ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(file);
  return locked;
}

}  // namespace

Result<std::unique_ptr<LevelDb>> LevelDb::open(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    return fail(ErrorCode::kNotFound, folder + ": no such folder");
  if (!std::filesystem::exists(folder + "/CURRENT", error))
    return fail(ErrorCode::kMalformed, folder + ": no LevelDB: it has no file CURRENT");
  if (is_locked(folder + "/LOCK"))
    return fail(ErrorCode::kConflict,
                folder + ": a program has it open; stop it, or ask the server itself");
  auto scratch = ScratchFolder::make();
  if (!scratch) return std::unexpected(std::move(scratch.error()));
  auto db = std::make_unique<ReadLevelDb>(folder, std::move(*scratch));
  if (auto opened = db->open(); !opened) return std::unexpected(std::move(opened.error()));
  return db;
}

}  // namespace syncline::backend
