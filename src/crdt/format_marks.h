// FormatMarks: which attribute names the formats of some part of a text have, and whether any of
// them ends its attribute. The sequence's tree keeps them of each of its branches (sequence.h), so
// that a search for a format goes only where there is one.
//
// The first 63 attribute names of a document have a bit each. All others share the last bit: what
// it leads to may be another name's, so that in a document with more names a search for such a name
// looks at the formats under all of them.
#pragma once

#include <cstdint>
#include <vector>

#include "crdt/item.h"

namespace syncline::crdt {

struct FormatMarks {
  std::uint64_t sets = 0;  // formats with a value
  std::uint64_t ends = 0;  // with null, which ends an attribute

  bool any() const { return (sets | ends) != 0; }
  bool meets(FormatMarks other) const { return ((sets & other.sets) | (ends & other.ends)) != 0; }
  bool holds(FormatMarks other) const { return ((other.sets & ~sets) | (other.ends & ~ends)) == 0; }
  FormatMarks operator|(FormatMarks other) const { return {sets | other.sets, ends | other.ends}; }
  FormatMarks without(FormatMarks other) const { return {sets & ~other.sets, ends & ~other.ends}; }
  bool operator==(const FormatMarks&) const = default;

  static FormatMarks all() { return {~std::uint64_t{0}, ~std::uint64_t{0}}; }
};

// The bits of a document's attribute names.
class FormatNames {
 public:
  void add(KeyIndex key) {
    if (key >= bits_.size()) bits_.resize(key + std::size_t{1}, kNone);
    if (bits_[key] != kNone) return;
    bits_[key] = used_;
    if (used_ < kShared) ++used_;
  }
  // Of formats of this name, with a value and without. Nothing if there never was one.
  FormatMarks marks(KeyIndex key) const {
    const std::uint64_t bit = this->bit(key);
    return {bit, bit};
  }
  FormatMarks mark(const Item& format) const {
    const std::uint64_t bit = this->bit(format.format_key());
    return format.ends_format() ? FormatMarks{0, bit} : FormatMarks{bit, 0};
  }
  // No other name has the bit.
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
