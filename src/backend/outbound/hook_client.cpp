#include "backend/outbound/hook_client.h"

#include <charconv>
#include <memory>
#include <utility>

namespace syncline::backend {
namespace {

// A date, which the header may also have, is passed over.
std::uint64_t retry_after_ms(const http::Headers& headers) {
  const std::string_view text = headers.find("Retry-After").value_or("");
  std::uint32_t seconds = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || stop != text.data() + text.size()) return 0;
  return std::uint64_t{seconds} * 1000;
}

// Who waits for an answer, and gets it on his own loop, also if the task is dropped.
class Waiting {
 public:
  Waiting(Scheduler& loop, hooks::HookSender::Done done) : loop_(loop), done_(std::move(done)) {}
  ~Waiting() {
    if (done_) answer(fail(ErrorCode::kUnavailable, "the server is shutting down"));
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  void answer(Result<hooks::HookAnswer> result) {
    if (!done_) return;
    loop_.post([done = std::exchange(done_, nullptr), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  }

 private:
  Scheduler& loop_;
  hooks::HookSender::Done done_;
};

}  // namespace

void HookClient::send(hooks::HookRequest request, Scheduler& loop, Done done) {
  auto waiting = std::make_shared<Waiting>(loop, std::move(done));
  const bool queued = threads_.post(
      [this, waiting, request = std::move(request)] { waiting->answer(exchange(request)); });
  if (!queued)
    waiting->answer(fail(ErrorCode::kUnavailable, "too many requests of webhooks are under way"));
}

// Who looks at an endpoint learns nothing of the network of the server.
Result<hooks::HookAnswer> HookClient::exchange(const hooks::HookRequest& request) const {
  auto response = client_.post({.url = request.url,
                                .body = request.body,
                                .content_type = "application/json",
                                .headers = request.headers,
                                .accept = request.accept,
                                .timeout_ms = request.timeout_ms,
                                .max_body_bytes = request.most_bytes});
  if (!response && response.error().code == ErrorCode::kForbidden)
    return fail(ErrorCode::kForbidden,
                "its address is not one that this server may connect to (" + option_ + ")");
  if (!response) return std::unexpected(std::move(response.error()));
  return hooks::HookAnswer{
      .status = response->status,
      .content_type = std::string(response->headers.find("Content-Type").value_or("")),
      .retry_after_ms = retry_after_ms(response->headers),
      .put_query = std::string(response->headers.find("Syncline-Put").value_or("")),
      .body = std::move(response->body)};
}

void HookClient::stop() {
  client_.stop();
  threads_.stop();
}

}  // namespace syncline::backend
