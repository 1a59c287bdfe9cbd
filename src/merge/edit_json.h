// Reads edits (merge/edit.h) from the JSON that clients send. Pure functions.
//
// The text operations of `application/vnd.syncline.text+json`:
//
//   {"root": "content", "ops": [
//     {"insert": "Hello ", "at": 0},                    or "at": "end"
//     {"insert": " again", "after": "Hello"},           or "before"
//     {"delete": {"at": 3, "length": 2}},
//     {"delete": {"quote": "old", "before": "the ", "after": " one"}},
//     {"replace": {"quote": "old"}, "with": "new"}]}    or {"at", "length"}
//
// "path", a JSON Pointer, in place of "root" names a text deeper in the content. A quote with its context may stand
// for the text after "after" and "before", too.
//
// Errors: kMalformed for what is no JSON or no such edit, with the number of the operation; kTooLarge above a limit.
#pragma once

#include <cstddef>
#include <string_view>

#include "merge/edit.h"
#include "syncline/error.h"

namespace syncline::merge {

inline constexpr std::size_t kMostOps = 1000;

Result<JsonPatch> read_json_patch(std::string_view json);
Result<MergePatch> read_merge_patch(std::string_view json);
Result<TextPatch> read_text_patch(std::string_view json);

// "/todo/items/3". kMalformed: it does not begin with a slash, or has a tilde that escapes nothing.
Result<Pointer> read_pointer(std::string_view text);

}  // namespace syncline::merge
