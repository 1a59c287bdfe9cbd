#include "backend/store/file_blobs.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "backend/store/database.h"
#include "backend/store/private_files.h"
#include "store/blob_file.h"

namespace syncline::backend::store {
namespace {

constexpr std::uint64_t kStepBytes = std::uint64_t{1} << 20;
constexpr std::string_view kUnfinished = ".new";

std::optional<BlobName> parse_blob_file(std::string_view file) {
  BlobName name{};
  if (file.size() != 2 * name.size()) return std::nullopt;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char* digits = file.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, name[i], 16);
    if (error != std::errc{} || end != digits + 2) return std::nullopt;
  }
  if (to_hex(name) != file) return std::nullopt;  // capital letters
  return name;
}

bool is_missing(const rocksdb::Status& status) {
  return status.IsPathNotFound() || status.IsNotFound();
}

Result<void> blob_result(const rocksdb::Status& status, const std::string& what) {
  if (status.ok()) return {};
  return std::unexpected(to_error(status, what));
}

rocksdb::EnvOptions writing_options() {
  rocksdb::EnvOptions options;
  options.use_mmap_writes = false;
  options.bytes_per_sync = kStepBytes;
  options.strict_bytes_per_sync = true;  // a step waits for the step before it
  return options;
}

}  // namespace

std::string blobs_dir(const std::string& data_dir) {
  return data_dir + "/snapshots";
}

std::string chunks_dir(const std::string& data_dir) {
  return data_dir + "/files";
}

FileBlobs::FileBlobs(std::string directory, rocksdb::Env* env)
    : directory_(std::move(directory)), env_(env == nullptr ? rocksdb::Env::Default() : env) {}

std::string FileBlobs::path_of(const BlobName& name) const {
  return directory_ + "/" + to_hex(name);
}

Result<void> FileBlobs::prepare() {
  if (auto ok = create_private_directory(directory_); !ok) return ok;
  std::vector<std::string> files;
  if (auto ok = blob_result(env_->GetChildren(directory_, &files), "reading " + directory_); !ok)
    return ok;
  for (const std::string& file : files)
    if (file.ends_with(kUnfinished)) env_->DeleteFile(directory_ + "/" + file);
  return {};
}

void FileBlobs::write(const BlobName& name, Bytes bytes, log::Done<void> done) {
  const auto there = read(name);
  done(there && *there ? sync_file(name) : write_new(name, bytes));
}

// The file may have been renamed by a process that ended before it synced the directory.
Result<void> FileBlobs::sync_file(const BlobName& name) {
  const std::string path = path_of(name);
  std::unique_ptr<rocksdb::WritableFile> file;
  auto ok =
      blob_result(env_->ReopenWritableFile(path, &file, writing_options()), "opening " + path);
  if (ok) ok = blob_result(file->Fsync(), "syncing " + path);
  if (ok) ok = blob_result(file->Close(), "closing " + path);
  return ok ? sync_directory() : ok;
}

Result<void> FileBlobs::write_new(const BlobName& name, ByteView content) {
  const std::string path = path_of(name);
  const std::string unfinished = path + std::string(kUnfinished);
  auto ok = write_file(unfinished, name, content);
  if (ok) ok = blob_result(env_->RenameFile(unfinished, path), "renaming " + unfinished);
  if (!ok) {
    env_->DeleteFile(unfinished);
    return ok;
  }
  ok = sync_directory();
  if (!ok) env_->DeleteFile(path);
  return ok;
}

Result<void> FileBlobs::write_file(const std::string& path, const BlobName& name,
                                   ByteView content) {
  std::unique_ptr<rocksdb::WritableFile> file;
  auto ok = blob_result(env_->NewWritableFile(path, &file, writing_options()), "creating " + path);
  if (!ok) return ok;
  // On a full disk, this fails before anything is written. Not every file system can do it.
  const auto room = file->Allocate(0, syncline::store::blob_file_bytes(content.size()));
  if (room.IsNoSpace()) return blob_result(room, "writing " + path);
  std::uint64_t written = 0;
  std::uint64_t begun = 0;  // the disk has been asked to write so many of them
  ok = syncline::store::write_blob(name, content, [&](ByteView piece) -> Result<void> {
    if (auto appended = blob_result(file->Append(slice(piece)), "writing " + path); !appended)
      return appended;
    written += piece.size();
    if (written - begun < kStepBytes) return {};
    auto stepped = blob_result(file->RangeSync(begun, written - begun), "writing " + path);
    begun = written;
    return stepped;
  });
  if (ok) ok = blob_result(file->Fsync(), "syncing " + path);
  const auto closed = blob_result(file->Close(), "closing " + path);
  return ok ? closed : ok;
}

Result<void> FileBlobs::sync_directory() {
  std::unique_ptr<rocksdb::Directory> directory;
  auto ok = blob_result(env_->NewDirectory(directory_, &directory), "opening " + directory_);
  return ok ? blob_result(directory->Fsync(), "syncing " + directory_) : ok;
}

Result<std::optional<Bytes>> FileBlobs::read(const BlobName& name) const {
  const std::string path = path_of(name);
  std::unique_ptr<rocksdb::SequentialFile> file;
  std::uint64_t size = 0;
  auto status = env_->NewSequentialFile(path, &file, {});
  if (status.ok()) status = env_->GetFileSize(path, &size);
  if (is_missing(status)) return std::nullopt;
  if (!status.ok()) return std::unexpected(to_error(status, "reading " + path));
  if (size > syncline::store::blob_file_bytes(syncline::store::kMaxBlobBytes)) return std::nullopt;
  Bytes bytes(size);
  std::size_t have = 0;
  while (have < bytes.size()) {
    char* const to = reinterpret_cast<char*>(bytes.data() + have);
    rocksdb::Slice piece;
    // What the disk cannot give back is damaged.
    if (!file->Read(bytes.size() - have, &piece, to).ok() || piece.empty()) return std::nullopt;
    if (piece.data() != to) std::copy_n(piece.data(), piece.size(), to);
    have += piece.size();
  }
  return syncline::store::read_blob(name, std::move(bytes));
}

Result<void> FileBlobs::remove(const BlobName& name) {
  const auto status = env_->DeleteFile(path_of(name));
  return is_missing(status) ? Result<void>() : blob_result(status, "removing a file");
}

Result<std::vector<BlobName>> FileBlobs::list() const {
  std::vector<std::string> files;
  const auto status = env_->GetChildren(directory_, &files);
  if (is_missing(status)) return std::vector<BlobName>();
  if (!status.ok()) return std::unexpected(to_error(status, "reading " + directory_));
  std::vector<BlobName> names;
  for (const std::string& file : files)
    if (const auto name = parse_blob_file(file)) names.push_back(*name);
  return names;
}

}  // namespace syncline::backend::store
