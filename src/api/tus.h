// The headers of the tus protocol 1.0.0 (tus.io): resumable uploads. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "http/message.h"
#include "syncline/error.h"

namespace syncline::api {

inline constexpr std::string_view kTusVersion = "1.0.0";
inline constexpr std::string_view kTusExtensions =
    "creation,creation-with-upload,creation-defer-length,termination,expiration,checksum";
inline constexpr std::string_view kTusChunkType = "application/offset+octet-stream";

inline constexpr std::size_t kMaxUploadMetadataBytes = 4096;

// What Upload-Metadata says of the file: the keys `filename` (or `name`) and `filetype` (or `type`), in the way of the
// published clients.
struct UploadMetadata {
  std::string file_name;
  std::string media_type;

  bool operator==(const UploadMetadata&) const = default;
};
// kInvalid: it is no list of keys, each with a value in base64 or none, or names a key twice; kTooLarge.
Result<UploadMetadata> parse_upload_metadata(std::string_view header);

// The SHA-256 in Upload-Checksum. nullopt: there is no such header. kInvalid: another algorithm, or not a hash.
Result<std::optional<Hash256>> upload_checksum(const http::Request& request);

// A header that is a whole number, such as Upload-Offset; nullopt: there is none. kInvalid: it is no number.
Result<std::optional<std::uint64_t>> number_in(const http::Request& request,
                                               std::string_view header);

}  // namespace syncline::api
