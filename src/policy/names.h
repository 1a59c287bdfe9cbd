// The rules for names of workspaces and objects. Pure decisions.
//
// Yjs rooms may have any string as a name, and applications use what they have: paths, URLs of
// pages, e-mail addresses. So an object id may be almost any text, and is kept byte for byte.
// Refused are only names that cannot be shown or addressed: control characters, and the segments
// "." and "..", which URL parsers remove.
//
// Reserved names: object ids that begin with "./" belong to the server ("./retention"), and so do
// workspace names that begin with ".". Every earlier version refused both, so no existing data
// contains such a name. In a URL, write the slash of "./" as %2F, because URL parsers remove "./".
#pragma once

#include <cstddef>
#include <string_view>

#include "syncline/error.h"

namespace syncline::policy {

inline constexpr std::size_t kMaxWorkspaceNameBytes = 128;
inline constexpr std::size_t kMaxObjectIdBytes = 1024;  // as in the log

// Workspace names: 1 to 128 characters of A-Z a-z 0-9 and . _ - @ + ~ = , : without a dot at the
// beginning. kInvalid with the reason.
Result<void> check_workspace_name(std::string_view name);

// Object ids of clients: UTF-8 of 1 to 1024 bytes, without control characters and without the
// segments "." and "..". Empty segments are allowed, also at the ends. kInvalid for a bad name,
// kForbidden for a reserved one.
Result<void> check_object_id(std::string_view id);

}  // namespace syncline::policy
