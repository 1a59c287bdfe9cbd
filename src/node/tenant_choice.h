// Finds out which tenant the address of a request names: by the beginning of its path, /t/{tenant}/…, or by its
// host name. Whether the request may enter that tenant is decided when it is known whose it is
// (limits/tenants.h).
#pragma once

#include "http/message.h"
#include "identity/hosts.h"
#include "syncline/error.h"

namespace syncline::node {

// Sets Request::tenant, and removes the tenant from the beginning of the paths, so that what follows is as in
// the default tenant. Without a tenant in the address, the request stays as it is.
//   kNotFound   a name that no tenant can have
//   kForbidden  the path names another tenant than the host
Result<void> choose_tenant(const identity::TenantHosts& hosts, http::Request& request);

}  // namespace syncline::node
