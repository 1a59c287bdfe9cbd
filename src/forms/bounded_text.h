// BoundedText: a text that is written piece by piece, up to a number of bytes. Beyond them, it holds no more, and says
// so at the end: writers need not ask after each step.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "syncline/error.h"

namespace syncline::forms {

class BoundedText {
 public:
  explicit BoundedText(std::size_t most) : most_(most) {}

  BoundedText& operator+=(std::string_view more) {
    if (more.size() > most_ - text_.size()) full_ = true;
    if (!full_) text_ += more;
    return *this;
  }
  BoundedText& operator+=(char c) { return *this += std::string_view(&c, 1); }

  bool full() const { return full_; }
  const std::string& so_far() const { return text_; }

  // kTooLarge if there was more than it may hold.
  Result<std::string> take() {
    if (full_)
      return fail(ErrorCode::kTooLarge,
                  "the text has more than " + std::to_string(most_) + " bytes");
    return std::move(text_);
  }

 private:
  const std::size_t most_;
  std::string text_;
  bool full_ = false;
};

}  // namespace syncline::forms
