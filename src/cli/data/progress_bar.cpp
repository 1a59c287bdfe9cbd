#include "cli/data/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>

namespace syncline::cli {

void show_progress(Console& console, std::uint64_t done, std::uint64_t total,
                   std::string_view words) {
  constexpr std::uint64_t kWidth = 24;
  if (total == 0) return console.progress(words);
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(part * kWidth);
  console.progress(fmt::format("[{:#<{}}{:-<{}}] {:3.0f} %  {}", "", filled, "", kWidth - filled,
                               part * 100, words));
}

}  // namespace syncline::cli
