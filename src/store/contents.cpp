#include "store/contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/big_endian.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "base/mutation.h"
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

namespace {

// Moves to the last event of a workspace by binary search with forward seeks only. Seeking
// backwards from the end also reads what is before it, which may be damaged even if the end is not.
void seek_end(Cursor& cursor, WorkspaceId id) {
  log::Position from = 0;
  log::Position past = ~log::Position{0};
  while (past - from > 1) {
    const log::Position middle = from + (past - from) / 2;
    cursor.seek(event_key(id, middle));
    const bool damaged = !cursor.status();  // something is there
    const bool more = damaged || (cursor.valid() && parse_id(cursor.key()) == id);
    (more ? from : past) = middle;
  }
  cursor.seek(event_key(id, from));
}

}  // namespace

Result<log::Head> stored_head(const Tables& tables, std::string_view name, WorkspaceId id) {
  const auto cursor = tables.cursor(Family::kEvents, id_key(id + 1));
  cursor->seek_for_prev(event_key(id, ~log::Position{0}));
  if (const auto read = cursor->status(); !read && read.error().code == ErrorCode::kCorrupt)
    seek_end(*cursor, id);
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
  return log::Head{event->position, event->hash, event->hlc, event->era};
}

namespace {

constexpr std::size_t kOriginDigestBytes = 8;

// The versions of a snapshot's value. Before milestones existed, there was only the newest
// snapshot, without a count after its checksum. Before version 4, a snapshot did not name its type.
// Before version 6, every content was part of the value.
constexpr char kPlainSnapshot = '\1';
constexpr char kCountedSnapshot = '\2';
constexpr char kDeltaSnapshot = '\3';
constexpr char kTypedSnapshot = '\4';
constexpr char kTypedDelta = '\5';
constexpr char kApartSnapshot = '\6';

bool has_base(char version) {
  return version == kDeltaSnapshot || version >= kTypedDelta;
}

std::string sealed_snapshot(char version, std::string_view key, std::string_view head,
                            ByteView content) {
  std::string value(1, version);
  const std::uint32_t start = crc32c(as_bytes(value), crc32c(as_bytes(key)));
  put_big_endian(value, crc32c(content, crc32c(as_bytes(head), start)), 4);
  return value.append(head).append(as_text(content));
}

std::string snapshot_type(const log::Snapshot& snapshot) {
  ByteWriter type;
  type.var_uint(snapshot.generation);
  type.var_string(snapshot.type);
  return std::string(as_text(type.view()));
}

}  // namespace

std::string encode_snapshot(std::string_view key, const log::Snapshot& snapshot) {
  std::string head;
  put_big_endian(head, snapshot.bytes_since_milestone, 8);
  if (snapshot.base > 0) put_big_endian(head, snapshot.base, 8);
  return sealed_snapshot(snapshot.base > 0 ? kTypedDelta : kTypedSnapshot, key,
                         head + snapshot_type(snapshot), snapshot.bytes);
}

std::string encode_snapshot(std::string_view key, const log::Snapshot& snapshot,
                            const ApartContent& apart) {
  std::string head;
  put_big_endian(head, snapshot.bytes_since_milestone, 8);
  put_big_endian(head, snapshot.base, 8);
  head += snapshot_type(snapshot);
  put_big_endian(head, apart.size, 8);
  return sealed_snapshot(kApartSnapshot, key, head, apart.name);
}

namespace {

// Reads the type after the counts. False if the value is malformed.
bool read_type(KeptSnapshot& kept) {
  ByteReader in(kept.bytes);
  kept.generation = in.var_uint();
  kept.type = in.var_string();
  kept.bytes = in.rest();
  return in.ok() && kept.type.size() <= log::kMaxTypeBytes;
}

// Reads the size and the name of the blob, which are all that is left.
bool read_apart(KeptSnapshot& kept) {
  ApartContent apart;
  if (kept.bytes.size() != 8 + apart.name.size()) return false;
  apart.size = get_big_endian(as_text(kept.bytes.first(8)));
  std::ranges::copy(kept.bytes.subspan(8), apart.name.begin());
  kept.bytes = {};
  kept.apart = apart;
  return apart.size <= kMaxBlobBytes;
}

}  // namespace

