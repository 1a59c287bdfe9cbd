// An entry of the audit log as JSON.
#pragma once

#include <string>

#include "log/audit.h"

namespace syncline::api {

// {"position":7,"time":"…","kind":"refusal","count":2,"principal":"ann","right":"read","workspace":"team",…}; members that
// would be empty are absent.
std::string audit_json(log::Position position, const log::AuditEntry& entry);

}  // namespace syncline::api
