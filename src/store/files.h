// Files in the store: their keys and values in the column family `meta`, and reads. Contract: log/file_store.h. Bytes:
// docs/formats/log.md.
//
// A list is the chunks of an upload and, after that, of the file that it has become. For each chunk of a list there is a
// key that begins with the chunk's name, so whether anything names a chunk is one look. The chunks themselves are blobs
// (store/blobs.h) in Tables::chunks(): written before a commit names them, and removed after the commit that takes their
// last name away.
//
// Thread-safety: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "log/file_store.h"
#include "store/blobs.h"
#include "store/keys.h"
#include "store/tables.h"
#include "syncline/error.h"

namespace syncline::store {

inline constexpr std::size_t kChunksOfPage = 512;

// Of the whole name space of a tenant: "f/" kind tenant NUL.
enum class FileKey : char {
  kUpload = 'u',    // id: the upload
  kOver = 'o',      // id: an upload that is over. Apart, because nobody counts them
  kPage = 'p',      // list, page (4): names of chunks
  kFile = 'f',      // hash: the list of the file, its size
  kHolder = 'r',    // hash, holder: nothing
  kDeadList = 'd',  // list: nothing; it is being removed
};
std::string file_prefix(FileKey kind, std::string_view tenant);
std::string upload_key(std::string_view tenant, std::string_view id);
std::string over_key(std::string_view tenant, std::string_view id);
std::string page_key(std::string_view tenant, std::string_view list, std::uint32_t page);
std::string file_key(std::string_view tenant, const Hash256& file);
std::string dead_list_key(std::string_view tenant, std::string_view list);
// The beginning of all keys of files, of every kind and tenant.
inline constexpr std::string_view kFilesPrefix = "f/";
// What keeps a file: an upload that has ended in it, or an event.
std::string holder_prefix(std::string_view tenant, const Hash256& file);
std::string holder_key(std::string_view tenant, const Hash256& file, std::string_view upload);
std::string holder_key(std::string_view tenant, const Hash256& file, WorkspaceId id,
                       log::Position position);
// Not of a tenant: "f/c" chunk list, and "f/v" and an object's key.
std::string chunk_prefix(const BlobName& chunk);
std::string chunk_key(const BlobName& chunk, std::string_view list);
std::string version_prefix(WorkspaceId id);
std::string version_key(WorkspaceId id, std::string_view object, log::Position position);

// A chunk of the same bytes has another name in each tenant.
BlobName chunk_name(std::string_view tenant, ByteView bytes);

// An event of a file whose bytes are kept.
struct NamedVersion {
  std::string object;
  log::Position position = 0;
  std::uint64_t generation = 0;
  Hash256 file{};
};

std::string encode_upload(std::string_view key, const log::Upload& upload);
std::string encode_file(std::string_view key, const log::StoredFile& file);
std::string encode_version(std::string_view key, const NamedVersion& version);
std::string encode_page(std::string_view key, const std::vector<Hash256>& names);

// nullopt: there is none. kCorrupt: it is damaged.
Result<std::optional<log::Upload>> read_upload(const Tables& tables, std::string_view tenant,
                                               std::string_view id);
// Those that are not over.
Result<std::vector<log::Upload>> read_uploads(const Tables& tables, std::string_view tenant,
                                              std::string_view after, std::size_t limit);
Result<std::optional<log::StoredFile>> read_file(const Tables& tables, std::string_view tenant,
                                                 const Hash256& file);
Result<std::vector<Hash256>> read_page(const Tables& tables, std::string_view tenant,
                                       std::string_view list, std::uint32_t page);
Result<std::optional<NamedVersion>> read_version(const Tables& tables, WorkspaceId id,
                                                 std::string_view object, log::Position position);
// As log::FileStore says.
Result<Bytes> read_chunk(const Tables& tables, std::string_view tenant, std::string_view list,
                         std::uint64_t index);
Result<Bytes> read_tail(const Tables& tables, const log::UploadTail& tail);

// The chunks that an entry names, with the list in which it does: a page, or an upload with a tail. Nothing for others,
// and for a damaged one.
std::vector<std::pair<BlobName, std::string>> named_chunks(std::string_view tenant,
                                                           std::string_view key,
                                                           std::string_view value);

Result<bool> has_holder(const Tables& tables, std::string_view tenant, const Hash256& file);
Result<bool> is_chunk_named(const Tables& tables, const BlobName& chunk);

// True unless the state of no moment has this version: it is neither the newest of its generation, nor is one of
// `moments` (ascending) before the next version.
Result<bool> is_needed(const Tables& tables, WorkspaceId id, const NamedVersion& version,
                       const std::vector<log::Position>& moments);
// Versions up to `to` that are not needed, up to `limit`.
Result<std::vector<NamedVersion>> read_stale_versions(const Tables& tables, WorkspaceId id,
                                                      log::Position to,
                                                      const std::vector<log::Position>& moments,
                                                      std::size_t limit);

// What an interrupted removal has left, and uploads whose time is over.
struct FileOfTenant {
  std::string tenant;
  Hash256 file{};
};
struct ListOfTenant {
  std::string tenant;
  std::string list;
};
Result<std::vector<FileOfTenant>> read_unheld_files(const Tables& tables);
Result<std::vector<ListOfTenant>> read_dead_lists(const Tables& tables);
Result<std::vector<ListOfTenant>> read_expired_uploads(const Tables& tables, std::uint64_t now_ms,
                                                       std::size_t limit);

}  // namespace syncline::store
