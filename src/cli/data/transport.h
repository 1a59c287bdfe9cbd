// The way to an HTTP API (docs/openapi.json): to a server over the network, or to a data directory that is served
// within this process. The same questions, the same answers.
//
// Calls block. Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "syncline/error.h"

namespace syncline::cli {

struct ApiRequest {
  std::string_view method;
  std::string path;  // and query; begins with a slash
  std::string accept = "application/json";
  std::string_view body = {};
  std::uint64_t timeout_ms = 10'000;  // for the whole exchange, where there is a network
};

struct ApiAnswer {
  int status = 0;
  std::string body;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // What was answered, whatever its status. Errors: no answer came (kUnavailable), or it was cut off (kMalformed).
  virtual Result<ApiAnswer> ask(const ApiRequest& request) = 0;

  // What errors begin with, so that they say who has refused: a server's URL, or nothing.
  virtual std::string name() const = 0;

  // Is it a running server, which knows more than its data directory says?
  virtual bool live() const = 0;

  // Sees what was written since; a server always does.
  virtual Result<void> refresh() = 0;
};

// kInvalid: the URL is none. No token if that is empty.
Result<std::unique_ptr<Transport>> transport_to_server(std::string url, const std::string& token);

// Opened read-only, so that a server may be using it. Every request that would change something is kUnsupported.
Result<std::unique_ptr<Transport>> transport_to_data_dir(std::string data_dir);

}  // namespace syncline::cli
