// TenantRecord: what a server keeps of a tenant in its directory (log/directory_store.h): docs/tenants.md.
//
// The bytes: a version (1), the display name, the time, the state, and for the tenant and then for each of its
// workspaces a number of quotas and their limits, in lib0's encoding. A later version may have more quotas.
//
// Thread-safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "identity/names.h"
#include "limits/quotas.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::limits {

// The numbers are stored: values are never reused.
enum class TenantState : std::uint8_t {
  kActive = 0,
  kSuspended = 1,  // nobody gets in; nothing is lost
  kDeleted = 2,    // the same, for good: the name is not used again while there is data under it
  kErasing =
      3,  // the same, and the data is erased when the server starts; then the name is free again
};

// "active", "suspended", "deleted", "erasing"
std::string_view to_string(TenantState state);

struct TenantRecord {
  std::string name;              // the id of the record, which is not among its bytes
  std::string display_name;      // to show; may be empty
  std::uint64_t created_ms = 0;  // milliseconds since 1970
  TenantState state = TenantState::kActive;
  Quotas quotas = {};            // of the tenant
  Quotas workspace_quotas = {};  // of each of its workspaces

  bool operator==(const TenantRecord&) const = default;
};

// UTF-8 of at most kMaxDisplayNameBytes bytes without control characters. kInvalid with the reason.
Result<void> check_display_name(std::string_view name);

Bytes encode_tenant(const TenantRecord& record);
// kCorrupt: the bytes are not those of a record; kUnsupported: of a later version.
Result<TenantRecord> decode_tenant(std::string name, ByteView bytes);

}  // namespace syncline::limits
