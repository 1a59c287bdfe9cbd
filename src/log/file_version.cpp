#include "log/file_version.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/utf8.h"

namespace syncline::log {
namespace {

constexpr std::uint8_t kFileVersionFormat = 1;

// RFC 9110 section 5.6.2: a character of a token.
bool is_token_character(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

// "type/subtype", and then parameters, which are any visible ASCII.
bool is_media_type(std::string_view text) {
  const std::string_view essence = text.substr(0, text.find(';'));
  const std::size_t slash = essence.find('/');
  if (slash == essence.npos || slash == 0) return false;
  std::string_view subtype = essence.substr(slash + 1);
  while (subtype.ends_with(' ')) subtype.remove_suffix(1);
  return !subtype.empty() && std::ranges::all_of(essence.substr(0, slash), is_token_character) &&
         std::ranges::all_of(subtype, is_token_character) &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_file_name(std::string_view name) {
  const auto possible = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f && c != '/' && c != '\\';
  };
  return is_valid_utf8(name) && std::ranges::all_of(name, possible);
}

}  // namespace

Result<void> check_file_version(const FileVersion& version) {
  if (version.bytes > kMaxFileBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("a file has at most {} bytes", kMaxFileBytes));
  if (version.media_type.size() > kMaxMediaTypeBytes || !is_media_type(version.media_type))
    return fail(ErrorCode::kInvalid, "this is no media type, such as image/png");
  if (version.file_name.size() > kMaxFileNameBytes || !is_file_name(version.file_name))
    return fail(
        ErrorCode::kInvalid,
        fmt::format("a file name has at most {} bytes of UTF-8, without slashes and control "
                    "characters",
                    kMaxFileNameBytes));
  return {};
}

Bytes encode_file_version(const FileVersion& version) {
  ByteWriter out;
  out.u8(kFileVersionFormat);
  out.append(version.hash);
  out.var_uint(version.bytes);
  out.var_string(version.media_type);
  out.var_string(version.file_name);
  return out.take();
}

Result<FileVersion> decode_file_version(ByteView intent) {
  ByteReader in(intent);
  if (const std::uint8_t format = in.u8(); in.ok() && format != kFileVersionFormat)
    return fail(ErrorCode::kUnsupported,
                fmt::format("this build does not know files of version {}", format));
  FileVersion version;
  const ByteView hash = in.bytes(version.hash.size());
  if (in.ok()) std::ranges::copy(hash, version.hash.begin());
  version.bytes = in.var_uint();
  version.media_type = in.var_string();
  version.file_name = in.var_string();
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::kMalformed, "a version of a file is cut short, or bytes follow it");
  if (auto ok = check_file_version(version); !ok)
    return fail(ErrorCode::kMalformed, "a version of a file: " + ok.error().message);
  // There is one way to write each.
  if (encode_file_version(version).size() != intent.size())
    return fail(ErrorCode::kMalformed, "a version of a file is longer than necessary");
  return version;
}

std::optional<Hash256> file_named_in(const Event& event) {
  if (event.type != kFileType || event.kind != EventKind::kChange || event.dropped_payload)
    return std::nullopt;
  const auto version = decode_file_version(event.intent);
  if (!version) return std::nullopt;
  return version->hash;
}

std::uint64_t stored_bytes(std::string_view type, ByteView intent) {
  if (type != kFileType) return intent.size();
  const auto version = decode_file_version(intent);
  return intent.size() + (version ? version->bytes : 0);
}

}  // namespace syncline::log
