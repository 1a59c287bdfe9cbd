// DiskBlobs: blobs as files of a simulated disk.
//
// Ownership: the disk outlives it. Thread-safety: none.
#pragma once

#include "sim/disk.h"
#include "store/blobs.h"

namespace syncline::sim {

class DiskBlobs final : public store::Blobs {
 public:
  explicit DiskBlobs(Disk& disk) : disk_(disk) {}

  void write(const store::BlobName& name, Bytes bytes, log::Done<void> done) override;
  Result<std::optional<Bytes>> read(const store::BlobName& name) const override;
  Result<void> remove(const store::BlobName& name) override;
  Result<std::vector<store::BlobName>> list() const override;
  // For oracles.
  bool is_durable(const store::BlobName& name) const;

 private:
  Disk& disk_;
};

}  // namespace syncline::sim
