// Conditional requests (RFC 9110, section 13). The ETag of an object is the position of its last event, and what is not JSON has
// its form besides: "17", "17-markdown". So a cache never takes one form for another, and whoever has read any form can
// make a change that depends on it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "log/event.h"
#include "syncline/error.h"

namespace syncline::api {

// `form`: of asked_forms(), by name; "" and "json" are the same.
std::string etag_of(log::Position position, std::string_view form = {});

// Position 0 means that there is no such object.
class Conditions {
 public:
  // kInvalid for a header that is no list of ETags.
  static Result<Conditions> read(const http::Request& request);

  // Whether a change may be made at that position.
  bool allow_change(log::Position position) const;
  // Whether whoever reads has that state already, in some form, or in this one.
  bool is_known(log::Position position) const;
  bool is_known(log::Position position, std::string_view form) const;
  // Why a change may not be made.
  std::string unmet(log::Position position) const;

 private:
  struct Tags {
    bool any = false;                 // "*"
    std::vector<std::string> strong;  // with their quotes
    std::vector<std::string> weak;
    bool has(log::Position position, bool weakly) const;  // in any form
    bool has(log::Position position, std::string_view form, bool weakly) const;
  };
  static Result<std::optional<Tags>> read_tags(const http::Request& request,
                                               std::string_view header);

  std::optional<Tags> match_;
  std::optional<Tags> none_match_;
};

}  // namespace syncline::api
