#include "limits/tenant_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/utf8.h"

namespace syncline::limits {
namespace {

constexpr std::uint64_t kTenantVersion = 1;
constexpr std::uint64_t kMostStoredQuotas = 64;

void write_quotas(ByteWriter& out, const Quotas& quotas) {
  out.var_uint(kQuotas);
  for (const std::uint64_t limit : quotas.most) out.var_uint(limit);
}

// Those that a later version has besides are left out.
Quotas read_quotas(ByteReader& in) {
  Quotas quotas;
  const std::uint64_t count = in.var_uint();
  if (count > kMostStoredQuotas) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t limit = in.var_uint();
    if (i < kQuotas) quotas.most[i] = limit;
  }
  return quotas;
}

}  // namespace

std::string_view to_string(TenantState state) {
  switch (state) {
    case TenantState::kActive: return "active";
    case TenantState::kSuspended: return "suspended";
    case TenantState::kDeleted: return "deleted";
    case TenantState::kErasing: return "erasing";
  }
  return "suspended";
}

Result<void> check_display_name(std::string_view name) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (name.size() > identity::kMaxDisplayNameBytes || !is_valid_utf8(name) ||
      std::ranges::any_of(name, control))
    return fail(
        ErrorCode::kInvalid,
        fmt::format("a name to show has at most {} bytes, in UTF-8, without control characters",
                    identity::kMaxDisplayNameBytes));
  return {};
}

Bytes encode_tenant(const TenantRecord& record) {
  ByteWriter out;
  out.var_uint(kTenantVersion);
  out.var_string(record.display_name);
  out.var_uint(record.created_ms);
  out.var_uint(static_cast<std::uint64_t>(record.state));
  write_quotas(out, record.quotas);
  write_quotas(out, record.workspace_quotas);
  return out.take();
}

Result<TenantRecord> decode_tenant(std::string name, ByteView bytes) {
  ByteReader in(bytes);
  const std::uint64_t version = in.var_uint();
  if (in.ok() && version > kTenantVersion)
    return fail(ErrorCode::kUnsupported,
                fmt::format("the record of tenant {} is of a later version ({})", name, version));
  TenantRecord record{.name = std::move(name)};
  record.display_name = in.var_string();
  record.created_ms = in.var_uint();
  const std::uint64_t state = in.var_uint();
  record.quotas = read_quotas(in);
  record.workspace_quotas = read_quotas(in);
  if (!in.ok() || !in.at_end() || version != kTenantVersion ||
      state > static_cast<std::uint64_t>(TenantState::kErasing) ||
      !check_display_name(record.display_name))
    return fail(ErrorCode::kCorrupt,
                fmt::format("the record of tenant {} is damaged", record.name));
  record.state = static_cast<TenantState>(state);
  return record;
}

}  // namespace syncline::limits
