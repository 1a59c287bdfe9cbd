// How Lexical stores a document (@lexical/yjs): each element is a text whose attributes say what it is ("__type"), and which
// contains elements, and characters. A map before characters says of what kind they are, and how they are shown. A break
// of a line is a map alone. For this room only.
//
// Thread-safety: that of the document.
#pragma once

#include <string>
#include <string_view>

#include "syncline/crdt/types.h"

namespace syncline::forms {

inline constexpr std::string_view kLexicalType = "__type";
inline constexpr std::string_view kLexicalBreak = "linebreak";

// The name of the element with these attributes; "" if it is none of Lexical.
std::string lexical_name(const crdt::Attributes& attributes);

struct LexicalMap {
  bool is_break = false;
  crdt::Attributes formats = {};  // of the characters behind it: "bold" and so on, sorted
};

LexicalMap read_lexical_map(const crdt::Map& map);

}  // namespace syncline::forms
