// The rules for names of workspaces and objects. Pure decisions.
//
// Yjs rooms may have any string as a name, and applications use what they have: paths, URLs of
// pages, e-mail addresses. So an object id may be almost any text, and is kept byte for byte.
// Refused are only names that cannot be shown or addressed: control characters, and the segments
// "." and "..", which URL parsers remove.
//
// New names are judged more strictly than names that exist: two names that look the same must not
// name two objects. So a new one is in normalisation form NFC (Unicode Standard Annex 15), and has
// no characters that cannot be seen: default-ignorable ones such as U+200B, and controls, also those
// of writing direction, such as U+202E. A name is never changed into another one, because its
// application would not know. Objects with other names from before stay reachable by the exact bytes
// of their names.
//
// Reserved names: object ids that begin with "./" belong to the server ("./retention"), and so do
// workspace names that begin with ".". Every earlier version refused both, so no existing data
// contains such a name. In a URL, write the slash of "./" as %2F, because URL parsers remove "./".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "syncline/error.h"

namespace syncline::identity {

inline constexpr std::size_t kMaxWorkspaceNameBytes = 128;
inline constexpr std::size_t kMaxObjectIdBytes = 1024;  // as in the log
inline constexpr std::size_t kMaxDisplayNameBytes = 256;
inline constexpr std::size_t kMaxTenantNameBytes = 63;
inline constexpr std::string_view kDefaultTenant = "default";

// Workspace names: 1 to 128 characters of A-Z a-z 0-9 and . _ - @ + ~ = , : without a dot at the
// beginning. kInvalid with the reason.
Result<void> check_workspace_name(std::string_view name);

// Names of tenants: 1 to 63 characters of a-z 0-9 - and _, of which the first is a letter or a digit. "default"
// is the name of the tenant to which everybody belongs whose token names none. kInvalid with the reason.
Result<void> check_tenant_name(std::string_view name);

// Object ids of clients: UTF-8 of 1 to 1024 bytes, without control characters and without the
// segments "." and "..". Empty segments are allowed, also at the ends. kInvalid for a bad name,
// kForbidden for a reserved one.
Result<void> check_object_id(std::string_view id);

// The same, for an object that has no events yet. `id` must satisfy check_object_id(). kInvalid with
// the reason, which names the character. Names of workspaces need no such check: all their
// characters are ASCII.
Result<void> check_new_object_id(std::string_view id);

// The name of a person as it may be shown, made of what somebody claims it to be: one line without the characters
// that check_new_object_id() refuses, white space in a row as one blank, at most kMaxDisplayNameBytes, cut between
// characters. It names nothing, so it is changed and not refused. "" if nothing is left, and for invalid UTF-8.
std::string display_name(std::string_view claimed);

}  // namespace syncline::identity
