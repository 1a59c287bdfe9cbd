// Page: takes the body of an answer that comes in pieces. Answer::whole says whether it is all of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/api_user.h"

namespace syncline::sim {

class Page final : public ApiUser::Reader {
 public:
  void take(std::string_view piece) override { body += piece; }
  std::size_t queued_bytes() const override { return 0; }
  bool has_left() const override { return false; }

  std::string body;
};

}  // namespace syncline::sim
