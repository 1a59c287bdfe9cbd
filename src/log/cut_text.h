// cut_text: bounds a text that somebody else chose, such as a reason or a group, before it is stored.
#pragma once

#include <cstddef>
#include <string>

namespace syncline::log {

// Cuts valid UTF-8 to at most so many bytes, between characters.
inline void cut_text(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
}

}  // namespace syncline::log
