#include "backend/outbound/hook_client.h"

#include <charconv>
#include <optional>
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

}  // namespace

Result<std::unique_ptr<HookClient>> HookClient::make(const std::vector<std::string>& hooks_allow,
                                                     std::string ca_file) {
  OutboundOptions outbound{.ca_file = std::move(ca_file)};
  outbound.rules.option = "--hooks-allow";
  for (const std::string& text : hooks_allow) {
    auto network = parse_network(text);
    if (!network) return fail(network.error().code, "--hooks-allow: " + network.error().message);
    outbound.rules.allowed.push_back(*network);
  }
  return std::make_unique<HookClient>(std::move(outbound));
}

void HookClient::send(hooks::HookRequest request, Scheduler& loop, Done done) {
  // A task that is dropped destroys the answer, and nobody would be told.
  auto waiting = std::make_shared<std::optional<Done>>(std::move(done));
  auto answer = [&loop, waiting](Result<hooks::HookAnswer> result) {
    loop.post([waiting, result = std::move(result)]() mutable {
      if (auto told = std::exchange(*waiting, std::nullopt)) (*told)(std::move(result));
    });
  };
  const bool queued =
      threads_.post([this, answer, request = std::move(request)] { answer(exchange(request)); });
  if (!queued) answer(fail(ErrorCode::kUnavailable, "too many requests of webhooks are under way"));
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
                "its address is not one that this server may connect to (--hooks-allow)");
  if (!response) return std::unexpected(std::move(response.error()));
  return hooks::HookAnswer{
      .status = response->status,
      .content_type = std::string(response->headers.find("Content-Type").value_or("")),
      .retry_after_ms = retry_after_ms(response->headers),
      .body = std::move(response->body)};
}

void HookClient::stop() {
  client_.stop();
  threads_.stop();
}

}  // namespace syncline::backend
