// Which names clients may give to workspaces and objects. Pure decisions.
//
// The rooms of Yjs are any string, and applications use what they have: paths, URLs of pages, addresses
// of people. So an object id is nearly any text, byte for byte. Refused is what could not be addressed or
// shown: control characters, and the segments "." and "..", which URL parsers take away.
//
// Reserved names. Object ids that begin with "./" are the server's own ("./retention"), and so are
// workspace names that begin with ".". No earlier version accepted either from anybody: a segment "."
// and a leading "." were refused always. So no existing data holds such a name, and none can collide.
// In a URL the slash of "./" is written %2F, since URL parsers take "./" away.
#pragma once

#include <cstddef>
#include <string_view>

#include "syncline/error.h"

namespace syncline::policy {

inline constexpr std::size_t kMaxWorkspaceNameBytes = 128;
inline constexpr std::size_t kMaxObjectIdBytes = 1024;  // as in the log
inline constexpr std::string_view kSystemObjectPrefix = "./";

// A name of the server's own. It may still be malformed otherwise.
bool is_system_object(std::string_view id);

// Workspace names: 1 to 128 of A-Z a-z 0-9 and . _ - @ + ~ = , : and not beginning with a dot. kInvalid
// says why not.
Result<void> check_workspace_name(std::string_view name);

// Object ids of clients: UTF-8 of 1 to 1024 bytes without control characters, no segment "." or "..".
// Empty segments are allowed, at the ends too. kInvalid; kForbidden: the name is reserved.
Result<void> check_object_id(std::string_view id);

}  // namespace syncline::policy
