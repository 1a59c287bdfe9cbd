#include "api/file_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

namespace syncline::api {
namespace {

struct Magic {
  std::string_view media_type;
  std::size_t at;
  std::string_view bytes;
};

using namespace std::string_view_literals;

// Those of a media type stand together; any of them will do.
constexpr Magic kMagics[] = {
    {"image/png", 0, "\x89PNG\r\n\x1a\n"sv},
    {"image/jpeg", 0, "\xff\xd8\xff"sv},
    {"image/gif", 0, "GIF87a"sv},
    {"image/gif", 0, "GIF89a"sv},
    {"image/webp", 8, "WEBP"sv},
    {"image/avif", 4, "ftypavif"sv},
    {"image/avif", 4, "ftypavis"sv},
    {"image/heic", 4, "ftyphei"sv},
    {"image/heic", 4, "ftypmif1"sv},
    {"image/tiff", 0, "II*\0"sv},
    {"image/tiff", 0, "MM\0*"sv},
    {"application/pdf", 0, "%PDF-"sv},
    {"application/zip", 0, "PK\x03\x04"sv},
    {"application/zip", 0, "PK\x05\x06"sv},
    {"application/gzip", 0, "\x1f\x8b"sv},
    {"application/wasm", 0, "\0asm"sv},
    {"audio/wav", 8, "WAVE"sv},
    {"audio/flac", 0, "fLaC"sv},
    {"audio/mpeg", 0, "ID3"sv},
    {"audio/mpeg", 0, "\xff\xfb"sv},
    {"audio/mpeg", 0, "\xff\xf3"sv},
    {"audio/mpeg", 0, "\xff\xf2"sv},
    {"audio/ogg", 0, "OggS"sv},
    {"video/ogg", 0, "OggS"sv},
    {"video/webm", 0, "\x1a\x45\xdf\xa3"sv},
    {"video/quicktime", 4, "ftypqt"sv},
    {"video/mp4", 4, "ftyp"sv},
};

constexpr std::string_view kUnknownType = "application/octet-stream";

// What a browser may show by itself. SVG is none of them: it can hold scripts.
constexpr std::string_view kShown[] = {
    "image/png",  "image/jpeg", "image/gif", "image/webp", "image/avif", "audio/wav", "audio/flac",
    "audio/mpeg", "audio/ogg",  "video/ogg", "video/webm", "video/mp4",  "text/plain"};

bool begins_so(const Magic& magic, std::string_view beginning) {
  return beginning.size() >= magic.at && beginning.substr(magic.at).starts_with(magic.bytes);
}

// "image/png" of "Image/PNG; q=1".
std::string essence_of(std::string_view media_type) {
  std::string essence(media_type.substr(0, media_type.find(';')));
  while (essence.ends_with(' ')) essence.pop_back();
  std::ranges::transform(essence, essence.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return essence;
}

bool is_text(std::string_view essence) {
  return essence.starts_with("text/") || essence == "application/json" ||
         essence == "application/xml" || essence == "image/svg+xml";
}

std::unexpected<Error> not_as_declared(std::string_view declared) {
  return fail(ErrorCode::kUnsupported,
              fmt::format("the content is not what its type says: {}", declared));
}

}  // namespace

Result<std::string> media_type_of(std::string_view declared, ByteView beginning) {
  const std::string_view text = as_text(beginning).substr(0, kTellingBytes);
  const auto said =
      std::ranges::find_if(kMagics, [&](const Magic& m) { return begins_so(m, text); });
  const bool says = said != std::end(kMagics);
  if (declared.empty()) return std::string(says ? said->media_type : kUnknownType);
  const std::string essence = essence_of(declared);
  bool known = false;
  for (const Magic& magic : kMagics) {
    if (magic.media_type != essence) continue;
    known = true;
    if (begins_so(magic, text)) return std::string(declared);
  }
  if (known) return not_as_declared(declared);
  if (is_text(essence) && (says || text.contains('\0'))) return not_as_declared(declared);
  return std::string(declared);
}

std::string content_disposition(const log::FileVersion& version, bool as_download) {
  const bool shown = std::ranges::find(kShown, essence_of(version.media_type)) != std::end(kShown);
  std::string header = shown && !as_download ? "inline" : "attachment";
  if (version.file_name.empty()) return header;
  header += "; filename*=UTF-8''";
  for (const unsigned char c : version.file_name) {
    if (std::isalnum(c) != 0 && c < 0x80)
      header += static_cast<char>(c);
    else if (std::string_view("-._").contains(static_cast<char>(c)))
      header += static_cast<char>(c);
    else
      header += fmt::format("%{:02X}", c);
  }
  return header;
}

}  // namespace syncline::api
