#include "state/audit_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "log/audit.h"

namespace syncline::state {
namespace {

using log::AuditEntry;

// Of a log with reads, and of one without, which is also that of versions that knew no reads.
constexpr std::uint8_t kAuditSnapshotVersion = 2;
constexpr std::uint8_t kAuditSnapshotWithoutReads = 1;

using AuditCounts = std::array<std::uint64_t, 4>;  // by AuditEntry::Kind

// Both are at most kMaxSafeInteger, as the formats have it.
std::uint64_t audit_sum(std::uint64_t a, std::uint64_t b) {
  return std::min(a + b, kMaxSafeInteger);
}

class AuditObject final : public merge::Object {
 public:
  AuditObject() = default;
  explicit AuditObject(const AuditCounts& counts) : counts_(counts) {}

  const merge::ObjectType& type() const override { return audit_type(); }

  Result<merge::Prepared> prepare(ByteView intent) const override {
    const auto entries = log::decode_audit(intent);
    if (!entries) return std::unexpected(entries.error());
    merge::Prepared prepared;
    prepared.changes = true;
    merge::Touch touch;
    touch.operation = merge::Operation::kInsert;
    touch.container.root = "entries";
    for (const std::uint64_t count : counts_) touch.index = audit_sum(touch.index, count);
    for (const AuditEntry& entry : *entries) touch.length = audit_sum(touch.length, entry.count);
    prepared.effect.touches.push_back(std::move(touch));
    return prepared;
  }

  Result<void> apply(ByteView recorded) override {
    const auto entries = log::decode_audit(recorded);
    if (!entries) return std::unexpected(entries.error());
    for (const AuditEntry& entry : *entries) {
      std::uint64_t& count = counts_[static_cast<std::size_t>(entry.kind)];
      count = audit_sum(count, entry.count);
    }
    return {};
  }

  Bytes snapshot() const override {
    ByteWriter out;
    const bool reads = counts_.back() > 0;
    out.u8(reads ? kAuditSnapshotVersion : kAuditSnapshotWithoutReads);
    for (std::size_t i = 0; i < counts_.size() - (reads ? 0 : 1); ++i) out.var_uint(counts_[i]);
    return out.take();
  }

  std::string to_json() const override {
    return fmt::format(R"({{"acts":{},"refusals":{},"exports":{},"reads":{}}})", counts_[0],
                       counts_[1], counts_[2], counts_[3]);
  }

  std::size_t memory_bytes() const override { return sizeof *this; }

 private:
  AuditCounts counts_{};
};

class AuditType final : public merge::ObjectType {
 public:
  std::string_view name() const override { return log::kAuditType; }
  std::span<const std::string_view> faces() const override { return {}; }
  std::unique_ptr<merge::Object> create() const override { return std::make_unique<AuditObject>(); }

  Result<std::unique_ptr<merge::Object>> restore(ByteView snapshot) const override {
    ByteReader in(snapshot);
    const std::uint8_t version = in.u8();
    const bool reads = version == kAuditSnapshotVersion;
    if (in.ok() && !reads && version != kAuditSnapshotWithoutReads)
      return fail(
          ErrorCode::kUnsupported,
          fmt::format("this build does not know snapshots of an audit log of version {}", version));
    AuditCounts counts{};
    for (std::size_t i = 0; i < counts.size() - (reads ? 0 : 1); ++i) counts[i] = in.var_uint();
    // There is one way to write each.
    if (!in.ok() || !in.at_end() || (reads && counts.back() == 0))
      return fail(ErrorCode::kMalformed,
                  "a snapshot of an audit log is cut short, or bytes follow it");
    return std::make_unique<AuditObject>(counts);
  }
};

}  // namespace

const merge::ObjectType& audit_type() {
  static const AuditType type;
  return type;
}

}  // namespace syncline::state
