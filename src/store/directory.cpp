#include "store/directory.h"

#include <algorithm>

#include "base/big_endian.h"
#include "base/crc32c.h"

namespace syncline::store {
namespace {

constexpr char kRecordForm = '\1';
constexpr std::size_t kChecksumBytes = 4;

std::uint32_t checksum(std::string_view key, ByteView value) {
  const std::string version(1, kRecordForm);
  return crc32c(value, crc32c(as_bytes(version), crc32c(as_bytes(key))));
}

std::unexpected<Error> damaged(std::string_view id) {
  return fail(ErrorCode::kCorrupt, "the record of \"" + std::string(id) + "\" is damaged");
}

}  // namespace

std::string directory_key(log::DirectoryKind kind, std::string_view id) {
  return std::string(kDirectoryPrefix).append(1, static_cast<char>(kind)).append(id);
}

std::string encode_directory(std::string_view key, ByteView value) {
  std::string encoded(1, kRecordForm);
  put_big_endian(encoded, checksum(key, value), kChecksumBytes);
  return encoded.append(as_text(value));
}

std::optional<Bytes> decode_directory(std::string_view key, std::string_view value) {
  if (value.size() < 1 + kChecksumBytes || value[0] != kRecordForm) return std::nullopt;
  const ByteView content = as_bytes(value.substr(1 + kChecksumBytes));
  if (get_big_endian(value.substr(1, kChecksumBytes)) != checksum(key, content)) return std::nullopt;
  return to_bytes(content);
}

Result<std::optional<Bytes>> read_directory(const Tables& tables, log::DirectoryKind kind,
                                            std::string_view id) {
  const std::string key = directory_key(kind, id);
  const auto value = tables.get(Family::kMeta, key);
  if (!value) return fail_while("reading a record", value.error());
  if (!*value) return std::nullopt;
  auto content = decode_directory(key, **value);
  if (!content) return damaged(id);
  return content;
}

Result<std::vector<log::DirectoryEntry>> read_directory(const Tables& tables,
                                                        log::DirectoryKind kind,
                                                        const std::string& prefix,
                                                        const std::string& after,
                                                        std::size_t limit) {
  std::vector<log::DirectoryEntry> found;
  const std::size_t before_id = kDirectoryPrefix.size() + 1;
  const std::string begin = directory_key(kind, prefix);
  const std::string last = directory_key(kind, after);
  const auto cursor = tables.cursor(Family::kMeta);
  cursor->seek(std::max(begin, last));
  for (; cursor->valid() && found.size() < limit; cursor->next()) {
    if (!cursor->key().starts_with(begin)) break;
    const std::string_view id = cursor->key().substr(before_id);
    if (!after.empty() && id <= after) continue;
    auto content = decode_directory(cursor->key(), cursor->value());
    if (!content) return damaged(id);
    found.push_back({std::string(id), std::move(*content)});
  }
  if (const auto read = cursor->status(); !read)
    return fail_while("listing records", read.error());
  return found;
}

}  // namespace syncline::store
