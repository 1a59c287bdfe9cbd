// The names in the path of a request.
#pragma once

#include <string>
#include <string_view>

#include "base/qualified_name.h"
#include "syncline/error.h"

namespace syncline::api {

struct Path {
  // Within the server (base/qualified_name.h); empty if the path contains none.
  std::string workspace;
  // Decoded and checked; without a workspace, what the last part of the route names, only decoded.
  std::string object;
  std::string name = {};  // of the workspace, as its clients know it
  std::string item =
      {};  // the id of what is no part of a workspace, such as a session or a key; not decoded

  // The path is that of a caller of this tenant.
  void enter(std::string_view tenant) { workspace = qualified(tenant, name); }
};

// Of the parts of a path as they were sent, for a caller of the default tenant, in percent-encoding; `object` may be empty. kInvalid or kForbidden when
// a name is not allowed. System objects (identity/names.h) can be named where something is read, and nowhere else:
// in a URL as "%2E%2Fpins" or ".%2Fpins". The workspace may be that of the audit log: the dispatcher decides who may
// name it.
enum class SystemNames : bool { kRefused, kTaken };
Result<Path> decode_path(std::string_view workspace, std::string_view object, SystemNames system);

}  // namespace syncline::api
