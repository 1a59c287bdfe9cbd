// The forms that need no mapping: plain text, XML and Quill's delta.
//
// Thread-safety: pure functions. Errors: kTooLarge for more than `most` bytes, kNoSuchForm for what a form cannot say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "forms/xml_tree.h"
#include "syncline/error.h"

namespace syncline::forms {

// The characters of a text. Of XML: each element with text directly in it is a line, and so is what a line break ends.
// Embeds are left out.
Result<std::string> plain_text(const XmlNode& root, std::size_t most);

// Well-formed XML 1.0. The root is <document>; formats of a text are elements around it, values that are not strings
// are JSON. Characters that XML does not have become U+FFFD. kNoSuchForm for names that XML does not have.
Result<std::string> xml_text(const XmlNode& root, std::size_t most);

// {"ops":[{"insert":"Hi","attributes":{"bold":true}}]}. kNoSuchForm for XML.
Result<std::string> delta_json(const XmlNode& root, std::size_t most);

}  // namespace syncline::forms
