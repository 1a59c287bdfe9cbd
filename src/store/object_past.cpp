#include "store/object_past.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/mutation.h"
#include "log/event_log.h"
#include "store/directory.h"

namespace syncline::store {
namespace {

constexpr std::string_view kLinkPrefix = "l/";

std::string link_key(WorkspaceId id, std::string_view object) {
  return std::string(kLinkPrefix) + object_key(id, object);
}

std::string link_key(WorkspaceId id, std::string_view object, log::Position position) {
  return std::string(kLinkPrefix) + object_key(id, object, position);
}

struct Link {
  log::Position at = 0;     // of the event of "./deletions"
  log::Position since = 0;  // the events of the old name come after this position
  std::string from;
};

// The last one of the object at or before `at`; nullopt: there is none.
Result<std::optional<Link>> link_before(Cursor& cursor, WorkspaceId id, const std::string& object,
                                        log::Position at) {
  cursor.seek_for_prev(link_key(id, object, at));
  if (auto read = cursor.status(); !read) return std::unexpected(std::move(read.error()));
  if (!cursor.valid() || !cursor.key().starts_with(link_key(id, object))) return std::nullopt;
  const auto key = parse_object_key(cursor.key().substr(kLinkPrefix.size()));
  const auto content = decode_directory(cursor.key(), cursor.value());
  Link link;
  if (key && content) {
    ByteReader in(*content);
    link.at = key->position;
    link.since = in.var_uint();
    link.from = in.var_string();
    if (in.ok() && in.at_end() && !link.from.empty()) return link;
  }
  return fail(ErrorCode::kCorrupt,
              "what object " + object + " was before it was renamed is damaged");
}

}  // namespace

Result<std::vector<PastPart>> past_of(const Tables& tables, WorkspaceId id,
                                      const std::string& object) {
  std::vector<PastPart> parts{{object, 0, log::kNow}};
  if (is_mutated(Mutation::rename_forgets_past)) return parts;
  const auto cursor = tables.cursor(Family::kMeta);
  while (parts.size() < log::kMaxNamesOfObject) {
    PastPart& oldest = parts.back();
    auto link = link_before(*cursor, id, oldest.object, oldest.to);
    if (!link) return std::unexpected(std::move(link.error()));
    // What its name was before this generation began is another object.
    if (!*link || (*link)->at <= oldest.after) break;
    oldest.after = (*link)->at;
    parts.push_back({std::move((*link)->from), (*link)->since, (*link)->at});
  }
  std::ranges::reverse(parts);
  return parts;
}

PastLink link_of(WorkspaceId id, const log::RenameObject& act, log::Position position) {
  ByteWriter out;
  out.var_uint(act.since);
  out.var_string(act.object);
  PastLink link{.key = link_key(id, act.to, position), .value = {}};
  link.value = encode_directory(link.key, out.take());
  return link;
}

std::string past_links_prefix(WorkspaceId id) {
  return std::string(kLinkPrefix) + id_key(id);
}

}  // namespace syncline::store
