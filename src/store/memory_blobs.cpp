#include "store/memory_blobs.h"

#include <utility>

#include "store/blob_file.h"

namespace syncline::store {
namespace {

class NoBlobs final : public Blobs {
 public:
  void write(const BlobName&, Bytes, log::Done<void> done) override {
    done(fail(ErrorCode::kUnsupported, "no blobs can be stored here"));
  }
  Result<std::optional<Bytes>> read(const BlobName&) const override { return std::nullopt; }
  Result<void> remove(const BlobName&) override { return {}; }
  Result<std::vector<BlobName>> list() const override { return std::vector<BlobName>(); }
};

}  // namespace

const Blobs& no_blobs() {
  static const NoBlobs none;
  return none;
}

void MemoryBlobs::write(const BlobName& name, Bytes bytes, log::Done<void> done) {
  Bytes file;
  const auto written = write_blob(name, bytes, [&](ByteView piece) -> Result<void> {
    file.insert(file.end(), piece.begin(), piece.end());
    return {};
  });
  files_[name] = std::move(file);
  done(written);
}

Result<std::optional<Bytes>> MemoryBlobs::read(const BlobName& name) const {
  const auto found = files_.find(name);
  if (found == files_.end()) return std::nullopt;
  return read_blob(name, found->second);
}

Result<void> MemoryBlobs::remove(const BlobName& name) {
  files_.erase(name);
  return {};
}

Result<std::vector<BlobName>> MemoryBlobs::list() const {
  std::vector<BlobName> names;
  for (const auto& [name, file] : files_) names.push_back(name);
  return names;
}

Bytes* MemoryBlobs::find(const BlobName& name) {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace syncline::store
