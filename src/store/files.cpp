#include "store/files.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/big_endian.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "store/directory.h"

namespace syncline::store {
namespace {

constexpr std::string_view kVersionPrefix = "f/v";
constexpr std::size_t kPageNumberBytes = 4;
constexpr std::size_t kHashBytes = 32;

std::string_view text_of(const Hash256& hash) {
  return as_text(hash);
}

// Of 32 bytes.
Hash256 hash_of_text(std::string_view text) {
  Hash256 hash{};
  SYNCLINE_ASSERT(text.size() == hash.size());
  std::ranges::copy(as_bytes(text), hash.begin());
  return hash;
}

std::unexpected<Error> file_damaged() {
  return fail(ErrorCode::kCorrupt, "what is stored of a file is damaged");
}

void put_hash(ByteWriter& out, const std::optional<Hash256>& hash) {
  out.u8(hash ? 1 : 0);
  if (hash) out.append(*hash);
}

std::optional<Hash256> take_hash(ByteReader& in) {
  if (in.u8() != 1) return std::nullopt;
  const ByteView bytes = in.bytes(kHashBytes);
  if (!in.ok()) return std::nullopt;
  return hash_of_text(as_text(bytes));
}

std::optional<log::Upload> decode_upload(std::string_view id, ByteView bytes) {
  ByteReader in(bytes);
  log::Upload upload{.id = std::string(id)};
  upload.workspace = in.var_string();
  upload.object = in.var_string();
  upload.principal = in.var_string();
  if (in.u8() == 1) upload.length = in.var_uint();
  upload.media_type = in.var_string();
  upload.file_name = in.var_string();
  upload.metadata = in.var_string();
  upload.expires_ms = in.var_uint();
  upload.chunks = in.var_uint();
  if (const auto tail = take_hash(in)) upload.tail = {*tail, in.var_uint()};
  for (std::uint32_t& word : upload.hashed.words) word = static_cast<std::uint32_t>(in.var_uint());
  upload.hashed.length = in.var_uint();
  upload.file = take_hash(in);
  upload.done = in.u8() == 1;
  if (!in.ok() || !in.at_end() || upload.hashed.length % 64 != 0) return std::nullopt;
  return upload;
}

// The value under the key, without its checksum; nullopt: there is none.
Result<std::optional<Bytes>> read_value(const Tables& tables, const std::string& key) {
  const auto value = tables.get(Family::kMeta, key);
  if (!value) return fail_while("reading a file", value.error());
  if (!*value) return std::nullopt;
  auto content = decode_directory(key, **value);
  if (!content) return file_damaged();
  return content;
}

std::optional<NamedVersion> decode_version(std::string_view key, std::string_view value) {
  const auto content = decode_directory(key, value);
  const auto at = parse_object_key(key.substr(kVersionPrefix.size()));
  if (!content || !at) return std::nullopt;
  ByteReader in(*content);
  const auto file = take_hash(in);
  const std::uint64_t generation = in.var_uint();
  if (!file || !in.ok() || !in.at_end()) return std::nullopt;
  return NamedVersion{std::string(at->object), at->position, generation, *file};
}

// The tenant and what follows it, of a key of that kind.
std::pair<std::string, std::string> parts_of(std::string_view key) {
  key.remove_prefix(kFilesPrefix.size() + 1);
  const std::size_t end = key.find('\0');
  if (end == key.npos) return {};
  return {std::string(key.substr(0, end)), std::string(key.substr(end + 1))};
}

// Calls `take(tenant, rest of the key, value)` for all keys of that kind, until it returns false.
template <typename Take>
Result<void> each_of_kind(const Tables& tables, FileKey kind, Take take) {
  std::string prefix(kFilesPrefix);
  prefix.push_back(static_cast<char>(kind));
  const auto cursor = tables.cursor(Family::kMeta, after_prefix(prefix));
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    auto [tenant, rest] = parts_of(cursor->key());
    if (!take(std::move(tenant), std::move(rest), cursor->value())) break;
  }
  return cursor->status();
}

Result<bool> has_key_with(const Tables& tables, const std::string& prefix) {
  const auto cursor = tables.cursor(Family::kMeta, after_prefix(prefix));
  cursor->seek(prefix);
  if (auto read = cursor->status(); !read) return std::unexpected(std::move(read.error()));
  return cursor->valid() && cursor->key().starts_with(prefix);
}

}  // namespace

