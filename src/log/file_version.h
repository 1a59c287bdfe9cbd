// A version of a file, as an event of an object of the type "blob" states it. The event says which bytes the file has,
// by their SHA-256, and how they are to be served. The bytes themselves are beside the log (log/file_store.h), so an
// event of a file of 5 GB has about a hundred bytes, and proves all of them.
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "log/event.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::log {

inline constexpr std::string_view kFileType = "blob";

inline constexpr std::uint64_t kMaxFileBytes = std::uint64_t{32} << 30;
inline constexpr std::size_t kMaxMediaTypeBytes = 255;
inline constexpr std::size_t kMaxFileNameBytes = 255;

struct FileVersion {
  Hash256 hash{};  // of all its bytes
  std::uint64_t bytes = 0;
  std::string media_type;      // "image/png"
  std::string file_name = {};  // for who downloads it, without a folder; may be empty

  bool operator==(const FileVersion&) const = default;
};

// kInvalid: a media type or a file name that cannot be; kTooLarge.
Result<void> check_file_version(const FileVersion& version);

// The intent of an event (docs/formats/file.md). The version has passed the check.
Bytes encode_file_version(const FileVersion& version);
// kMalformed; kUnsupported for a newer version of the format.
Result<FileVersion> decode_file_version(ByteView intent);

// The hash of the file that the event names; nullopt: it is another event, has no payload, or cannot be read.
std::optional<Hash256> file_named_in(const Event& event);

// What a change counts for the quota of stored bytes: its own, and all bytes of the file that it names.
std::uint64_t stored_bytes(std::string_view type, ByteView intent);

}  // namespace syncline::log
