// Transport: the way to an HTTP API (docs/openapi.json): to a server over the network, or to a data
// directory that this process serves. Both give the same answers to the same requests.
//
// Calls block. Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/error.h"

namespace syncline::cli {

struct ApiRequest {
  std::string_view method;
  std::string path;  // with the query; begins with a slash
  std::string accept = "application/json";
  std::string_view body = {};
  std::uint64_t timeout_ms = 10'000;  // for the whole exchange, if it uses a network
  bool changes_nothing = false;       // whatever its method
  std::vector<std::pair<std::string, std::string>> headers = {};  // further ones
};

struct ApiAnswer {
  int status = 0;
  std::string body;
  // A refusal's `Retry-After`, if it has one in seconds (not as a date).
  std::optional<std::uint64_t> retry_after_s = std::nullopt;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Returns the answer, whatever its status. Errors: kUnavailable if no answer came, kMalformed if
  // it was cut off.
  virtual Result<ApiAnswer> ask(const ApiRequest& request) = 0;

  // The prefix of error messages, which says who refused: the URL of a server, or "".
  virtual std::string name() const = 0;

  // True for a running server, whose state is newer than that of its data directory.
  virtual bool live() const = 0;

  // Makes later writes visible. A server always shows them.
  virtual Result<void> refresh() = 0;
};

// kInvalid for a bad URL. An empty `token` means none.
Result<std::unique_ptr<Transport>> transport_to_server(std::string url, const std::string& token);

// Opens the directory, and asks for the workspaces of `tenant`; "": of the default tenant.
enum class Opened : std::uint8_t {
  kForReading,  // a server may be using it. Every request that would change something fails with kUnsupported
  kForKeys,  // no server may: kConflict. API keys can be made and revoked. Created if it is missing
};
Result<std::unique_ptr<Transport>> transport_to_data_dir(std::string data_dir,
                                                         Opened opened = Opened::kForReading,
                                                         const std::string& tenant = {});

}  // namespace syncline::cli
