// Arbitrary bytes as the value of a snapshot and as the file of a blob: decoding refuses them, or
// returns what encodes to something that decodes to the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/big_endian.h"
#include "base/crc32c.h"
#include "store/blob_file.h"
#include "store/contents.h"

namespace {

using namespace syncline;

const std::string kKey = store::object_key(1, "o", 7);

void check_value(std::string_view value) {
  const auto kept = store::decode_snapshot(kKey, value);
  if (!kept) return;
  log::Snapshot snapshot{7, to_bytes(kept->bytes), kept->bytes_since_milestone};
  snapshot.base = kept->base;
  snapshot.type = kept->type;
  snapshot.generation = kept->generation;
  const std::string again = kept->apart ? store::encode_snapshot(kKey, snapshot, *kept->apart)
                                        : store::encode_snapshot(kKey, snapshot);
  const auto same = store::decode_snapshot(kKey, again);
  SYNCLINE_ASSERT(same && std::ranges::equal(same->bytes, kept->bytes));
  SYNCLINE_ASSERT(same->apart == kept->apart && same->base == kept->base);
  SYNCLINE_ASSERT(same->type == kept->type && same->generation == kept->generation);
  SYNCLINE_ASSERT(!kept->apart || again.size() <= value.size());  // shorter varints
  SYNCLINE_ASSERT(kept->base == 0 || store::snapshot_base(value) == kept->base);
}

Bytes file_of(const store::BlobName& name, ByteView content) {
  Bytes file;
  static_cast<void>(store::write_blob(name, content, [&](ByteView piece) -> Result<void> {
    file.insert(file.end(), piece.begin(), piece.end());
    return {};
  }));
  return file;
}

// One file has one content, and a content has one file.
void check_file(const Bytes& file) {
  const store::BlobName name = store::blob_name(as_bytes("fuzz"));
  const auto content = store::read_blob(name, file);
  SYNCLINE_ASSERT(!content || file_of(name, *content) == file);
}

// A file that is whole, but for one byte.
void check_flipped(ByteView content, std::size_t at) {
  const store::BlobName name = store::blob_name(content);
  Bytes file = file_of(name, content);
  SYNCLINE_ASSERT(store::read_blob(name, file) == to_bytes(content));
  file[at % file.size()] ^= 0x20;
  SYNCLINE_ASSERT(!store::read_blob(name, file));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_value(bytes);
  check_file({data, data + size});
  if (size == 0) return 0;
  // Sets the checksum after the version; otherwise decoding would refuse nearly everything at it.
  std::string value(1, static_cast<char>(data[0] % 8));
  std::uint32_t crc = crc32c(as_bytes(kKey));
  if (value[0] != 1) crc = crc32c(as_bytes(value), crc);
  const std::string_view rest = bytes.substr(1);
  put_big_endian(value, crc32c(as_bytes(rest), crc), 4);
  check_value(value.append(rest));
  check_flipped(as_bytes(rest), data[0] * 131U);
  static_cast<void>(store::parse_blob_key(bytes));
  return 0;
}
