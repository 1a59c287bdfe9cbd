#include "diff/sequence_diff.h"

#include <algorithm>
#include <unordered_set>

namespace syncline::diff {
namespace {

constexpr std::ptrdiff_t kUnreached = -1;

// The part of a sequence that the other one has elements of, with their places in the whole.
struct Shared {
  std::vector<Token> tokens;
  std::vector<std::size_t> places;
};

Shared shared_with(std::span<const Token> own, std::span<const Token> other) {
  const std::unordered_set<Token> known(other.begin(), other.end());
  Shared shared;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (!known.contains(own[i])) continue;
    shared.tokens.push_back(own[i]);
    shared.places.push_back(i);
  }
  return shared;
}

struct Point {
  std::ptrdiff_t x = 0;
  std::ptrdiff_t y = 0;
};

// A rectangle of pairs of elements, from its upper left corner.
struct Box {
  std::size_t old_at;
  std::size_t old_count;
  std::size_t new_at;
  std::size_t new_count;
};

class Search {
 public:
  Search(std::span<const Token> from, std::span<const Token> to, Effort effort)
      : from_(from), to_(to), effort_(effort), gone_(from.size()), fresh_(to.size()) {}

  void run() {
    boxes_.push_back({0, from_.size(), 0, to_.size()});
    while (!boxes_.empty()) {
      Box box = boxes_.back();
      boxes_.pop_back();
      cut_ends(box);
      const bool replace = box.old_count == 0 || box.new_count == 0 || steps_ >= effort_.steps;
      replace ? mark(box) : split(box);
    }
  }

  const std::vector<bool>& gone() const { return gone_; }
  const std::vector<bool>& fresh() const { return fresh_; }

 private:
  // The furthest points that are reached on each diagonal from one corner. The other corner looks at the same
  // elements from the end.
  struct Front {
    std::ptrdiff_t lowest = 0;  // diagonals that can be reached within the effort
    std::ptrdiff_t highest = 0;
    std::vector<std::ptrdiff_t> furthest =
        {};                            // x by diagonal, with room for one more at both ends
    std::ptrdiff_t best = kUnreached;  // x + y
    Point best_at = {};

    std::ptrdiff_t& at(std::ptrdiff_t diagonal) {
      return furthest[static_cast<std::size_t>(diagonal - lowest + 1)];
    }
    std::ptrdiff_t find(std::ptrdiff_t diagonal) const {
      if (diagonal < lowest || diagonal > highest) return kUnreached;
      return furthest[static_cast<std::size_t>(diagonal - lowest + 1)];
    }
    void begin(std::ptrdiff_t columns, std::ptrdiff_t rows, std::ptrdiff_t edits) {
      lowest = -std::min(rows, edits);
      highest = std::min(columns, edits);
      furthest.assign(static_cast<std::size_t>(highest - lowest + 3), kUnreached);
      at(1) = 0;  // the way to the corner
      best = kUnreached;
    }
  };

  void cut_ends(Box& box) const {
    while (box.old_count > 0 && box.new_count > 0 && from_[box.old_at] == to_[box.new_at]) {
      ++box.old_at, --box.old_count;
      ++box.new_at, --box.new_count;
    }
    while (box.old_count > 0 && box.new_count > 0 &&
           from_[box.old_at + box.old_count - 1] == to_[box.new_at + box.new_count - 1])
      --box.old_count, --box.new_count;
  }

  void mark(const Box& box) {
    std::fill_n(gone_.begin() + static_cast<std::ptrdiff_t>(box.old_at), box.old_count, true);
    std::fill_n(fresh_.begin() + static_cast<std::ptrdiff_t>(box.new_at), box.new_count, true);
  }

  void split(const Box& box) {
    const Point at = middle_of(box);
    const auto x = static_cast<std::size_t>(at.x);
    const auto y = static_cast<std::size_t>(at.y);
    boxes_.push_back({box.old_at + x, box.old_count - x, box.new_at + y, box.new_count - y});
    boxes_.push_back({box.old_at, x, box.new_at, y});
  }

  bool same(const Box& box, Point at, bool back) const {
    const auto x = static_cast<std::size_t>(at.x);
    const auto y = static_cast<std::size_t>(at.y);
    return back ? from_[box.old_at + box.old_count - 1 - x] ==
                      to_[box.new_at + box.new_count - 1 - y]
                : from_[box.old_at + x] == to_[box.new_at + y];
  }

