// Edit: what a program wants changed, in terms of the content that it sees. The facet Editing (merge/facets.h) makes
// an intent of it, in the state in which it is carried out.
//
// An edit is done completely or not at all. Plain values; merge/edit_json.h reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "forms/put.h"
#include "syncline/crdt/any.h"

namespace syncline::merge {

// A place in the content: the name of a root type, then keys and indices, as in a JSON Pointer (RFC 6901). Empty: the
// whole content, an object of all roots.
using Pointer = std::vector<std::string>;

// RFC 6902.
struct JsonPatch {
  struct Op {
    enum Kind : std::uint8_t { kAdd, kRemove, kReplace, kMove, kCopy, kTest };

    Kind kind;
    Pointer path;
    Pointer from = {};     // kMove, kCopy
    crdt::Any value = {};  // kAdd, kReplace, kTest
  };
  std::vector<Op> ops;
};

// RFC 7396: members of objects are merged, null removes a member, everything else replaces.
struct MergePatch {
  crdt::Any patch;
};

// Text that stands somewhere, and what must stand directly before and after it.
struct Quote {
  std::string text;
  std::string before = {};
  std::string after = {};
};

// Changes of one text. Each operation sees what those before it have done.
struct TextPatch {
  // Where in the text: by UTF-16 units, or by a quote that matches exactly once.
  struct Range {
    std::uint64_t at = 0;
    std::uint64_t length = 0;
  };
  struct End {};
  struct Before {
    Quote quote;
  };
  struct After {
    Quote quote;
  };
  struct Insert {
    std::variant<std::uint64_t, End, Before, After> where;
    std::string text;
  };
  // What is there goes, as far as it differs from `text`; this comes in its place, "" to delete.
  struct Replace {
    std::variant<Range, Quote> what;
    std::string text = {};
  };

  Pointer text;  // the place of the text
  std::vector<std::variant<Insert, Replace>> ops;
};

// The text at a place becomes this one, by the smallest edit.
struct WholeText {
  Pointer place;
  std::string text;
};

// The value at a place becomes this one, by the smallest edit.
struct WholeJson {
  Pointer place;
  crdt::Any value;
};

// A root becomes what somebody has written in Markdown or HTML, by the smallest edit (forms/put.h).
struct WholeForm {
  forms::PutWish wish;
  std::string text;
};

using Edit = std::variant<JsonPatch, MergePatch, TextPatch, WholeText, WholeJson, WholeForm>;

}  // namespace syncline::merge
