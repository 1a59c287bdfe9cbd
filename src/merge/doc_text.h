// Editing a text of a document as the characters that people see. Embeds (images, mentions) are in the text, too, but
// are no characters: they stay where they are.
//
// Offsets of characters count UTF-16 units without embeds; indices of the document count each embed as one.
// Thread-safety: that of the document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/crdt/types.h"
#include "syncline/error.h"

namespace syncline::merge {

// The characters of a text at some moment, and where its embeds are. O(its size).
class FlatText {
 public:
  explicit FlatText(const crdt::Text& text);

  const std::string& characters() const { return characters_; }
  std::uint32_t length() const { return length_; }  // in indices
  // The index directly behind so many characters, before embeds that follow.
  std::uint32_t behind(std::size_t offset) const;
  // The index of that character, behind embeds that stand before it.
  std::uint32_t of(std::size_t offset) const;
  // How many characters stand before an index.
  std::size_t offset_of(std::uint32_t index) const;
  // True if an edit may begin at this index: not within a surrogate pair.
  bool is_border(std::uint32_t index) const;

 private:
  std::string characters_;
  std::vector<std::uint32_t> embeds_;  // their indices, ascending
  std::uint32_t length_ = 0;
};

// Makes the characters from one offset to another these, by the smallest edit. What comes in takes the formats of what
// stands before it.
Result<void> put_characters(crdt::Text text, const FlatText& now, std::size_t from, std::size_t to,
                            std::string_view wanted);

// The same for all of them.
Result<void> put_text(crdt::Text text, std::string_view wanted);

}  // namespace syncline::merge
