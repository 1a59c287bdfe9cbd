#include "cli/data/import_to_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "backend/store/bundle_input.h"
#include "base/sha256.h"
#include "cli/data/api_client.h"
#include "cli/data/options.h"
#include "cli/data/progress_bar.h"
#include "cli/json.h"
#include "cli/table.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;  // the largest body that a server accepts
constexpr std::uint64_t kTimeoutMs = 120'000;              // for one piece
constexpr auto kPatience = 30s;                            // time without an answer
constexpr auto kPause = 200ms;

// The state of an import, as the server reports it (docs/openapi.json).
struct Status {
  std::string state;
  std::uint64_t received = 0;
  std::uint64_t done = 0;
  std::string last_hash;  // of the bundle; empty if not known
  std::string failure;
};

class Sending {
 public:
  Sending(const ServerImport& wish, ApiClient client, Console& console)
      : wish_(wish),
        client_(std::move(client)),
        console_(console),
        path_(workspace_path(wish.workspace) + "/import"),
        input_(wish.file),
        total_(input_.size()) {}

  Result<std::uint64_t> run() {
    auto begun = patiently([&] { return ask("GET"); });
    if (begun && wish_.restart && begun->state == "receiving" && !wish_.dry_run)
      begun = patiently([&] { return ask("DELETE"); });
    if (!begun) return std::unexpected(std::move(begun.error()));
    if (!under_way(*begun)) {
      const auto there = look();
      if (!there || *there > 0) return there;
    } else if (!begun->last_hash.empty() && begun->last_hash != to_hex(wish_.header.last_hash)) {
      return fail(ErrorCode::kConflict,
                  fmt::format("another file is on its way into workspace {}: give that up with "
                              "--restart, or go on with it",
                              wish_.workspace));
    }
    if (wish_.dry_run) return 0;
    if (auto ok = send(*begun); !ok) return std::unexpected(std::move(ok.error()));
    return wait();
  }

 private:
  static bool under_way(const Status& status) {
    return status.state == "receiving" || status.state == "verifying" ||
           status.state == "appending";
  }

  // How many events of the bundle the workspace has if no import is running: none or all.
  Result<std::uint64_t> look() {
    auto client = ApiClient::open(wish_.url, wish_.token);
    if (!client) return std::unexpected(std::move(client.error()));
    Api api(std::move(*client));
    const auto events = api.events(wish_.workspace, "", wish_.header.size - 1, 1);
    if (!events && events.error().code != ErrorCode::kNotFound)
      return std::unexpected(events.error());
    if (events && !events->empty()) {
      const auto json = crdt::from_json(events->front().json);
      if (json && text_member(*json, "hash") == to_hex(wish_.header.last_hash))
        return wish_.header.size;
    }
    const auto any = events ? api.events(wish_.workspace, "", 0, 1) : events;
    if (any && !any->empty())
      return fail(ErrorCode::kConflict,
                  fmt::format("there is another log in workspace {} already", wish_.workspace));
    return 0;
  }

  // Sends pieces until the server has the whole file.
  Result<void> send(Status status) {
    while (!under_way(status) || status.state == "receiving") {
      show_progress(console_, status.received, total_,
                    fmt::format("sent {}", size_text(status.received)));
      const auto piece = read(status.received);
      if (!piece) return std::unexpected(piece.error());
      if (piece->empty())
        return fail(ErrorCode::kConflict, "the server has more than this file: see --restart");
      auto next = patiently([&]() -> Result<Status> {
        auto taken = ask("POST", fmt::format("?offset={}", status.received), *piece);
        // The server may have accepted the piece although its answer was lost.
        if (!taken && taken.error().code == ErrorCode::kConflict) {
          auto now = ask("GET");
          if (now && now->received != status.received) return now;
        }
        return taken;
      });
      if (!next) return std::unexpected(std::move(next.error()));
      status = std::move(*next);
    }
    return {};
  }

  Result<std::uint64_t> wait() {
    for (;;) {
      const auto status = patiently([&] { return ask("GET"); });
      if (!status) return std::unexpected(status.error());
      if (status->state == "failed") return fail(ErrorCode::kCorrupt, status->failure);
      if (status->state == "done") return 0;
      // A server that was restarted in the meantime does not remember that the import ended.
      if (status->state == "none") {
        const auto there = look();
        if (!there) return there;
        if (*there > 0) return 0;
        return fail(ErrorCode::kUnavailable, "the server gave the import up");
      }
      show_progress(console_, status->done, total_,
                    fmt::format("{} {}", status->state, size_text(status->done)));
      std::this_thread::sleep_for(kPause);
    }
  }

  Result<std::string> read(std::uint64_t offset) {
    if (auto ok = input_.seek(offset); !ok) return std::unexpected(std::move(ok.error()));
    std::string piece;
    while (piece.size() < kPieceBytes) {
      const auto bytes = input_.read();
      if (!bytes) return std::unexpected(bytes.error());
      if (bytes->empty()) break;
      piece += as_text(bytes->first(std::min(bytes->size(), kPieceBytes - piece.size())));
    }
    return piece;
  }

  // Repeats the call while the server cannot be reached or asks to retry.
  template <typename Call>
  Result<Status> patiently(Call call) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      auto status = call();
      if (status || status.error().code != ErrorCode::kUnavailable) return status;
      if (std::chrono::steady_clock::now() >= until)
        return fail(ErrorCode::kUnavailable,
                    status.error().message + "; the same command goes on from there");
      std::this_thread::sleep_for(kPause);
    }
  }

  Result<Status> ask(std::string_view method, const std::string& query = {},
                     std::string_view body = {}) {
    const auto answer = client_.ask(
        {.method = method, .path = path_ + query, .body = body, .timeout_ms = kTimeoutMs});
    if (!answer) return std::unexpected(answer.error());
    const auto json = crdt::from_json(*answer);
    if (!json || text_member(*json, "state").empty()) return client_.not_understood();
    return Status{.state = text_member(*json, "state"),
                  .received = number_member(*json, "received"),
                  .done = number_member(*json, "done"),
                  .last_hash = text_member(member(*json, "bundle"), "last_hash"),
                  .failure = text_member(member(*json, "failure"), "message")};
  }

  const ServerImport& wish_;
  const ApiClient client_;
  Console& console_;
  const std::string path_;
  backend::BundleInput input_;
  const std::uint64_t total_;
};

}  // namespace

Result<std::uint64_t> import_to_server(const ServerImport& wish, Console& console) {
  auto client = ApiClient::open(wish.url, wish.token);
  if (!client) return std::unexpected(std::move(client.error()));
  return Sending(wish, std::move(*client), console).run();
}

}  // namespace syncline::cli
