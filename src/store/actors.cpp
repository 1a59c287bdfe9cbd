#include "store/actors.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/big_endian.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "store/contents.h"

namespace syncline::store {
namespace {

constexpr char kActorVersion = '\1';
constexpr std::size_t kActorCrcBytes = 4;

std::uint32_t actor_crc(std::string_view key, ByteView fields) {
  return crc32c(fields,
                crc32c(as_bytes(std::string_view(&kActorVersion, 1)), crc32c(as_bytes(key))));
}

}  // namespace

std::string actors_prefix(WorkspaceId id) {
  return "n/" + id_key(id);
}

std::string actors_prefix(WorkspaceId id, const log::ActorId& actor) {
  std::string key = actors_prefix(id);
  key.append(actor.tenant).push_back('\0');
  key.append(actor.principal).push_back('\0');
  return key;
}

std::string actor_key(WorkspaceId id, const log::ActorId& actor) {
  return actors_prefix(id, actor).append(actor.actor);
}

std::string encode_actor(std::string_view key, const log::ActorNumbers& numbers) {
  ByteWriter out;
  out.var_uint(numbers.forgotten());
  out.var_uint(numbers.ranges().size());
  for (const auto& range : numbers.ranges()) {
    out.var_uint(range.first);
    out.var_uint(range.last);
    out.var_uint(range.position);
  }
  std::string value(1, kActorVersion);
  put_big_endian(value, actor_crc(key, out.view()), kActorCrcBytes);
  return value.append(as_text(out.view()));
}

std::optional<log::ActorNumbers> decode_actor(std::string_view key, std::string_view value) {
  if (value.size() < 1 + kActorCrcBytes || value[0] != kActorVersion) return std::nullopt;
  const ByteView fields = as_bytes(value.substr(1 + kActorCrcBytes));
  if (get_big_endian(value.substr(1, kActorCrcBytes)) != actor_crc(key, fields))
    return std::nullopt;
  ByteReader in(fields);
  const std::uint64_t forgotten = in.var_uint();
  const std::uint64_t count = in.var_uint();
  if (count > log::ActorNumbers::kMaxRanges) return std::nullopt;
  std::vector<log::ActorNumbers::Range> ranges;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t first = in.var_uint();
    const std::uint64_t last = in.var_uint();
    ranges.push_back({first, last, in.var_uint()});
  }
  log::ActorNumbers numbers;
  if (!in.ok() || !in.at_end() || !numbers.set(std::move(ranges), forgotten)) return std::nullopt;
  return numbers;
}

Result<log::ActorNumbers> kept_actor(const Tables& tables, const std::string& key) {
  const auto value = tables.get(Family::kMeta, key);
  if (!value) return fail_while("reading what is recorded of an actor", value.error());
  if (!*value) return log::ActorNumbers();
  auto numbers = decode_actor(key, **value);
  if (!numbers) return fail(ErrorCode::kCorrupt, "what is recorded of an actor is damaged");
  return *numbers;
}

Result<log::ActorNumbers> read_actor(const Tables& tables, const std::string& workspace,
                                     const log::ActorId& actor) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return log::ActorNumbers();
  auto numbers = kept_actor(tables, actor_key(**id, actor));
  if (!numbers) return fail_while(fmt::format("workspace {}", workspace), numbers.error());
  return numbers;
}

}  // namespace syncline::store