std::optional<KeptSnapshot> decode_snapshot(std::string_view key, std::string_view value) {
  if (value.size() < 5) return std::nullopt;
  const char version = value[0];
  const std::string_view rest = value.substr(5);
  std::uint32_t start = crc32c(as_bytes(key));
  if (version != kPlainSnapshot) start = crc32c(as_bytes(value.substr(0, 1)), start);
  if (get_big_endian(value.substr(1, 4)) != crc32c(as_bytes(rest), start) &&
      !is_mutated(Mutation::trust_damaged_snapshot))
    return std::nullopt;
  if (version == kPlainSnapshot) return KeptSnapshot{as_bytes(rest)};
  if (version < kPlainSnapshot || version > kApartSnapshot) return std::nullopt;
  const std::size_t counts = has_base(version) ? 16 : 8;
  if (rest.size() < counts) return std::nullopt;
  KeptSnapshot kept{as_bytes(rest.substr(counts)), get_big_endian(rest.substr(0, 8))};
  if (has_base(version)) kept.base = get_big_endian(rest.substr(8, 8));
  const bool delta = kept.base > 0;
  if (has_base(version) && !delta && version != kApartSnapshot) return std::nullopt;
  if (delta && kept.milestone()) return std::nullopt;
  if (version >= kTypedSnapshot && !read_type(kept)) return std::nullopt;
  if (version == kApartSnapshot && !read_apart(kept)) return std::nullopt;
  return kept;
}

Result<std::optional<Bytes>> content_of(const Tables& tables, const KeptSnapshot& kept) {
  if (!kept.apart) return to_bytes(kept.bytes);
  auto content = tables.blobs().read(kept.apart->name);
  if (content && *content && (*content)->size() != kept.apart->size) return std::nullopt;
  return content;
}

void remove_snapshot(Writes& writes, std::string_view key, const std::optional<ApartContent>& apart,
                     std::vector<BlobName>& released) {
  writes.remove(Family::kSnapshots, key);
  if (!apart) return;
  writes.remove(Family::kMeta, blob_key(apart->name, key));
  released.push_back(apart->name);
}

Result<bool> is_named(const Tables& tables, const BlobName& name) {
  const std::string prefix = blob_key(name, "");
  const auto cursor = tables.cursor(Family::kMeta, after_prefix(prefix));
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    const std::string_view entry = cursor->key().substr(prefix.size());
    const auto value = tables.get(Family::kSnapshots, entry);
    if (!value) return fail_while("reading a snapshot", value.error());
    if (!*value) continue;
    const auto kept = decode_snapshot(entry, **value);
    if (!kept || (kept->apart && kept->apart->name == name)) return true;
  }
  if (const auto read = cursor->status(); !read) return fail_while("reading names", read.error());
  return false;
}

Result<std::size_t> remove_orphans(const Tables& tables, Blobs& blobs) {
  const auto names = blobs.list();
  if (!names) return std::unexpected(names.error());
  std::size_t removed = 0;
  for (const BlobName& name : *names) {
    const auto named = is_named(tables, name);
    if (!named || *named || is_mutated(Mutation::keep_orphans)) continue;
    if (blobs.remove(name)) ++removed;
  }
  return removed;
}

bool MilestonesSeen::usable(const ObjectKey& key, const std::optional<KeptSnapshot>& kept) {
  std::string object = object_key(key.id, key.object);
  if (object != object_) milestones_.clear();
  object_ = std::move(object);
  if (!kept) return false;
  if (kept->milestone()) milestones_.push_back(key.position);
  return kept->base == 0 || std::ranges::binary_search(milestones_, kept->base);
}

log::Position snapshot_base(std::string_view value) {
  if (value.size() < 21 || !has_base(value[0])) return 0;
  return get_big_endian(value.substr(13, 8));
}

std::string encode_pin(const log::Pin& pin) {
  std::string value;
  put_big_endian(value, pin.position, 8);
  put_big_endian(value, pin.unix_ms, 8);
  return value + pin.principal;
}

