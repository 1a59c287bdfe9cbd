// MemoryBlobs: blobs in memory, in the form of their files, so that tests can damage them.
//
// Thread-safety: none; one thread reads and writes.
#pragma once

#include <map>

#include "store/blobs.h"

namespace syncline::store {

class MemoryBlobs final : public Blobs {
 public:
  void write(const BlobName& name, Bytes bytes, log::Done<void> done) override;
  Result<std::optional<Bytes>> read(const BlobName& name) const override;
  Result<void> remove(const BlobName& name) override;
  Result<std::vector<BlobName>> list() const override;

  // The bytes of a file, for changing them in place; nullptr if there is none.
  Bytes* find(const BlobName& name);

 private:
  std::map<BlobName, Bytes> files_;
};

}  // namespace syncline::store