std::string file_prefix(FileKey kind, std::string_view tenant) {
  std::string key(kFilesPrefix);
  key.push_back(static_cast<char>(kind));
  return key.append(tenant).append(1, '\0');
}

std::string upload_key(std::string_view tenant, std::string_view id) {
  return file_prefix(FileKey::kUpload, tenant).append(id);
}

std::string over_key(std::string_view tenant, std::string_view id) {
  return file_prefix(FileKey::kOver, tenant).append(id);
}

std::string page_key(std::string_view tenant, std::string_view list, std::uint32_t page) {
  std::string key = file_prefix(FileKey::kPage, tenant).append(list);
  put_big_endian(key, page, kPageNumberBytes);
  return key;
}

std::string file_key(std::string_view tenant, const Hash256& file) {
  return file_prefix(FileKey::kFile, tenant).append(text_of(file));
}

std::string dead_list_key(std::string_view tenant, std::string_view list) {
  return file_prefix(FileKey::kDeadList, tenant).append(list);
}

std::string holder_prefix(std::string_view tenant, const Hash256& file) {
  return file_prefix(FileKey::kHolder, tenant).append(text_of(file));
}

std::string holder_key(std::string_view tenant, const Hash256& file, std::string_view upload) {
  return holder_prefix(tenant, file).append(1, 'u').append(upload);
}

std::string holder_key(std::string_view tenant, const Hash256& file, WorkspaceId id,
                       log::Position position) {
  return holder_prefix(tenant, file).append(1, 'v').append(event_key(id, position));
}

std::string chunk_prefix(const BlobName& chunk) {
  return std::string("f/c").append(text_of(chunk));
}

std::string chunk_key(const BlobName& chunk, std::string_view list) {
  return chunk_prefix(chunk).append(list);
}

std::string version_prefix(WorkspaceId id) {
  return std::string(kVersionPrefix) + id_key(id);
}

std::string version_key(WorkspaceId id, std::string_view object, log::Position position) {
  return std::string(kVersionPrefix) + object_key(id, object, position);
}

BlobName chunk_name(std::string_view tenant, ByteView bytes) {
  Sha256 hash;
  hash.update(as_bytes(tenant));
  hash.update(as_bytes(std::string_view("\0", 1)));
  hash.update(bytes);
  return hash.finish();
}

std::string encode_upload(std::string_view key, const log::Upload& upload) {
  ByteWriter out;
  out.var_string(upload.workspace);
  out.var_string(upload.object);
  out.var_string(upload.principal);
  out.u8(upload.length ? 1 : 0);
  if (upload.length) out.var_uint(*upload.length);
  out.var_string(upload.media_type);
  out.var_string(upload.file_name);
  out.var_string(upload.metadata);
  out.var_uint(upload.expires_ms);
  out.var_uint(upload.chunks);
  put_hash(out, upload.tail ? std::optional(upload.tail->chunk) : std::nullopt);
  if (upload.tail) out.var_uint(upload.tail->bytes);
  for (const std::uint32_t word : upload.hashed.words) out.var_uint(word);
  out.var_uint(upload.hashed.length);
  put_hash(out, upload.file);
  out.u8(upload.done ? 1 : 0);
  return encode_directory(key, out.view());
}

std::string encode_file(std::string_view key, const log::StoredFile& file) {
  ByteWriter out;
  out.var_buffer(as_bytes(file.list));
  out.var_uint(file.bytes);
  return encode_directory(key, out.view());
}

std::string encode_version(std::string_view key, const NamedVersion& version) {
  ByteWriter out;
  put_hash(out, version.file);
  out.var_uint(version.generation);
  return encode_directory(key, out.view());
}

std::string encode_page(std::string_view key, const std::vector<Hash256>& names) {
  ByteWriter out;
  for (const Hash256& name : names) out.append(name);
  return encode_directory(key, out.view());
}

Result<std::optional<log::Upload>> read_upload(const Tables& tables, std::string_view tenant,
                                               std::string_view id) {
  auto value = read_value(tables, upload_key(tenant, id));
  if (value && !*value) value = read_value(tables, over_key(tenant, id));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::nullopt;
  auto upload = decode_upload(id, **value);
  if (!upload) return file_damaged();
  return upload;
}

