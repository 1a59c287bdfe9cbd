#include "log/session_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "log/cut_text.h"

namespace syncline::log {
namespace {

constexpr std::uint8_t kSessionVersion = 1;
constexpr std::size_t kMaxSessionRights = 64;

// In the order of the format.
template <typename Record>
auto texts_of_session(Record& record) {
  return std::array{&record.source,  &record.issuer, &record.token,
                    &record.address, &record.origin, &record.protocol};
}

void write_list(ByteWriter& out, const std::vector<std::string>& list, std::size_t most) {
  const std::size_t count = std::min(list.size(), most);
  out.var_uint(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = list[i];
    cut_text(text, kMaxSessionTextBytes);
    out.var_string(text);
  }
}

bool read_session_text(ByteReader& in, std::string& text) {
  text = in.var_string();
  return in.ok() && text.size() <= kMaxSessionTextBytes;
}

bool read_list(ByteReader& in, std::vector<std::string>& list, std::size_t most) {
  const std::uint64_t count = in.var_uint();
  if (!in.ok() || count > most) return false;
  for (std::uint64_t i = 0; i < count; ++i)
    if (!read_session_text(in, list.emplace_back())) return false;
  return true;
}

}  // namespace

Bytes encode_session(const SessionRecord& record) {
  ByteWriter out;
  out.u8(kSessionVersion);
  write_list(out, record.rights, kMaxSessionRights);
  write_list(out, record.groups, kMaxSessionGroups);
  for (const std::string* each : texts_of_session(record)) {
    std::string text = *each;
    cut_text(text, kMaxSessionTextBytes);
    out.var_string(text);
  }
  out.var_uint(record.issued_ms);
  out.var_uint(record.expires_ms);
  return out.take();
}

Result<SessionRecord> decode_session(ByteView intent) {
  ByteReader in(intent);
  if (const std::uint8_t version = in.u8(); in.ok() && version != kSessionVersion)
    return fail(ErrorCode::kUnsupported,
                fmt::format("this build does not know session records of version {}", version));
  const auto malformed = fail(ErrorCode::kMalformed, "a session record is malformed");
  SessionRecord record;
  if (!read_list(in, record.rights, kMaxSessionRights) ||
      !read_list(in, record.groups, kMaxSessionGroups))
    return malformed;
  for (std::string* text : texts_of_session(record))
    if (!read_session_text(in, *text)) return malformed;
  record.issued_ms = in.var_uint();
  record.expires_ms = in.var_uint();
  if (!in.ok() || !in.at_end()) return malformed;
  return record;
}

Result<std::optional<SessionRecord>> session_in(const Event& event) {
  if (event.kind != EventKind::kSession) return std::nullopt;
  if (event.dropped_payload)
    return fail(
        ErrorCode::kInvalid,
        fmt::format("retention has dropped the session record of event {}", event.position));
  auto record = decode_session(event.intent);
  if (!record) return std::unexpected(std::move(record.error()));
  return std::move(*record);
}

}  // namespace syncline::log
