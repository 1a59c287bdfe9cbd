#include "store/contents.h"

#include <fmt/format.h>

#include "base/crc32c.h"
#include "log/read_check.h"

namespace syncline::store {

Result<std::optional<WorkspaceId>> find_workspace(const Tables& tables, std::string_view name) {
  const auto value = tables.get(Family::kMeta, workspace_key(name));
  if (!value) return fail_while(fmt::format("reading workspace {}", name), value.error());
  if (!*value) return std::nullopt;
  const auto id = parse_id(**value);
  if (!id) return fail(ErrorCode::kCorrupt, fmt::format("workspace {}: entry damaged", name));
  return id;
}

Result<log::Head> stored_head(const Tables& tables, std::string_view name, WorkspaceId id) {
  const auto cursor = tables.cursor(Family::kEvents);
  cursor->seek_for_prev(event_key(id, ~log::Position{0}));
  if (const auto read = cursor->status(); !read)
    return fail_while(fmt::format("reading the end of workspace {}", name), read.error());
  const auto missing = [&] {
    return fail(ErrorCode::kCorrupt, fmt::format("workspace {}, event 1: missing", name));
  };
  if (!cursor->valid() || parse_id(cursor->key()) != id) return missing();
  const auto position = parse_event_key(cursor->key());
  if (!position) return missing();
  auto event = log::decode_stored(name, *position, as_bytes(cursor->value()));
  if (!event) return std::unexpected(std::move(event.error()));
  return log::Head{event->position, event->hash, event->hlc};
}

std::string encode_snapshot(std::string_view key, ByteView state) {
  const std::uint32_t crc = crc32c(state, crc32c(as_bytes(key)));
  std::string value(1, '\1');
  for (int shift = 24; shift >= 0; shift -= 8) value.push_back(static_cast<char>(crc >> shift));
  return value.append(as_text(state));
}

std::optional<ByteView> decode_snapshot(std::string_view key, std::string_view value) {
  if (value.size() < 5 || value[0] != '\1') return std::nullopt;
  const ByteView state = as_bytes(value.substr(5));
  const auto crc = parse_id(value.substr(1));  // the same four big-endian bytes
  if (crc != crc32c(state, crc32c(as_bytes(key)))) return std::nullopt;
  return state;
}

std::string encode_checkpoint(const KeptCheckpoint& checkpoint) {
  std::string value;
  for (int shift = 56; shift >= 0; shift -= 8)
    value.push_back(static_cast<char>(checkpoint.size >> shift));
  return value + checkpoint.note;
}

Result<std::optional<KeptCheckpoint>> kept_checkpoint(const Tables& tables, WorkspaceId id) {
  const auto value = tables.get(Family::kMeta, checkpoint_key(id));
  if (!value) return fail_while("reading the checkpoint", value.error());
  if (!*value) return std::nullopt;
  if ((*value)->size() < 8) return fail(ErrorCode::kCorrupt, "the kept checkpoint is damaged");
  KeptCheckpoint checkpoint;
  for (int i = 0; i < 8; ++i)
    checkpoint.size = checkpoint.size << 8 | static_cast<std::uint8_t>((**value)[i]);
  checkpoint.note = (*value)->substr(8);
  return checkpoint;
}

}  // namespace syncline::store