Result<std::vector<log::Upload>> read_uploads(const Tables& tables, std::string_view tenant,
                                              std::string_view after, std::size_t limit) {
  std::vector<log::Upload> uploads;
  const std::string prefix = file_prefix(FileKey::kUpload, tenant);
  const auto cursor = tables.cursor(Family::kMeta, after_prefix(prefix));
  for (cursor->seek(after.empty() ? prefix : upload_key(tenant, after) + '\0');
       cursor->valid() && cursor->key().starts_with(prefix) && uploads.size() < limit;
       cursor->next()) {
    const auto value = decode_directory(cursor->key(), cursor->value());
    auto upload = value ? decode_upload(cursor->key().substr(prefix.size()), *value) : std::nullopt;
    if (!upload) return file_damaged();
    if (!upload->done) uploads.push_back(std::move(*upload));
  }
  if (auto read = cursor->status(); !read) return std::unexpected(std::move(read.error()));
  return uploads;
}

Result<std::optional<log::StoredFile>> read_file(const Tables& tables, std::string_view tenant,
                                                 const Hash256& file) {
  const auto value = read_value(tables, file_key(tenant, file));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::nullopt;
  ByteReader in(**value);
  log::StoredFile stored{.list = std::string(as_text(in.var_buffer()))};
  stored.bytes = in.var_uint();
  if (!in.ok() || !in.at_end() || stored.list.size() != log::kUploadIdBytes) return file_damaged();
  return stored;
}

Result<std::vector<Hash256>> read_page(const Tables& tables, std::string_view tenant,
                                       std::string_view list, std::uint32_t page) {
  const auto value = read_value(tables, page_key(tenant, list, page));
  if (!value) return std::unexpected(value.error());
  std::vector<Hash256> names;
  if (!*value) return names;
  if ((*value)->size() % kHashBytes != 0) return file_damaged();
  for (ByteView rest = **value; !rest.empty(); rest = rest.subspan(kHashBytes))
    names.push_back(hash_of_text(as_text(rest.first(kHashBytes))));
  return names;
}

Result<std::optional<NamedVersion>> read_version(const Tables& tables, WorkspaceId id,
                                                 std::string_view object, log::Position position) {
  const std::string key = version_key(id, object, position);
  const auto value = tables.get(Family::kMeta, key);
  if (!value) return fail_while("reading a version of a file", value.error());
  if (!*value) return std::nullopt;
  auto version = decode_version(key, **value);
  if (!version) return file_damaged();
  return version;
}

Result<Bytes> read_chunk(const Tables& tables, std::string_view tenant, std::string_view list,
                         std::uint64_t index) {
  const auto names =
      read_page(tables, tenant, list, static_cast<std::uint32_t>(index / kChunksOfPage));
  if (!names) return std::unexpected(names.error());
  if (index % kChunksOfPage >= names->size())
    return fail(ErrorCode::kNotFound, "the file was removed meanwhile");
  auto chunk = tables.chunks().read((*names)[index % kChunksOfPage]);
  if (!chunk) return std::unexpected(std::move(chunk.error()));
  if (!*chunk) return fail(ErrorCode::kCorrupt, "a part of the file is damaged or missing");
  return std::move(**chunk);
}

Result<Bytes> read_tail(const Tables& tables, const log::UploadTail& tail) {
  auto chunk = tables.chunks().read(tail.chunk);
  if (!chunk) return std::unexpected(std::move(chunk.error()));
  if (!*chunk || (*chunk)->size() != tail.bytes)
    return fail(ErrorCode::kCorrupt, "a part of the upload is damaged or missing");
  return std::move(**chunk);
}

std::vector<std::pair<BlobName, std::string>> named_chunks(std::string_view tenant,
                                                           std::string_view key,
                                                           std::string_view value) {
  std::vector<std::pair<BlobName, std::string>> named;
  const std::string pages = file_prefix(FileKey::kPage, tenant);
  const std::string uploads = file_prefix(FileKey::kUpload, tenant);
  const bool page = key.starts_with(pages);
  if (!page && !key.starts_with(uploads)) return named;
  const auto content = decode_directory(key, value);
  if (!content) return named;
  if (!page) {
    const std::string_view id = key.substr(uploads.size());
    const auto upload = decode_upload(id, *content);
    if (upload && upload->tail) named.emplace_back(upload->tail->chunk, id);
    return named;
  }
  const std::string list(key.substr(pages.size(), log::kUploadIdBytes));
  for (ByteView rest = *content; rest.size() >= kHashBytes; rest = rest.subspan(kHashBytes))
    named.emplace_back(hash_of_text(as_text(rest.first(kHashBytes))), list);
  return named;
}

