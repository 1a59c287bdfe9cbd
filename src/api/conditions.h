// Conditional requests (RFC 9110, section 13). The ETag of an object is the position of its last event: "17".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "log/event.h"
#include "syncline/error.h"

namespace syncline::api {

std::string etag_of(log::Position position);

// Position 0 means that there is no such object.
class Conditions {
 public:
  // kInvalid for a header that is no list of ETags.
  static Result<Conditions> read(const http::Request& request);

  // Whether a change may be made at that position.
  bool allow_change(log::Position position) const;
  // Whether whoever reads has that state already.
  bool is_known(log::Position position) const;
  // Why a change may not be made.
  std::string unmet(log::Position position) const;

 private:
  struct Tags {
    bool any = false;                 // "*"
    std::vector<std::string> strong;  // with their quotes
    std::vector<std::string> weak;
    bool has(log::Position position, bool weakly) const;
  };
  static Result<std::optional<Tags>> read_tags(const http::Request& request,
                                               std::string_view header);

  std::optional<Tags> match_;
  std::optional<Tags> none_match_;
};

}  // namespace syncline::api
