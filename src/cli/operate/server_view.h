// What a running server shows of itself to its operator: /readyz, /metrics and the sessions, read at
// one moment.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/data/api.h"
#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline::cli {

// The values of a page of metrics, by their names without "syncline_"; labels stand behind the name, as
// in `memory_part_bytes{part="objects"}`.
class MetricValues {
 public:
  static MetricValues parse(std::string_view page);

  bool empty() const { return values_.empty(); }
  bool has(std::string_view name) const { return values_.contains(name); }
  // 0 if the page has no such value.
  double of(std::string_view name) const;
  std::uint64_t number(std::string_view name) const;
  // The label of the first value with this name: "0.1.0" for `build_info{version="0.1.0"}`; "" if there
  // is none.
  std::string label_of(std::string_view name) const;

 private:
  std::map<std::string, double, std::less<>> values_;
};

struct ServerView {
  bool ready = false;
  std::string readiness;  // what /readyz says: "ready", "not ready: …"
  MetricValues metrics;
  std::uint64_t unix_ms = 0;  // when it was read
};

// Errors: kUnsupported for a data directory; of the server, kUnauthorized or kForbidden if the token may
// not see metrics.
Result<ServerView> look_at_server(Api& api);

// The sessions, at most `most`, as the API tells them.
Result<std::vector<crdt::Any>> sessions_of(Api& api, std::size_t most);

// "3 days 4 h", "12 min", "8 s".
std::string duration_text(std::uint64_t seconds);

}  // namespace syncline::cli
