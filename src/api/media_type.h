// A media type, as Content-Type has it (RFC 9110, section 8.3). A plain value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace syncline::api {

class MediaType {
 public:
  explicit MediaType(std::string_view text);

  // "text/plain", in lower case.
  const std::string& name() const { return name_; }
  // In lower case, without its quotes; nullopt if there is none of that name.
  std::optional<std::string> parameter(std::string_view name) const;

 private:
  std::string name_;
  std::string parameters_;
};

}  // namespace syncline::api
