// How the workspaces of a tenant are named within a server.
//
// A workspace `notes` of the tenant `acme` has the name "/acme/notes" in the log, in caches, on loops and
// beside the log. Public names of workspaces contain no slash, so no name of a tenant can be that of another
// tenant, or one of the default tenant, whose names are the public ones. Whoever talks to clients translates:
// they see public names only.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace syncline {

struct QualifiedName {
  std::string_view tenant;  // "": the default tenant
  std::string_view workspace;
};

// The name within the server. `tenant`: "" is the default tenant.
inline std::string qualified(std::string_view tenant, std::string_view workspace) {
  if (tenant.empty()) return std::string(workspace);
  std::string name;
  name.reserve(tenant.size() + workspace.size() + 2);
  name.append("/").append(tenant).append("/").append(workspace);
  return name;
}

// The parts of a name within the server. They refer to it.
inline QualifiedName split_name(std::string_view name) {
  if (!name.starts_with('/')) return {{}, name};
  const std::size_t end = name.find('/', 1);
  if (end == name.npos) return {{}, name};
  return {name.substr(1, end - 1), name.substr(end + 1)};
}

// A text for clients of a tenant, such as the reason of an error, which names workspaces by their public names.
inline std::string public_text(std::string text, std::string_view tenant) {
  if (tenant.empty()) return text;
  const std::string prefix = " /" + std::string(tenant) + "/";
  for (std::size_t at = text.find(prefix); at != text.npos; at = text.find(prefix, at + 1))
    text.erase(at + 1, prefix.size() - 1);
  return text;
}

}  // namespace syncline
