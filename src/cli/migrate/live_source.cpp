#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "backend/net/event_loop.h"
#include "backend/net/ws_client.h"
#include "cli/migrate/document_source.h"
#include "migrate/document.h"
#include "migrate/pull.h"
#include "session/connection.h"

namespace syncline::cli {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kPullSilence = 30s;  // without a message that was waited for
constexpr auto kPullPause = 150ms;  // after which the server is asked again
constexpr auto kPullPatience = 3s;  // with a document that is empty: it may be loading
constexpr std::uint64_t kTurnUs = 20'000;
constexpr std::uint16_t kBrokenLine = 1006;

// What became of a connection. It outlives the carrier, which calls it.
struct Line {
  std::unique_ptr<migrate::Pull> pull;
  session::Connection* connection = nullptr;  // while it is open
  std::uint16_t closed = 0;                   // the code, once it is closed
  std::optional<Error> problem;

  void send(Bytes message) {
    if (connection != nullptr) connection->send(std::make_shared<const Bytes>(std::move(message)));
  }
};

class PullListener final : public session::ConnectionHandler {
 public:
  explicit PullListener(std::shared_ptr<Line> line) : line_(std::move(line)) {}

  void on_open(session::Connection& connection) override {
    line_->connection = &connection;
    for (Bytes& message : line_->pull->begin()) line_->send(std::move(message));
  }
  void on_message(ByteView message) override {
    if (line_->problem) return;
    if (auto taken = line_->pull->take(message); !taken) line_->problem = taken.error();
    for (Bytes& reply : line_->pull->take_replies()) line_->send(std::move(reply));
  }
  void on_drained() override {}
  void on_closed(std::uint16_t code) override {
    line_->connection = nullptr;
    line_->closed = code;
  }

 private:
  const std::shared_ptr<Line> line_;
};

// As browsers write a path: what a URL does not allow is escaped, and everything else stays, also '%' and '/', because
// servers of y-websocket take the path itself for the name.
std::string url_path_of(std::string_view name) {
  std::string path;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool kept = byte > 0x20 && byte < 0x7f &&
                      std::string_view("\"#<>?`{}").find(c) == std::string_view::npos;
    path += kept ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return path;
}

class LiveServer final : public DocumentSource {
 public:
  LiveServer(LiveSource wish, backend::WsTarget target)
      : wish_(std::move(wish)), target_(std::move(target)) {
    const auto query = std::min(target_.path.find('?'), target_.path.size());
    query_ = target_.path.substr(query);
    target_.path.resize(query);
    while (target_.path.ends_with('/')) target_.path.pop_back();
  }

  Result<std::vector<std::string>> names() override { return wish_.names; }

  Result<migrate::StoredUpdates> read(const std::string& name) override {
    auto line = std::make_shared<Line>();
    line->pull = wish_.hocuspocus ? migrate::pull_hocuspocus(name, wish_.token)
                                  : migrate::pull_y_websocket();
    const auto socket =
        backend::connect_websocket(loop_, target_of(name), std::make_unique<PullListener>(line));
    auto result = collect(*line);
    socket->abandon(false);
    loop_.turn(0);
    if (!result) return std::unexpected(std::move(result.error()));
    return line->pull->updates();
  }

 private:
  backend::WsTarget target_of(const std::string& name) const {
    backend::WsTarget target = target_;
    std::string query = query_;
    if (!wish_.hocuspocus) {
      target.path += "/" + url_path_of(name);
      if (!wish_.token.empty())
        query += (query.empty() ? "?token=" : "&token=") + url_path_of(wish_.token);
    }
    if (target.path.empty()) target.path = "/";
    target.path += query;
    return target;
  }

  // Until the document does not grow any more.
  Result<void> collect(Line& line) {
    if (auto ok = await_answer(line, 1); !ok || wish_.hocuspocus) return ok ? known(line) : ok;
    const auto begun = SteadyClock::now();
    auto before = migrate::document_of(line.pull->updates());
    for (std::size_t answer = 2;; ++answer) {
      if (!before) return std::unexpected(std::move(before.error()));
      if (auto ok = wait(line, kPullPause); !ok) return ok;
      line.send(line.pull->ask());
      if (auto ok = await_answer(line, answer); !ok) return ok;
      auto now = migrate::document_of(line.pull->updates());
      if (!now) return std::unexpected(std::move(now.error()));
      const bool grown = !migrate::contains(*before, *now);
      const bool may_load = now->empty() && SteadyClock::now() - begun < kPullPatience;
      if (!grown && !may_load) return known(line);
      before = std::move(now);
    }
  }

  // A server has every document that somebody names, if only an empty one.
  Result<void> known(const Line& line) const {
    const auto document = migrate::document_of(line.pull->updates());
    if (!document) return std::unexpected(document.error());
    if (!document->empty()) return {};
    return fail(ErrorCode::kNotFound, "the server has nothing under this name");
  }

  Result<void> await_answer(Line& line, std::size_t answers) {
    const auto end = SteadyClock::now() + kPullSilence;
    while (line.pull->answers() < answers) {
      if (SteadyClock::now() > end)
        return fail(ErrorCode::kUnavailable, fmt::format("{}: no answer", wish_.url));
      if (auto ok = turn(line); !ok) return ok;
    }
    return {};
  }

  Result<void> wait(Line& line, SteadyClock::duration time) {
    for (const auto end = SteadyClock::now() + time; SteadyClock::now() < end;)
      if (auto ok = turn(line); !ok) return ok;
    return {};
  }

  Result<void> turn(Line& line) {
    loop_.turn(kTurnUs);
    if (line.problem) return std::unexpected(*line.problem);
    if (line.closed == kBrokenLine)
      return fail(ErrorCode::kUnavailable,
                  fmt::format("{}: the connection failed, or the server refused it", wish_.url));
    if (line.closed != 0)
      return fail(ErrorCode::kForbidden,
                  fmt::format("the server closed the connection with code {}", line.closed));
    return {};
  }

  const LiveSource wish_;
  backend::WsTarget target_;
  std::string query_;
  backend::EventLoop loop_;
};

}  // namespace

Result<std::unique_ptr<DocumentSource>> live_server(LiveSource wish) {
  auto target = backend::parse_ws_url(wish.url);
  if (!target) return std::unexpected(std::move(target.error()));
  return std::make_unique<LiveServer>(std::move(wish), std::move(*target));
}

}  // namespace syncline::cli
