// Files of a workspace (docs/files.md), as `get` and `put` ask for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "cli/command.h"
#include "cli/data/api_client.h"
#include "cli/data/options.h"
#include "syncline/error.h"

namespace syncline::cli {

inline constexpr std::size_t kFilePieceBytes = std::size_t{8} << 20;  // of one request
inline constexpr std::uint64_t kFilePieceTimeoutMs = 120'000;
inline constexpr std::chrono::seconds kFilePatience{30};  // time without an answer

// "/v1/workspaces/team/files/logo"; `kind`: "files" or "uploads".
std::string file_path(const ObjectPath& path, std::string_view kind);

// What a server has of a file at a moment.
struct FileThere {
  std::uint64_t bytes = 0;
  std::string position;
  std::string digest;  // as Repr-Digest says it
};
// `at`: "" for now. kNoSuchForm: the object is no file.
Result<FileThere> look_at_file(const ApiClient& client, const ObjectPath& path,
                               const std::string& at);

// Repeats the call while the server cannot be reached or has no time. Other errors end it.
template <typename Call>
auto patiently(Call call) {
  const auto until = std::chrono::steady_clock::now() + kFilePatience;
  for (;;) {
    auto answer = call();
    if (answer || answer.error().code != ErrorCode::kUnavailable ||
        std::chrono::steady_clock::now() >= until)
      return answer;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

}  // namespace syncline::cli
