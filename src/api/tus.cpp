#include "api/tus.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/support.h"
#include "base/base64.h"
#include "base/utf8.h"

namespace syncline::api {

Result<UploadMetadata> parse_upload_metadata(std::string_view header) {
  if (header.size() > kMaxUploadMetadataBytes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("Upload-Metadata has at most {} bytes", kMaxUploadMetadataBytes));
  const auto refuse = [] {
    return fail(
        ErrorCode::kInvalid,
        "Upload-Metadata is a list of different keys, each with a blank and a text in base64");
  };
  UploadMetadata metadata;
  std::set<std::string_view> keys;
  while (!header.empty()) {
    std::string_view pair = header.substr(0, header.find(','));
    header.remove_prefix(std::min(pair.size() + 1, header.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const std::string_view key = pair.substr(0, pair.find(' '));
    const auto value = from_base64(pair.substr(std::min(key.size() + 1, pair.size())));
    if (key.empty() || !value || !keys.insert(key).second) return refuse();
    const std::string_view text = as_text(*value);
    if (key == "filename" || (key == "name" && metadata.file_name.empty()))
      metadata.file_name = text;
    if (key == "filetype" || (key == "type" && metadata.media_type.empty()))
      metadata.media_type = text;
  }
  return metadata;
}

Result<std::optional<Hash256>> upload_checksum(const http::Request& request) {
  const auto header = request.headers.find("Upload-Checksum");
  if (!header) return std::nullopt;
  constexpr std::string_view kAlgorithm = "sha256 ";
  if (!header->starts_with(kAlgorithm))
    return fail(ErrorCode::kInvalid, "Upload-Checksum takes the algorithm sha256");
  const auto value = from_base64(header->substr(kAlgorithm.size()));
  Hash256 hash{};
  if (!value || value->size() != hash.size())
    return fail(ErrorCode::kInvalid, "Upload-Checksum is no SHA-256 in base64");
  std::ranges::copy(*value, hash.begin());
  return hash;
}

Result<std::optional<std::uint64_t>> number_in(const http::Request& request,
                                               std::string_view header) {
  const auto text = request.headers.find(header);
  if (!text) return std::nullopt;
  const auto value = parse_number(*text, header);
  if (!value) return std::unexpected(value.error());
  return *value;
}

}  // namespace syncline::api
