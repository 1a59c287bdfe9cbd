// A server's HTTP API, as the commands ask it: with the token, and with its refusals as errors.
//
// What the server refused has its URL, its message and its code. What somebody before it refused has
// a code by the HTTP status: kUnauthorized, kForbidden and kNotFound for 401, 403 and 404, kUnavailable
// from 500 on, else kInvalid. A server that cannot be reached is kUnavailable
// (backend/net/http_client.h).
//
// Thread-safe: it has no state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "backend/net/http_client.h"
#include "syncline/error.h"

namespace syncline::cli {

class ServerClient {
 public:
  // No token if that is empty. kInvalid: the URL is none.
  static Result<ServerClient> open(std::string url, const std::string& token);

  struct Wish {
    std::string accept = "application/json";
    std::string_view body = {};
    std::uint64_t timeout_ms = backend::HttpClientOptions{}.timeout_ms;
  };
  // The body of what it answers. `path` begins with a slash.
  Result<std::string> ask(std::string_view method, const std::string& path, const Wish& wish) const;
  Result<std::string> ask(std::string_view method, const std::string& path) const {
    return ask(method, path, Wish());
  }

  // kMalformed: what it answered is not what a server answers.
  std::unexpected<Error> not_understood() const;

 private:
  explicit ServerClient(std::string url) : url_(std::move(url)) {}

  std::string url_;  // without a slash at its end
  backend::HttpClientOptions options_;
};

// "/v1/workspaces/NAME"
std::string workspace_path(std::string_view workspace);

}  // namespace syncline::cli
