// FileStore: the bytes of files, in chunks beside the log, and uploads.
//
// A chunk is stored once for each tenant, by a hash of its bytes, whichever file has it. A file is a list of chunks, by
// the SHA-256 of all its bytes; it is stored once for each tenant, too. What one tenant has stored says nothing to
// another: their chunks and files are apart.
//
// A file comes into being by an upload: its chunks are stored, each step says what there is now, and at the end the list
// becomes the file. An upload that has ended in a file keeps it until end_upload(), so the event that names the file is
// appended before that.
//
// A file stays as long as an event with its payload names it (log/file_version.h), a state of the workspace that
// retention keeps has it, or an upload has ended in it. After that, the store removes it by itself, and its chunks, as
// far as no other file has them. An event may name a file that is not stored, in a workspace that was imported without
// its files; when the file comes, it has them.
//
// `tenant` is that of a name within the server (base/qualified_name.h); "" is the default tenant.
//
// Threads, ownership and answers: as log/event_log.h says for all of a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "log/done.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::log {

// All chunks of a file but the last have this size.
inline constexpr std::size_t kFileChunkBytes = std::size_t{1} << 20;

inline constexpr std::size_t kUploadIdBytes = 16;

// The part of an upload after its last whole chunk. It is a chunk of its own, until more follows.
struct UploadTail {
  Hash256 chunk{};
  std::uint64_t bytes = 0;  // at least 1, less than kFileChunkBytes

  bool operator==(const UploadTail&) const = default;
};

struct Upload {
  std::string id;         // kUploadIdBytes random bytes
  std::string workspace;  // its name within the server
  std::string object;
  std::string principal;                // who began it
  std::optional<std::uint64_t> length;  // of the whole file, if that is known
  std::string media_type;               // as the client said; may be empty
  std::string file_name;
  std::string metadata;          // as the client sent it, for him
  std::uint64_t expires_ms = 0;  // unless more comes before
  std::uint64_t chunks = 0;      // whole ones
  std::optional<UploadTail> tail;
  Sha256::State hashed;         // of the whole chunks
  std::optional<Hash256> file;  // it has ended in this file
  bool done = false;            // and this is over: what is left tells the client so

  std::uint64_t bytes() const { return chunks * kFileChunkBytes + (tail ? tail->bytes : 0); }
  bool operator==(const Upload&) const = default;
};

// A chunk that is durable. It is not removed as long as `hold` exists, or after it an upload or a file names it.
struct StoredChunk {
  Hash256 name{};
  std::shared_ptr<const void> hold;
  Sha256::State hashed;  // with the bytes of a whole chunk
};

struct StoredFile {
  std::string list;  // the id of the upload that made it, which names its list of chunks
  std::uint64_t bytes = 0;

  std::uint64_t chunks() const { return (bytes + kFileChunkBytes - 1) / kFileChunkBytes; }
};

class FileStore {
 public:
  virtual ~FileStore() = default;

  // Stores 1 to kFileChunkBytes bytes. The work is done off the loop; it answers when the chunk is durable. `before`: the
  // hash of what the upload has before a whole chunk.
  //   kUnavailable  the disk is full; kUnsupported  this store has no files
  virtual void store_chunk(std::string tenant, Bytes bytes, Sha256::State before,
                           Done<StoredChunk> done) = 0;

  // Begins an upload, which has no bytes yet. kConflict: there is one with this id.
  virtual void begin_upload(std::string tenant, Upload upload, Done<void> done) = 0;

  // nullopt: there is none (any more).
  virtual void load_upload(std::string tenant, std::string id,
                           Done<std::optional<Upload>> done) = 0;

  // The upload is now `upload`: further whole chunks, the names of which are `more`, and perhaps another tail. The holds
  // of these chunks must exist until the answer.
  //   kNotFound  there is no such upload; kConflict  something else changes it, or it is not what this step continues
  virtual void advance_upload(std::string tenant, Upload upload, std::vector<Hash256> more,
                              Done<void> done) = 0;

  // All has come, and it is the file with this hash. Answers when that is durable.
  //   kNotFound, kConflict  as above
  virtual void finish_upload(std::string tenant, std::string id, Hash256 file, Done<void> done) = 0;

  // The event that names the file is durable. The upload no longer keeps the file, and knows nothing of it, until it
  // expires.
  //   kNotFound, kConflict  as above; it has not ended in a file
  virtual void close_upload(std::string tenant, std::string id, Done<void> done) = 0;

  // Removes the upload, with its chunks unless it has become a file. Ending one that is not there succeeds.
  virtual void end_upload(std::string tenant, std::string id, Done<void> done) = 0;

  // Up to `limit` uploads of a tenant that are not over, and whose ids follow `after`.
  virtual void list_uploads(std::string tenant, std::string after, std::size_t limit,
                            Done<std::vector<Upload>> done) = 0;

  // nullopt: it is not stored.
  virtual void load_file(std::string tenant, Hash256 file,
                         Done<std::optional<StoredFile>> done) = 0;

  // The bytes of a chunk of a file or of an upload, counted from 0. kNotFound: it was removed meanwhile. kCorrupt: it is
  // damaged.
  virtual void load_chunk(std::string tenant, std::string list, std::uint64_t index,
                          Done<Bytes> done) = 0;
  // The tail of an upload.
  virtual void load_tail(UploadTail tail, Done<Bytes> done) = 0;
};

}  // namespace syncline::log
