// The bytes of a blob on disk: a head, then chunks with a checksum each (docs/formats/log.md). A
// checksum covers the blob's name and the number of the chunk, so a chunk of another place is
// noticed, too.
//
// Pure functions. Limits: kMaxBlobBytes of content.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "store/blobs.h"
#include "syncline/bytes.h"

namespace syncline::store {

inline constexpr std::size_t kBlobChunkBytes = std::size_t{256} << 10;
inline constexpr std::size_t kBlobHeadBytes = 20;

// The size of the file for so much content.
std::size_t blob_file_bytes(std::size_t content);

BlobName blob_name(ByteView content);

// Passes on the bytes of the file in pieces, in order. Stops at the first error, and returns it. The
// pieces refer to `content`, or are valid during the call only.
Result<void> write_blob(const BlobName& name, ByteView content,
                        const std::function<Result<void>(ByteView piece)>& take);

// The content of the file, in the same buffer; nullopt if any byte is not as written, or if it is
// not the file of this name. Does not compute the hash of the content.
std::optional<Bytes> read_blob(const BlobName& name, Bytes file);

}  // namespace syncline::store
