#include "hooks/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/qualified_name.h"
#include "identity/recorded_session.h"

namespace syncline::hooks {
namespace {

constexpr std::uint8_t kRecordVersion = 1;
constexpr std::uint8_t kSendsContent = 1;
constexpr std::uint8_t kGivesContent = 2;
constexpr char kBetween = '\x1e';  // in no name of a workspace

Result<void> begin_record(ByteReader& in, std::string_view what) {
  const std::uint8_t version = in.u8();
  if (!in.ok()) return fail(ErrorCode::kMalformed, fmt::format("{} is empty", what));
  if (version != kRecordVersion)
    return fail(ErrorCode::kUnsupported,
                fmt::format("this build does not know {} of version {}", what, version));
  return {};
}

template <typename T>
Result<T> end_record(const ByteReader& in, T value, std::string_view what) {
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::kMalformed, fmt::format("{} is cut short, or bytes follow it", what));
  return value;
}

Late read_late(ByteReader& in) {
  Late late;
  late.object = in.var_string();
  late.after = in.var_uint();
  late.attempts = in.var_uint();
  late.due_ms = in.var_uint();
  return late;
}

}  // namespace

Result<void> check_hook_url(std::string_view url) {
  const auto bad = [](std::string_view why) {
    return fail(ErrorCode::kInvalid, fmt::format("the address of a webhook {}", why));
  };
  if (url.size() > kMostUrlBytes) return bad(fmt::format("has at most {} bytes", kMostUrlBytes));
  if (!std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7f; }))
    return bad("has visible ASCII characters only");
  const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (scheme == 0) return bad("begins with https://");
  const std::string_view rest = url.substr(scheme);
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.empty()) return bad("names a host");
  if (host.find('@') != host.npos) return bad("has no user name");
  return {};
}

Result<void> check_endpoint(const Endpoint& endpoint) {
  if (auto valid = check_hook_url(endpoint.url); !valid) return valid;
  for (const std::string* text : {&endpoint.label, &endpoint.prefix, &endpoint.type})
    if (text->size() > kMostTextBytes)
      return fail(ErrorCode::kInvalid,
                  fmt::format("label, prefix and type have at most {} bytes each", kMostTextBytes));
  if (endpoint.debounce_ms > kMostDebounceMs)
    return fail(ErrorCode::kInvalid,
                fmt::format("debounce_s is at most {}", kMostDebounceMs / 1000));
  if (endpoint.initial_content &&
      (endpoint.content || endpoint.debounce_ms > 0 || !endpoint.type.empty()))
    return fail(ErrorCode::kInvalid,
                "a webhook with initial_content is told of no changes, so it has neither content, "
                "nor debounce_s, nor type");
  if (endpoint.debounce_ms > 0 && endpoint.content)
    return fail(
        ErrorCode::kInvalid,
        "a webhook with debounce_s tells of the last of several changes, so it has no content");
  return {};
}

identity::Caller maker_of(const Endpoint& endpoint) {
  identity::Caller caller = identity::caller_of(endpoint.maker, endpoint.principal,
                                                std::string(split_name(endpoint.workspace).tenant));
  caller.protocol = "webhook";
  return caller;
}

std::string endpoint_key(std::string_view workspace, std::string_view id) {
  return std::string(workspace).append(1, kBetween).append(id);
}

std::string dead_prefix(std::string_view workspace, std::string_view id) {
  return endpoint_key(workspace, id).append(1, kBetween);
}

std::string dead_key(std::string_view workspace, std::string_view id, log::Position position) {
  return dead_prefix(workspace, id) + fmt::format("{:016x}", position);
}

Bytes encode_endpoint(const Endpoint& endpoint) {
  ByteWriter out;
  out.u8(kRecordVersion);
  out.var_string(endpoint.url);
  out.var_string(endpoint.label);
  out.var_string(endpoint.prefix);
  out.var_string(endpoint.type);
  out.u8(static_cast<std::uint8_t>((endpoint.content ? kSendsContent : 0) |
                                   (endpoint.initial_content ? kGivesContent : 0)));
  out.var_uint(endpoint.debounce_ms);
  out.var_uint(endpoint.made_ms);
  out.var_uint(endpoint.secret);
  out.var_uint(endpoint.rotated_ms);
  out.var_string(endpoint.key_mark);
  out.var_string(endpoint.principal);
  out.var_buffer(log::encode_session(endpoint.maker));
  return out.take();
}