Result<log::Pin> decode_pin(std::string_view name, std::string_view value) {
  if (value.size() < 16 || value.size() > 16 + log::kMaxPrincipalBytes)
    return fail(ErrorCode::kCorrupt, fmt::format("pin {} is damaged", name));
  return log::Pin{std::string(name), get_big_endian(value.substr(0, 8)),
                  get_big_endian(value.substr(8, 8)), std::string(value.substr(16))};
}

std::string encode_checkpoint(const KeptCheckpoint& checkpoint) {
  std::string value;
  put_big_endian(value, checkpoint.size, 8);
  return value + checkpoint.note;
}

Result<std::optional<KeptCheckpoint>> kept_checkpoint(const Tables& tables, WorkspaceId id) {
  const auto value = tables.get(Family::kMeta, checkpoint_key(id));
  if (!value) return fail_while("reading the checkpoint", value.error());
  if (!*value) return std::nullopt;
  if ((*value)->size() < 8) return fail(ErrorCode::kCorrupt, "the kept checkpoint is damaged");
  return KeptCheckpoint{get_big_endian(std::string_view(**value).substr(0, 8)),
                        (*value)->substr(8)};
}

std::string encode_cut(log::Position kept) {
  std::string value;
  put_big_endian(value, kept, 8);
  return value;
}

namespace {

// A number of 8 bytes under a key of `meta`; 0 if there is none.
Result<std::uint64_t> kept_number(const Tables& tables, const std::string& key,
                                  std::string_view what) {
  const auto value = tables.get(Family::kMeta, key);
  if (!value) return fail_while(fmt::format("reading {}", what), value.error());
  if (!*value) return 0;
  if ((*value)->size() != 8) return fail(ErrorCode::kCorrupt, fmt::format("{} is damaged", what));
  return get_big_endian(**value);
}

}  // namespace

Result<log::Position> kept_cut(const Tables& tables, WorkspaceId id) {
  return kept_number(tables, cut_key(id), "the place where a repair cut the log");
}

std::string encode_epoch(std::uint64_t epoch) {
  return encode_cut(epoch);
}

Result<std::uint64_t> kept_epoch(const Tables& tables, WorkspaceId id) {
  return kept_number(tables, epoch_key(id), "the epoch of the log's owner");
}

std::string encode_ingested(log::Position position) {
  return encode_cut(position);
}

Result<log::Position> kept_ingested(const Tables& tables, WorkspaceId id, std::string_view region) {
  return kept_number(tables, ingested_key(id, region),
                     fmt::format("how far the log of region {} was taken over", region));
}

std::string kept_origin_key(WorkspaceId id, std::string_view statement) {
  const Hash256 hash = sha256(as_bytes(statement));
  return origin_key(id, as_text(ByteView(hash).first(kOriginDigestBytes)));
}

Result<std::vector<log::Statement>> kept_origins(const Tables& tables, WorkspaceId id) {
  std::vector<std::pair<std::uint64_t, log::Statement>> sized;
  const auto damaged = [] {
    return fail(ErrorCode::kCorrupt, "what its origin signed is damaged");
  };
  const std::string prefix = origin_key(id, "");
  const auto cursor = tables.cursor(Family::kMeta);
  for (cursor->seek(prefix); cursor->valid(); cursor->next()) {
    if (!cursor->key().starts_with(prefix)) break;
    if (cursor->key() != kept_origin_key(id, cursor->value())) return damaged();
    auto statement = log::statement_from_text(cursor->value());
    if (!statement) return damaged();
    const std::uint64_t size = log::peek_checkpoint(statement->note)->size;
    sized.emplace_back(size, std::move(*statement));
  }
  if (const auto read = cursor->status(); !read) return fail_while("reading origins", read.error());
  std::ranges::stable_sort(sized, {}, [](const auto& each) { return each.first; });
  std::vector<log::Statement> origins;
  for (auto& [size, statement] : sized) origins.push_back(std::move(statement));
  return origins;
}

}  // namespace syncline::store
