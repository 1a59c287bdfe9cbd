#include "sim/disk_blobs.h"

#include <algorithm>
#include <string>
#include <utility>

#include "store/blob_file.h"

namespace syncline::sim {

std::string DiskBlobs::file_of(const store::BlobName& name) const {
  return beginning_ + std::string(as_text(name));
}

void DiskBlobs::write(const store::BlobName& name, Bytes bytes, log::Done<void> done) {
  Bytes file;
  const auto encoded = store::write_blob(name, bytes, [&](ByteView piece) -> Result<void> {
    file.insert(file.end(), piece.begin(), piece.end());
    return {};
  });
  if (!encoded) return done(encoded);
  const bool is_new = !disk_.files().contains(file_of(name));
  disk_.write_file(file_of(name), std::move(file),
                   [this, name, is_new, done = std::move(done)](Result<void> written) mutable {
                     if (!written && is_new) disk_.remove_file(file_of(name));
                     done(std::move(written));
                   });
}

bool DiskBlobs::is_durable(const store::BlobName& name) const {
  const auto found = disk_.files().find(file_of(name));
  return found != disk_.files().end() && found->second.durable;
}

Result<std::optional<Bytes>> DiskBlobs::read(const store::BlobName& name) const {
  const auto found = disk_.files().find(file_of(name));
  if (found == disk_.files().end()) return std::nullopt;
  return store::read_blob(name, found->second.bytes);
}

Result<void> DiskBlobs::remove(const store::BlobName& name) {
  disk_.remove_file(file_of(name));
  return {};
}

Result<std::vector<store::BlobName>> DiskBlobs::list() const {
  std::vector<store::BlobName> names;
  for (const auto& [file, content] : disk_.files()) {
    store::BlobName name{};
    if (file.size() != beginning_.size() + name.size() || !file.starts_with(beginning_)) continue;
    std::ranges::copy(as_bytes(file).subspan(beginning_.size()), name.begin());
    names.push_back(name);
  }
  return names;
}

}  // namespace syncline::sim
