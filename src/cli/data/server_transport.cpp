// The transport to a server, over HTTP.
#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "backend/net/http_client.h"
#include "cli/data/transport.h"

namespace syncline::cli {
namespace {

constexpr std::size_t kMaxBodyBytes = std::size_t{1} << 30;

std::optional<std::uint64_t> retry_after_s(const http::Headers& headers) {
  const auto text = headers.find("Retry-After");
  if (!text) return std::nullopt;
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return seconds;
}

class ServerTransport final : public Transport {
 public:
  ServerTransport(std::string url, const std::string& token) : url_(std::move(url)) {
    options_.max_body_bytes = kMaxBodyBytes;
    if (!token.empty()) options_.headers.emplace_back("Authorization", "Bearer " + token);
  }

  Result<ApiAnswer> ask(const ApiRequest& request) override {
    backend::HttpClientOptions options = options_;
    options.timeout_ms = request.timeout_ms;
    options.headers.emplace_back("Accept", request.accept);
    for (const auto& header : request.headers) options.headers.push_back(header);
    auto response =
        backend::http_request(request.method, url_ + request.path, request.body, options);
    if (!response) return std::unexpected(std::move(response.error()));
    const auto retry = retry_after_s(response->headers);
    return ApiAnswer{response->status, std::move(response->body), retry};
  }

  std::string name() const override { return url_; }
  bool live() const override { return true; }
  Result<void> refresh() override { return {}; }

 private:
  std::string url_;  // without a slash at the end
  backend::HttpClientOptions options_;
};

}  // namespace

Result<std::unique_ptr<Transport>> transport_to_server(std::string url, const std::string& token) {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return fail(ErrorCode::kInvalid,
                fmt::format("--server {}: not a URL such as http://127.0.0.1:4400", url));
  while (url.ends_with('/')) url.pop_back();
  return std::make_unique<ServerTransport>(std::move(url), token);
}

}  // namespace syncline::cli