Result<Endpoint> decode_endpoint(std::string_view key, ByteView value) {
  const std::size_t between = key.rfind(kBetween);
  if (between == key.npos) return fail(ErrorCode::kMalformed, "a webhook without a workspace");
  ByteReader in(value);
  if (auto begun = begin_record(in, "a webhook"); !begun)
    return std::unexpected(std::move(begun.error()));
  Endpoint endpoint;
  endpoint.workspace = key.substr(0, between);
  endpoint.id = key.substr(between + 1);
  endpoint.url = in.var_string();
  endpoint.label = in.var_string();
  endpoint.prefix = in.var_string();
  endpoint.type = in.var_string();
  const std::uint8_t what = in.u8();
  endpoint.content = (what & kSendsContent) != 0;
  endpoint.initial_content = (what & kGivesContent) != 0;
  endpoint.debounce_ms = in.var_uint();
  endpoint.made_ms = in.var_uint();
  endpoint.secret = in.var_uint();
  endpoint.rotated_ms = in.var_uint();
  endpoint.key_mark = in.var_string();
  endpoint.principal = in.var_string();
  const ByteView maker = in.var_buffer();
  if (!in.ok()) return end_record(in, std::move(endpoint), "a webhook");
  auto record = log::decode_session(maker);
  if (!record) return std::unexpected(std::move(record.error()));
  endpoint.maker = *std::move(record);
  return end_record(in, std::move(endpoint), "a webhook");
}

Bytes encode_progress(const Progress& progress) {
  ByteWriter out;
  out.u8(kRecordVersion);
  out.var_uint(progress.after);
  out.var_uint(static_cast<std::uint64_t>(std::ranges::count_if(progress.late, &Late::pending)));
  for (const Late& late : progress.late) {
    if (!late.pending) continue;
    out.var_string(late.object);
    out.var_uint(late.after);
    out.var_uint(late.attempts);
    out.var_uint(late.due_ms);
  }
  out.var_uint(progress.delivered);
  out.var_uint(progress.unseen);
  out.var_uint(progress.dead);
  out.var_uint(progress.failing_since_ms);
  out.var_uint(progress.disabled_ms);
  out.var_string(progress.reason);
  out.var_string(progress.unseen_reason);
  return out.take();
}

Result<Progress> decode_progress(ByteView value) {
  ByteReader in(value);
  if (auto begun = begin_record(in, "a webhook's progress"); !begun)
    return std::unexpected(std::move(begun.error()));
  Progress progress;
  progress.after = in.var_uint();
  const std::uint64_t count = in.var_uint();
  if (count > in.remaining()) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) progress.late.push_back(read_late(in));
  progress.delivered = in.var_uint();
  progress.unseen = in.var_uint();
  progress.dead = in.var_uint();
  progress.failing_since_ms = in.var_uint();
  progress.disabled_ms = in.var_uint();
  progress.reason = in.var_string();
  progress.unseen_reason = in.var_string();
  return end_record(in, std::move(progress), "a webhook's progress");
}

Bytes encode_dead(const Dead& dead) {
  ByteWriter out;
  out.u8(kRecordVersion);
  out.var_uint(dead.position);
  out.var_string(dead.object);
  out.var_uint(dead.attempts);
  out.var_uint(dead.given_up_ms);
  out.var_string(dead.reason);
  return out.take();
}

Result<Dead> decode_dead(ByteView value) {
  ByteReader in(value);
  if (auto begun = begin_record(in, "a dead letter"); !begun)
    return std::unexpected(std::move(begun.error()));
  Dead dead;
  dead.position = in.var_uint();
  dead.object = in.var_string();
  dead.attempts = in.var_uint();
  dead.given_up_ms = in.var_uint();
  dead.reason = in.var_string();
  return end_record(in, std::move(dead), "a dead letter");
}

}  // namespace syncline::hooks
