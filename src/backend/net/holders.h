// Holders: who of many holds how many bytes, to find at once whom to cut when there are too many.
//
// They are sorted into classes by size, each twice as large as the one before, and within a class by
// the time since when they hold something. worst() looks at the two highest classes that anybody is in,
// and takes from them the one that has held something for longest. So it holds at least a quarter as
// much as the largest, and the search looks at two of them, however many there are.
//
// change() costs O(log n), and nothing as long as the class stays the same. Who holds less than `least`
// is not listed, and costs nothing.
//
// Thread-safety: none. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

namespace syncline::backend {

template <typename Who>
class Holders {
 public:
  explicit Holders(std::size_t least = 1) : least_class_(class_of(least)) {}

  // `who` held `before` bytes and holds `now`. `since`: when it last began to hold something; it stays
  // the same until it holds nothing.
  void change(Who* who, std::size_t before, std::size_t now, std::uint64_t since) {
    const std::size_t from = class_of(before);
    const std::size_t to = class_of(now);
    if (from == to) return;
    if (from >= least_class_) {
      classes_[from].erase({since, who});
      if (classes_[from].empty()) used_ &= ~bit(from);
    }
    if (to >= least_class_) {
      classes_[to].emplace(since, who);
      used_ |= bit(to);
    }
  }

  bool empty() const { return used_ == 0; }

  // nullptr: nobody is listed.
  Who* worst() const {
    if (empty()) return nullptr;
    const std::size_t top = highest();
    const auto& first = *classes_[top].begin();
    if (top == 0 || classes_[top - 1].empty()) return first.second;
    return std::min(first, *classes_[top - 1].begin()).second;
  }

  // The one that holds most, if it is alone in its class; otherwise somebody else holds more than half as
  // much, and the answer is nullptr.
  Who* by_far_largest() const {
    if (empty() || classes_[highest()].size() > 1) return nullptr;
    return classes_[highest()].begin()->second;
  }

  // True if somebody holds at least so many bytes, which are a power of two.
  bool anybody_with(std::size_t bytes) const { return (used_ >> class_of(bytes)) != 0; }

 private:
  static constexpr std::size_t kClasses = 48;
  using Entry = std::pair<std::uint64_t, Who*>;

  // 0: nothing; otherwise class c holds from 2^(c-1) to 2^c - 1.
  static std::size_t class_of(std::size_t bytes) {
    return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(bytes)), kClasses - 1);
  }
  static std::uint64_t bit(std::size_t size_class) { return std::uint64_t{1} << size_class; }
  std::size_t highest() const { return static_cast<std::size_t>(std::bit_width(used_)) - 1; }

  const std::size_t least_class_;
  std::uint64_t used_ = 0;  // the classes that somebody is in
  std::array<std::set<Entry>, kClasses> classes_;
};

}  // namespace syncline::backend
