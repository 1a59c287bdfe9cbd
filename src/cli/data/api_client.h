// ApiClient: sends requests to an HTTP API (docs/openapi.json) and turns refusals into errors.
//
// An error of the API keeps its code and message, and says who refused. An HTTP status without such
// an error (from a proxy, for example) becomes a code: 401 kUnauthorized, 403 kForbidden, 404
// kNotFound, 500 and above kUnavailable, others kInvalid. A server that cannot be reached is
// kUnavailable (backend/net/http_client.h).
//
// Calls block. Thread-safety: one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cli/data/transport.h"
#include "syncline/error.h"

namespace syncline::cli {

class ApiClient {
 public:
  explicit ApiClient(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

  // A client for a server. An empty `token` means none. kInvalid for a bad URL.
  static Result<ApiClient> open(std::string url, const std::string& token);

  // Sends the request and returns the body of the answer.
  Result<std::string> ask(const ApiRequest& request) const;
  Result<std::string> ask(std::string_view method, std::string path) const {
    return ask({.method = method, .path = std::move(path)});
  }

  // kMalformed: the answer is not one that a server gives.
  std::unexpected<Error> not_understood() const;

  Transport& transport() const { return *transport_; }

 private:
  std::unique_ptr<Transport> transport_;
};

// "/v1/workspaces/NAME"
std::string workspace_path(std::string_view workspace);

}  // namespace syncline::cli
