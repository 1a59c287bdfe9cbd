// What the bytes of a file say of its media type, and how a file is served. Pure functions; docs/files.md has the table.
//
// A file is not served as something that a page of another author could run as a part of the application: the types that
// a browser shows by itself are images, sounds, films and plain text. All others are downloads.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "log/file_version.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::api {

// So many bytes of the beginning say all that is asked of them.
inline constexpr std::size_t kTellingBytes = 512;

// The media type of a file that begins so: `declared`, or what the bytes say if that is empty; "application/octet-stream"
// if they say nothing. kUnsupported: the bytes are not what was declared.
Result<std::string> media_type_of(std::string_view declared, ByteView beginning);

// "attachment; filename*=UTF-8''plan.html". `as_download`: also if a browser could show it.
std::string content_disposition(const log::FileVersion& version, bool as_download);

}  // namespace syncline::api
