// FileBlobs: blobs (store/blobs.h) as files, DATA_DIR/snapshots/NAME or DATA_DIR/files/NAME, where NAME is the name of
// the blob in hexadecimal. store/blob_file.h has the bytes of a file.
//
// A file is written as NAME.new, in steps that the disk finishes one after the other, so that a sync
// of somebody else never waits for more than a step or two. Then the file is synced and renamed, and
// the directory is synced. What ends with ".new" is the rest of an interrupted write.
//
// All file operations use StoreOptions::env, so that tests can make each of them fail.
// Thread-safety: that of store/blobs.h.
#pragma once

#include <rocksdb/env.h>

#include <string>

#include "store/blobs.h"

namespace syncline::backend::store {

using syncline::store::BlobName;

// The directories of the blobs inside the data directory: of large snapshots, and of the chunks of files.
std::string blobs_dir(const std::string& data_dir);
std::string chunks_dir(const std::string& data_dir);

class FileBlobs final : public syncline::store::Blobs {
 public:
  // In one of these directories. `env` as in StoreOptions. Writes nothing yet.
  FileBlobs(std::string directory, rocksdb::Env* env);

  // Creates the directory if it is missing, and removes the rests of interrupted writes. To be
  // called before the first write.
  Result<void> prepare();

  // Blocks, and answers before it returns.
  void write(const BlobName& name, Bytes bytes, log::Done<void> done) override;

  Result<std::optional<Bytes>> read(const BlobName& name) const override;
  Result<void> remove(const BlobName& name) override;
  Result<std::vector<BlobName>> list() const override;

 private:
  std::string path_of(const BlobName& name) const;
  Result<void> write_new(const BlobName& name, ByteView content);
  Result<void> write_file(const std::string& path, const BlobName& name, ByteView content);
  Result<void> sync_file(const BlobName& name);
  Result<void> sync_directory();

  const std::string directory_;
  rocksdb::Env* const env_;
};

}  // namespace syncline::backend::store
