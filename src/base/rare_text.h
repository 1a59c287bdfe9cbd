// RareText: a text that most owners do not have. It has the size of a pointer, and an empty one needs no memory of
// its own.
//
// Thread-safety: as std::string.
#pragma once

#include <memory>
#include <string>
#include <utility>

namespace syncline {

class RareText {
 public:
  RareText() = default;
  RareText(std::string text)  // NOLINT: it is one
      : text_(text.empty() ? nullptr : std::make_unique<const std::string>(std::move(text))) {}
  RareText(const RareText& other) : RareText(other.str()) {}
  RareText(RareText&&) noexcept = default;
  RareText& operator=(RareText other) noexcept {
    text_ = std::move(other.text_);
    return *this;
  }
  ~RareText() = default;

  const std::string& str() const {
    static const std::string kEmpty;
    return text_ == nullptr ? kEmpty : *text_;
  }

 private:
  std::unique_ptr<const std::string> text_;
};

}  // namespace syncline
