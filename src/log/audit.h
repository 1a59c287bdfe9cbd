// The audit log: what was done to administer a tenant, and what was refused there. Each tenant has one. Its entries
// are the events of the object "audit" in the workspace ".system" of the tenant, so they have positions, a place
// in the hash chain and in the Merkle tree, and are signed, proved, exported and dropped by retention like all
// others. No client reaches that workspace (identity/names.h): the HTTP API lets administrators read it.
//
// An event holds several entries: those of about a second. Refusals and reads that are alike are one entry with a count,
// so a flood of them does not fill the disk.
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/event.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::log {

inline constexpr std::string_view kSystemWorkspace = ".system";
inline constexpr std::string_view kAuditObject = "audit";
inline constexpr std::string_view kAuditType = "audit";

inline constexpr std::size_t kMaxAuditEntries = 256;     // of an event
inline constexpr std::size_t kMaxAuditTextBytes = 1024;  // of each text of an entry

struct AuditEntry {
  // The numbers are stored.
  enum class Kind : std::uint8_t {
    kAct = 0,  // an administrative act that was asked for by somebody who may, and what came of it
    kRefusal = 1,  // somebody was refused
    kExport = 2,   // somebody got a whole workspace or a backup
    kRead = 3,  // somebody was let in to read, and a rule of the tenant says that this is written
  };

  Kind kind = Kind::kAct;
  std::uint64_t unix_ms = 0;   // of the first, if there are several
  std::uint64_t count = 1;     // refusals or reads that are alike; at least 1
  std::string principal = {};  // "": not known
  std::string token = {};      // the id of his token or key; may be empty
  std::string address = {};    // where he came from, without the port; "": from nowhere else
  std::string right = {};      // that it needs (identity/rights.h)
  std::string request =
      {};  // method and route, as "PUT /v1/tenants/{session}"; "" for other protocols
  std::string workspace = {};  // its public name; "": the tenant or the server as a whole
  std::string object = {};     // or what else was named, such as the id of a key
  std::uint64_t status = 0;    // of the answer over HTTP; 0: none
  std::string reason = {};     // of a refusal

  bool operator==(const AuditEntry&) const = default;
};

std::string_view name_of(AuditEntry::Kind kind);

// True if the two are the same but for when they happened and how often.
bool are_alike(const AuditEntry& a, const AuditEntry& b);

// Cuts each text to kMaxAuditTextBytes, between characters.
void cut_texts(AuditEntry& entry);

// The intent of an event (docs/formats/audit.md). There must be 1 to kMaxAuditEntries, whose texts were cut.
Bytes encode_audit(std::span<const AuditEntry> entries);
// kMalformed; kUnsupported for a newer version.
Result<std::vector<AuditEntry>> decode_audit(ByteView intent);

// The entries of an event of "audit"; nullopt: it is another event. kInvalid if it has no payload.
Result<std::optional<std::vector<AuditEntry>>> audit_in(const Event& event);

}  // namespace syncline::log