  // Goes on from the neighbours of diagonal `k` by one edit, and along equal elements.
  void reach(const Box& box, Front& front, std::ptrdiff_t k, bool back) {
    const auto n = static_cast<std::ptrdiff_t>(box.old_count);
    const auto m = static_cast<std::ptrdiff_t>(box.new_count);
    const std::ptrdiff_t left = front.at(k - 1);
    const std::ptrdiff_t above = front.at(k + 1);
    std::ptrdiff_t x = kUnreached;
    if (left != kUnreached && left < n) x = left + 1;
    if (above != kUnreached && above - k <= m) x = std::max(x, above);
    front.at(k) = x;
    if (x == kUnreached) return;
    std::ptrdiff_t y = x - k;
    for (; x < n && y < m && same(box, {x, y}, back); ++x, ++y) ++steps_;
    ++steps_;
    front.at(k) = x;
    if (x + y > front.best) {
      front.best = x + y;
      front.best_at = {x, y};
    }
  }

  // A point on a shortest path between the corners, or the best one that the effort allows. Both sequences have
  // elements and differ at both ends, so it is neither corner.
  Point middle_of(const Box& box) {
    const auto n = static_cast<std::ptrdiff_t>(box.old_count);
    const auto m = static_cast<std::ptrdiff_t>(box.new_count);
    const std::ptrdiff_t delta = n - m;
    const auto edits = static_cast<std::ptrdiff_t>(std::max<std::size_t>(effort_.edits, 1));
    ahead_.begin(n, m, edits);
    behind_.begin(n, m, edits);
    for (std::ptrdiff_t d = 0;; ++d) {
      for (const bool back : {false, true}) {
        Front& own = back ? behind_ : ahead_;
        const Front& other = back ? ahead_ : behind_;
        const std::ptrdiff_t lowest = -d + 2 * std::max<std::ptrdiff_t>(0, d - m);
        const std::ptrdiff_t highest = d - 2 * std::max<std::ptrdiff_t>(0, d - n);
        for (std::ptrdiff_t k = lowest; k <= highest; k += 2) {
          reach(box, own, k, back);
          const std::ptrdiff_t x = own.find(k);
          const std::ptrdiff_t there = other.find(delta - k);
          if (d == 0 || x == kUnreached || there == kUnreached || x + there < n) continue;
          return back ? Point{n - x, m - (x - k)} : Point{x, x - k};
        }
      }
      if (d > 0 && (d >= edits || steps_ >= effort_.steps))
        return ahead_.best >= behind_.best ? ahead_.best_at
                                           : Point{n - behind_.best_at.x, m - behind_.best_at.y};
    }
  }

  const std::span<const Token> from_;
  const std::span<const Token> to_;
  const Effort effort_;
  std::uint64_t steps_ = 0;
  std::vector<Box> boxes_;
  Front ahead_;
  Front behind_;
  std::vector<bool> gone_;
  std::vector<bool> fresh_;
};

}  // namespace

std::vector<Change> sequence_diff(std::span<const Token> from, std::span<const Token> to,
                                  Effort effort) {
  const Shared old_shared = shared_with(from, to);
  const Shared new_shared = shared_with(to, from);
  Search search(old_shared.tokens, new_shared.tokens, effort);
  search.run();
  std::vector<bool> stays(from.size());
  std::vector<bool> stayed(to.size());
  for (std::size_t i = 0; i < old_shared.places.size(); ++i)
    stays[old_shared.places[i]] = !search.gone()[i];
  for (std::size_t i = 0; i < new_shared.places.size(); ++i)
    stayed[new_shared.places[i]] = !search.fresh()[i];

  std::vector<Change> changes;
  std::size_t x = 0;
  std::size_t y = 0;
  while (x < from.size() || y < to.size()) {
    Change change{.old_at = x, .new_at = y};
    while (x < from.size() && !stays[x]) ++x;
    while (y < to.size() && !stayed[y]) ++y;
    change.old_count = x - change.old_at;
    change.new_count = y - change.new_at;
    if (change.old_count + change.new_count > 0) changes.push_back(change);
    if (x < from.size()) ++x;
    if (y < to.size()) ++y;
  }
  return changes;
}

}  // namespace syncline::diff
