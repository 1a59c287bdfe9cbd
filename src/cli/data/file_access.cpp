#include "cli/data/file_access.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/percent.h"

namespace syncline::cli {

std::string file_path(const ObjectPath& path, std::string_view kind) {
  return fmt::format("{}/{}/{}", workspace_path(path.workspace), kind, percent_encode(path.object));
}

// One byte is enough to learn all of it. A file without bytes has not even that one.
Result<FileThere> look_at_file(const ApiClient& client, const ObjectPath& path,
                               const std::string& at) {
  constexpr int kNoSuchRange = 416;
  std::string asked = file_path(path, "files");
  if (!at.empty()) asked += "?at=" + percent_encode(at);
  auto answer = client.exchange({.method = "GET",
                                 .path = std::move(asked),
                                 .accept = "*/*",
                                 .headers = {{"Range", "bytes=0-0"}}},
                                kNoSuchRange);
  if (!answer) return std::unexpected(std::move(answer.error()));
  const std::string_view range = answer->headers.find("Content-Range").value_or("");
  const std::size_t slash = range.rfind('/');
  FileThere there{.bytes = 0,
                  .position = std::string(answer->headers.find("Syncline-Position").value_or("")),
                  .digest = std::string(answer->headers.find("Repr-Digest").value_or(""))};
  if (slash == range.npos) return client.not_understood();
  const std::string_view total = range.substr(slash + 1);
  const auto [end, bad] = std::from_chars(total.data(), total.data() + total.size(), there.bytes);
  if (bad != std::errc() || end != total.data() + total.size()) return client.not_understood();
  const bool told = !there.position.empty() && there.digest.starts_with("sha-256=:");
  if (there.bytes > 0 && !told) return client.not_understood();
  return there;
}

}  // namespace syncline::cli
