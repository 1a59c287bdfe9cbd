#include "store/blob_file.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/big_endian.h"
#include "base/crc32c.h"
#include "base/mutation.h"

namespace syncline::store {
namespace {

constexpr std::string_view kBlobMagic = "SYNCBLB\1";
constexpr std::size_t kBlobCrcBytes = 4;

std::string head_of(const BlobName& name, std::size_t content) {
  std::string head(kBlobMagic);
  put_big_endian(head, content, 8);
  put_big_endian(head, crc32c(as_bytes(head), crc32c(name)), kBlobCrcBytes);
  return head;
}

std::uint32_t chunk_crc(const BlobName& name, std::uint64_t number, ByteView chunk) {
  std::string place;
  put_big_endian(place, number, 8);
  return crc32c(chunk, crc32c(as_bytes(place), crc32c(name)));
}

std::size_t chunks_of(std::size_t content) {
  return (content + kBlobChunkBytes - 1) / kBlobChunkBytes;
}

}  // namespace

std::size_t blob_file_bytes(std::size_t content) {
  return kBlobHeadBytes + chunks_of(content) * kBlobCrcBytes + content;
}

BlobName blob_name(ByteView content) {
  return sha256(content);
}

Result<void> write_blob(const BlobName& name, ByteView content,
                        const std::function<Result<void>(ByteView piece)>& take) {
  if (auto ok = take(as_bytes(head_of(name, content.size()))); !ok) return ok;
  for (std::size_t number = 0; number < chunks_of(content.size()); ++number) {
    const std::size_t begin = number * kBlobChunkBytes;
    const ByteView chunk =
        content.subspan(begin, std::min(kBlobChunkBytes, content.size() - begin));
    std::string crc;
    put_big_endian(crc, chunk_crc(name, number, chunk), kBlobCrcBytes);
    if (auto ok = take(as_bytes(crc)); !ok) return ok;
    if (auto ok = take(chunk); !ok) return ok;
  }
  return {};
}

std::optional<Bytes> read_blob(const BlobName& name, Bytes file) {
  if (file.size() < kBlobHeadBytes) return std::nullopt;
  const std::string_view head = as_text(ByteView(file).first(kBlobHeadBytes));
  const std::uint64_t size = get_big_endian(head.substr(kBlobMagic.size(), 8));
  const bool checked = !is_mutated(Mutation::trust_damaged_snapshot);
  if (size > kMaxBlobBytes || file.size() != blob_file_bytes(size)) return std::nullopt;
  if (checked && head != head_of(name, size)) return std::nullopt;
  std::uint8_t* to = file.data();
  const std::uint8_t* from = file.data() + kBlobHeadBytes;
  for (std::size_t number = 0, left = size; left > 0; ++number) {
    const std::size_t length = std::min(kBlobChunkBytes, left);
    const ByteView chunk(from + kBlobCrcBytes, length);
    if (get_big_endian(as_text({from, kBlobCrcBytes})) != chunk_crc(name, number, chunk) && checked)
      return std::nullopt;
    std::copy(chunk.begin(), chunk.end(), to);
    from += kBlobCrcBytes + length;
    to += length;
    left -= length;
  }
  file.resize(size);
  return file;
}

}  // namespace syncline::store
