// DiskBlobs: blobs as files of a simulated disk. Those of one purpose have names with the same beginning, of any length.
//
// Ownership: the disk outlives it. Thread-safety: none.
#pragma once

#include <string>
#include <utility>

#include "sim/disk.h"
#include "store/blobs.h"

namespace syncline::sim {

class DiskBlobs final : public store::Blobs {
 public:
  explicit DiskBlobs(Disk& disk, std::string beginning = {})
      : disk_(disk), beginning_(std::move(beginning)) {}

  void write(const store::BlobName& name, Bytes bytes, log::Done<void> done) override;
  Result<std::optional<Bytes>> read(const store::BlobName& name) const override;
  Result<void> remove(const store::BlobName& name) override;
  Result<std::vector<store::BlobName>> list() const override;
  // For oracles.
  bool is_durable(const store::BlobName& name) const;

 private:
  std::string file_of(const store::BlobName& name) const;

  Disk& disk_;
  const std::string beginning_;
};

}  // namespace syncline::sim
