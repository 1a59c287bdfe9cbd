// FormatMarks: a summary of the formats in a part of a text: which attribute names they have, and
// which of them end their attribute. The tree of a sequence stores it for each branch (sequence.h),
// so that a search for a format enters only branches that contain one.
//
// The first 63 attribute names of a document have one bit each. All others share the last bit. So a
// search for such a name may visit formats of other names that share the bit.
#pragma once

#include <cstdint>
#include <vector>

#include "crdt/item.h"

namespace syncline::crdt {

struct FormatMarks {
  std::uint64_t sets = 0;  // formats with a value
  std::uint64_t ends = 0;  // formats with null, which ends an attribute

  bool any() const { return (sets | ends) != 0; }
  bool meets(FormatMarks other) const { return ((sets & other.sets) | (ends & other.ends)) != 0; }
  bool holds(FormatMarks other) const { return ((other.sets & ~sets) | (other.ends & ~ends)) == 0; }
  FormatMarks operator|(FormatMarks other) const { return {sets | other.sets, ends | other.ends}; }
  FormatMarks without(FormatMarks other) const { return {sets & ~other.sets, ends & ~other.ends}; }
  bool operator==(const FormatMarks&) const = default;

  static FormatMarks all() { return {~std::uint64_t{0}, ~std::uint64_t{0}}; }
};

// Assigns bits to the attribute names of a document.
class FormatNames {
 public:
  void add(KeyIndex key) {
    if (key >= bits_.size()) bits_.resize(key + std::size_t{1}, kNone);
    if (bits_[key] != kNone) return;
    bits_[key] = used_;
    if (used_ < kShared) ++used_;
  }
  // The marks of formats of this name, with and without a value. Empty if there never was one.
  FormatMarks marks(KeyIndex key) const {
    const std::uint64_t bit = this->bit(key);
    return {bit, bit};
  }
  FormatMarks mark(const Item& format) const {
    const std::uint64_t bit = this->bit(format.format_key());
    return format.ends_format() ? FormatMarks{0, bit} : FormatMarks{bit, 0};
  }
  // True if no other name shares the bit.
  bool is_alone(KeyIndex key) const { return key < bits_.size() && bits_[key] < kShared; }

 private:
  static constexpr std::uint8_t kShared = 63;
  static constexpr std::uint8_t kNone = 64;

  std::uint64_t bit(KeyIndex key) const {
    return key < bits_.size() && bits_[key] != kNone ? std::uint64_t{1} << bits_[key] : 0;
  }

  std::vector<std::uint8_t> bits_;  // by key
  std::uint8_t used_ = 0;
};

}  // namespace syncline::crdt
