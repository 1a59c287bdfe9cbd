// A form of an object for people and for programs that are no editors (forms/form.h).
#pragma once

#include "forms/form.h"
#include "merge/object_part.h"

namespace syncline::merge {

struct FormAsk {
  forms::FormWish wish;
  std::uint64_t from = 0;  // of the form kText, in UTF-16 units
  std::uint64_t to = Part::kEnd;
};

}  // namespace syncline::merge
