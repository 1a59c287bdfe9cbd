// An HTTP API (docs/openapi.json) as the commands ask it, with its refusals as errors.
//
// What the API refused has its message and its code, and who has refused. What somebody before a server refused has
// a code by the HTTP status: kUnauthorized, kForbidden and kNotFound for 401, 403 and 404, kUnavailable
// from 500 on, else kInvalid. A server that cannot be reached is kUnavailable
// (backend/net/http_client.h).
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

  // Of a server. No token if that is empty. kInvalid: the URL is none.
  static Result<ApiClient> open(std::string url, const std::string& token);

  // The body of what it answers.
  Result<std::string> ask(const ApiRequest& request) const;
  Result<std::string> ask(std::string_view method, std::string path) const {
    return ask({.method = method, .path = std::move(path)});
  }

  // kMalformed: what it answered is not what a server answers.
  std::unexpected<Error> not_understood() const;

  Transport& transport() const { return *transport_; }

 private:
  std::unique_ptr<Transport> transport_;
};

// "/v1/workspaces/NAME"
std::string workspace_path(std::string_view workspace);

}  // namespace syncline::cli
