#include "log/audit.h"

#include <fmt/format.h>

#include <array>
#include <tuple>
#include <utility>

#include "base/assert.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "log/cut_text.h"

namespace syncline::log {
namespace {

constexpr std::uint8_t kAuditVersion = 1;

// In the order of the format.
template <typename Entry>
auto texts_of(Entry& entry) {
  return std::array{&entry.principal, &entry.token,     &entry.address, &entry.right,
                    &entry.request,   &entry.workspace, &entry.object,  &entry.reason};
}

// False if it is none that can be.
bool read_audit_entry(ByteReader& in, AuditEntry& entry) {
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(AuditEntry::Kind::kRead)) return false;
  entry.kind = static_cast<AuditEntry::Kind>(kind);
  entry.unix_ms = in.var_uint();
  entry.count = in.var_uint();
  entry.status = in.var_uint();
  for (std::string* text : texts_of(entry)) {
    *text = in.var_string();
    if (text->size() > kMaxAuditTextBytes) return false;
  }
  return in.ok() && entry.count > 0;
}

}  // namespace

std::string_view name_of(AuditEntry::Kind kind) {
  switch (kind) {
    case AuditEntry::Kind::kAct: return "act";
    case AuditEntry::Kind::kRefusal: return "refusal";
    case AuditEntry::Kind::kExport: return "export";
    case AuditEntry::Kind::kRead: return "read";
  }
  return "unknown";
}

bool are_alike(const AuditEntry& a, const AuditEntry& b) {
  if (a.kind != b.kind || a.status != b.status) return false;
  const auto of_a = texts_of(a);
  const auto of_b = texts_of(b);
  for (std::size_t i = 0; i < of_a.size(); ++i)
    if (*of_a[i] != *of_b[i]) return false;
  return true;
}

void cut_texts(AuditEntry& entry) {
  for (std::string* text : texts_of(entry)) cut_text(*text, kMaxAuditTextBytes);
}

Bytes encode_audit(std::span<const AuditEntry> entries) {
  SYNCLINE_ASSERT(!entries.empty() && entries.size() <= kMaxAuditEntries);
  ByteWriter out;
  out.u8(kAuditVersion);
  out.var_uint(entries.size());
  for (const AuditEntry& entry : entries) {
    out.u8(static_cast<std::uint8_t>(entry.kind));
    out.var_uint(entry.unix_ms);
    out.var_uint(entry.count);
    out.var_uint(entry.status);
    for (const std::string* text : texts_of(entry)) out.var_string(*text);
  }
  return out.take();
}

Result<std::vector<AuditEntry>> decode_audit(ByteView intent) {
  ByteReader in(intent);
  if (const std::uint8_t version = in.u8(); in.ok() && version != kAuditVersion)
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("this build does not know entries of an audit log of version {}", version));
  const std::uint64_t count = in.var_uint();
  const auto malformed = fail(ErrorCode::kMalformed, "the entries of an audit log are malformed");
  if (!in.ok() || count == 0 || count > kMaxAuditEntries) return malformed;
  std::vector<AuditEntry> entries(count);
  for (AuditEntry& entry : entries)
    if (!read_audit_entry(in, entry)) return malformed;
  if (!in.at_end()) return malformed;
  return entries;
}

Result<std::optional<std::vector<AuditEntry>>> audit_in(const Event& event) {
  if (event.object != kAuditObject || event.kind != EventKind::kChange) return std::nullopt;
  if (event.dropped_payload)
    return fail(ErrorCode::kInvalid,
                fmt::format("retention has dropped what event {} held", event.position));
  auto entries = decode_audit(event.intent);
  if (!entries) return std::unexpected(std::move(entries.error()));
  return std::move(*entries);
}

}  // namespace syncline::log
