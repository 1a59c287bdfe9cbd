// The containers of BlockNote, and their ids. For this room only.
#pragma once

#include <string>
#include <string_view>

#include "crdt/engine.h"

namespace syncline::forms {

inline constexpr std::string_view kBlockGroup = "blockGroup";
inline constexpr std::string_view kBlockContainer = "blockContainer";

inline bool is_container(std::string_view element) {
  return element == kBlockGroup || element == kBlockContainer;
}
inline bool needs_id(std::string_view element) {
  return element == kBlockContainer;
}

// An id that no other block has: it is derived from the next clock of the replica that edits. Shaped as a UUID (version 8
// of RFC 9562). The same edit by the same replica gives the same id.
std::string new_block_id(const crdt::Engine& engine);

}  // namespace syncline::forms
