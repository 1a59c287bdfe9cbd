// Which root of a document is meant. For this room only.
#pragma once

#include <algorithm>
#include <string>

#include "syncline/crdt/doc.h"
#include "syncline/error.h"

namespace syncline::forms {

// The root of that name, or the only one. kNotFound, kInvalid.
inline Result<crdt::Type> chosen_root(crdt::Doc& doc, const std::string& name) {
  if (!name.empty()) {
    const auto root = doc.find_root(name);
    if (!root) return fail(ErrorCode::kNotFound, "there is no root type '" + name + "'");
    return *root;
  }
  const auto roots = doc.roots();
  if (roots.empty()) return fail(ErrorCode::kNoSuchForm, "the document is empty");
  if (roots.size() == 1) return roots.front();
  std::string names;
  for (const crdt::Type& root : roots) names += (names.empty() ? "" : ", ") + root.path().root;
  return fail(ErrorCode::kInvalid, "name one root with root=: " + names);
}

}  // namespace syncline::forms