Result<bool> has_holder(const Tables& tables, std::string_view tenant, const Hash256& file) {
  return has_key_with(tables, holder_prefix(tenant, file));
}

Result<bool> is_chunk_named(const Tables& tables, const BlobName& chunk) {
  return has_key_with(tables, chunk_prefix(chunk));
}

Result<bool> is_needed(const Tables& tables, WorkspaceId id, const NamedVersion& version,
                       const std::vector<log::Position>& moments) {
  const std::string object = std::string(kVersionPrefix) + object_key(id, version.object);
  const auto cursor = tables.cursor(Family::kMeta, after_prefix(object));
  cursor->seek(version_key(id, version.object, version.position + 1));
  if (auto read = cursor->status(); !read) return std::unexpected(std::move(read.error()));
  if (!cursor->valid() || !cursor->key().starts_with(object)) return true;
  const auto next = decode_version(cursor->key(), cursor->value());
  if (!next) return file_damaged();
  if (next->generation != version.generation) return true;
  const auto moment = std::ranges::lower_bound(moments, version.position);
  return moment != moments.end() && *moment < next->position;
}

Result<std::vector<NamedVersion>> read_stale_versions(const Tables& tables, WorkspaceId id,
                                                      log::Position to,
                                                      const std::vector<log::Position>& moments,
                                                      std::size_t limit) {
  std::vector<NamedVersion> stale;
  const std::string prefix = version_prefix(id);
  const auto cursor = tables.cursor(Family::kMeta, after_prefix(prefix));
  for (cursor->seek(prefix);
       cursor->valid() && cursor->key().starts_with(prefix) && stale.size() < limit;
       cursor->next()) {
    auto version = decode_version(cursor->key(), cursor->value());
    if (!version) return file_damaged();
    if (version->position > to) continue;
    const auto needed = is_needed(tables, id, *version, moments);
    if (!needed) return std::unexpected(needed.error());
    if (!*needed) stale.push_back(std::move(*version));
  }
  if (auto read = cursor->status(); !read) return std::unexpected(std::move(read.error()));
  return stale;
}

Result<std::vector<FileOfTenant>> read_unheld_files(const Tables& tables) {
  std::vector<FileOfTenant> unheld;
  Result<void> looked;
  const auto read = each_of_kind(tables, FileKey::kFile,
                                 [&](std::string tenant, std::string rest, std::string_view) {
                                   if (rest.size() != kHashBytes) return true;
                                   const Hash256 file = hash_of_text(rest);
                                   const auto held = has_holder(tables, tenant, file);
                                   if (!held) looked = std::unexpected(held.error());
                                   if (held && !*held) unheld.push_back({std::move(tenant), file});
                                   return held.has_value();
                                 });
  if (!read) return std::unexpected(read.error());
  if (!looked) return std::unexpected(looked.error());
  return unheld;
}

Result<std::vector<ListOfTenant>> read_dead_lists(const Tables& tables) {
  std::vector<ListOfTenant> dead;
  const auto read = each_of_kind(tables, FileKey::kDeadList,
                                 [&](std::string tenant, std::string rest, std::string_view) {
                                   dead.push_back({std::move(tenant), std::move(rest)});
                                   return true;
                                 });
  if (!read) return std::unexpected(read.error());
  return dead;
}

// A damaged upload stays: nobody knows when it expires.
Result<std::vector<ListOfTenant>> read_expired_uploads(const Tables& tables, std::uint64_t now_ms,
                                                       std::size_t limit) {
  std::vector<ListOfTenant> expired;
  for (const FileKey kind : {FileKey::kUpload, FileKey::kOver}) {
    const auto read =
        each_of_kind(tables, kind, [&](std::string tenant, std::string id, std::string_view value) {
          const auto content = decode_directory(file_prefix(kind, tenant).append(id), value);
          const auto upload = content ? decode_upload(id, *content) : std::nullopt;
          if (upload && upload->expires_ms <= now_ms)
            expired.push_back({std::move(tenant), std::move(id)});
          return expired.size() < limit;
        });
    if (!read) return std::unexpected(read.error());
  }
  return expired;
}

}  // namespace syncline::store
