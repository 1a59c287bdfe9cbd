// Secrets: removes tokens from text before it is written to a log.
//
// It removes the secrets that it knows, also percent-encoded, wherever they stand; a secret of fewer
// than kLeastBytes bytes only if it is the whole text, because a short one also stands in other
// words. It also removes what follows "token=", "Bearer " and "syncline.token.", known or not, what looks like a JWT,
// and API keys and tickets ("slk_…", "slt_…"), but not their ids.
//
// Thread-safety: immutable.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::observe {

class Secrets {
 public:
  static constexpr std::size_t kLeastBytes = 8;
  static constexpr std::string_view kRemoved = "[removed]";

  Secrets() = default;
  explicit Secrets(const std::vector<std::string>& secrets);

  std::string cleaned(std::string_view text) const;

 private:
  std::vector<std::string> known_;  // the longest first
};

}  // namespace syncline::observe
