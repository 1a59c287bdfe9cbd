#include "backend/store/file_copies.h"

#include <algorithm>
#include <memory>

#include "backend/store/database.h"

namespace syncline::backend::store {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;

Result<void> checked(const rocksdb::Status& status, const std::string& what) {
  if (status.ok()) return {};
  return std::unexpected(to_error(status, what));
}

}  // namespace

template <typename Take>
Result<void> FileCopies::each_piece(const std::string& path, Take take) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  if (auto ok = checked(env_->NewSequentialFile(path, &file, {}), "opening " + path); !ok)
    return ok;
  std::string buffer(kPieceBytes, '\0');
  for (;;) {
    rocksdb::Slice piece;
    if (auto ok = checked(file->Read(buffer.size(), &piece, buffer.data()), "reading " + path); !ok)
      return ok;
    if (piece.empty()) return {};
    if (auto ok = take(piece); !ok) return ok;
    done_ += piece.size();
    if (progress && !progress(done_)) return fail(ErrorCode::kUnavailable, "stopped");
  }
}

Result<CopiedFile> FileCopies::hash(const std::string& path, std::string name) {
  CopiedFile found{std::move(name), 0, {}};
  Sha256 hash;
  auto read = each_piece(path, [&](const rocksdb::Slice& piece) -> Result<void> {
    hash.update(bytes(piece));
    found.bytes += piece.size();
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  found.hash = hash.finish();
  return found;
}

Result<CopiedFile> FileCopies::copy(const std::string& from, const std::string& to,
                                    std::string name) {
  CopiedFile copied{std::move(name), 0, {}};
  std::unique_ptr<rocksdb::WritableFile> out;
  if (auto ok = checked(env_->NewWritableFile(to, &out, {}), "creating " + to); !ok)
    return std::unexpected(std::move(ok.error()));
  Sha256 hash;
  auto read = each_piece(from, [&](const rocksdb::Slice& piece) {
    hash.update(bytes(piece));
    copied.bytes += piece.size();
    return checked(out->Append(piece), "writing " + to);
  });
  if (read) read = checked(out->Sync(), "syncing " + to);
  if (read) read = checked(out->Close(), "closing " + to);
  if (!read) return std::unexpected(std::move(read.error()));
  copied.hash = hash.finish();
  return copied;
}

Result<std::string> FileCopies::read(const std::string& path) {
  std::string text;
  auto read = each_piece(path, [&](const rocksdb::Slice& piece) -> Result<void> {
    text.append(piece.data(), piece.size());
    return text.size() <= kMaxTextBytes ? Result<void>() : fail(ErrorCode::kTooLarge, path);
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return text;
}

Result<void> FileCopies::write(const std::string& path, std::string_view text) {
  std::unique_ptr<rocksdb::WritableFile> out;
  auto ok = checked(env_->NewWritableFile(path, &out, {}), "creating " + path);
  if (ok) ok = checked(out->Append(slice(text)), "writing " + path);
  if (ok) ok = checked(out->Sync(), "syncing " + path);
  if (ok) ok = checked(out->Close(), "closing " + path);
  return ok;
}

Result<void> FileCopies::make_directory(const std::string& path) {
  return checked(env_->CreateDirIfMissing(path), "creating " + path);
}

Result<void> FileCopies::sync_directory(const std::string& path) {
  std::unique_ptr<rocksdb::Directory> directory;
  if (auto ok = checked(env_->NewDirectory(path, &directory), "opening " + path); !ok) return ok;
  return checked(directory->Fsync(), "syncing " + path);
}

Result<void> FileCopies::rename(const std::string& from, const std::string& to) {
  return checked(env_->RenameFile(from, to), "renaming " + from);
}

Result<std::vector<std::string>> FileCopies::list(const std::string& path) {
  std::vector<std::string> names;
  if (auto ok = checked(env_->GetChildren(path, &names), "reading " + path); !ok)
    return std::unexpected(std::move(ok.error()));
  std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
  std::ranges::sort(names);
  return names;
}

Result<void> FileCopies::remove_tree(const std::string& path) {
  if (!exists(path)) return {};
  bool directory = false;
  if (!env_->IsDirectory(path, &directory).ok() || !directory)
    return checked(env_->DeleteFile(path), "removing " + path);
  const auto names = list(path);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names)
    if (auto ok = remove_tree(path + "/" + name); !ok) return ok;
  return checked(env_->DeleteDir(path), "removing " + path);
}

}  // namespace syncline::backend::store
