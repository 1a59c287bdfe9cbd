// AuditSink: where refusals are told, and reads that a rule asks for, so that they stand in the audit log of the tenant
// (log/audit.h).
//
// Thread-safety: each loop has one of its own, and calls it there. A call costs little, and waits for nothing.
#pragma once

#include <string_view>

#include "identity/caller.h"
#include "identity/rights.h"

namespace syncline::identity {

struct Refusal {
  const Caller& caller;
  Right right;
  std::string_view workspace;  // its name within the server; "": none was named
  std::string_view object;     // "": the workspace as a whole
  std::string_view reason;
  std::string_view peer = {};     // "203.0.113.5:51234"; "": not known
  std::string_view request = {};  // "PUT /v1/tenants/{session}"; "": not over HTTP
};

class AuditSink {
 public:
  virtual ~AuditSink() = default;

  // Somebody who is known may not do what he asked for.
  virtual void refused(const Refusal& refusal) = 0;
  // Somebody was let in to read an object ("": the workspace as a whole), which is to be written down.
  virtual void read(const Caller& caller, Right right, std::string_view workspace,
                    std::string_view object) = 0;
  // Somebody presented a token that is none. Nobody knows of which tenant he is: the default tenant is told.
  virtual void presented_wrong_token(std::string_view peer) = 0;
};

}  // namespace syncline::identity
