#include "store/object_heads.h"

#include <optional>
#include <utility>
#include <vector>

#include "store/contents.h"
#include "store/keys.h"
#include "store/reads.h"

namespace syncline::store {
namespace {

constexpr std::size_t kCountedBytes = std::size_t{1} << 20;

// The newest entry of the object in a family whose keys are object_key(); 0: there is none.
Result<log::Position> newest_entry(const Tables& tables, Family family, WorkspaceId id,
                                   const std::string& object) {
  const auto cursor = tables.cursor(family);
  cursor->seek_for_prev(object_key(id, object, log::kNow));
  if (const auto read = cursor->status(); !read) return std::unexpected(read.error());
  if (!cursor->valid() || !cursor->key().starts_with(object_key(id, object))) return 0;
  const auto key = parse_object_key(cursor->key());
  return key ? key->position : 0;
}

log::Event without_bytes(log::Event event) {
  event.intent.clear();
  event.effect.clear();
  return event;
}

class HeadReader {
 public:
  HeadReader(const Tables& tables, std::string workspace, WorkspaceId id)
      : tables_(tables), workspace_(std::move(workspace)), id_(id) {}

  // What cannot be read is left out: other objects are listed all the same.
  log::ObjectHead read(std::string object) {
    log::ObjectHead head{.object = std::move(object), .last = {}};
    const auto last = newest_entry(tables_, Family::kObjects, id_, head.object);
    const auto kept = newest_entry(tables_, Family::kSnapshots, id_, head.object);
    if (!last || *last == 0) return head;
    if (const auto bytes = read_snapshot_size(tables_, workspace_, head.object, log::kNow))
      head.bytes = *bytes;
    count_changes(head, kept.value_or(0), *last);
    if (head.last.position == 0) take(head, *last - 1, {.to = *last, .max_events = 1});
    return head;
  }

  std::size_t bytes_read() const { return bytes_read_; }

 private:
  void count_changes(log::ObjectHead& head, log::Position after, log::Position last) {
    auto events =
        events_after(head.object, after,
                     {.max_events = log::Catalog::kCountedChanges, .max_bytes = kCountedBytes});
    for (log::Event& event : events) {
      head.bytes += event.intent.size();
      if (event.position == last) head.last = without_bytes(std::move(event));
    }
  }

  void take(log::ObjectHead& head, log::Position after, const log::ReadLimits& limits) {
    auto events = events_after(head.object, after, limits);
    if (!events.empty()) head.last = without_bytes(std::move(events.front()));
  }

  std::vector<log::Event> events_after(const std::string& object, log::Position after,
                                       const log::ReadLimits& limits) {
    auto events = read_object_events(tables_, workspace_, object, after, limits);
    if (!events) return {};
    for (const log::Event& event : *events) bytes_read_ += log::record_bytes(event);
    return std::move(*events);
  }

  const Tables& tables_;
  const std::string workspace_;
  const WorkspaceId id_;
  std::size_t bytes_read_ = 0;
};

}  // namespace

Result<log::ObjectHeads> read_object_heads(const Tables& tables, const std::string& workspace,
                                           const std::string& prefix, const std::string& after,
                                           std::size_t limit) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return log::ObjectHeads{};
  auto objects = read_objects(tables, workspace, prefix, after, limit);
  if (!objects) return std::unexpected(std::move(objects.error()));
  log::ObjectHeads page{.heads = {}, .more = objects->size() == limit};
  HeadReader reader(tables, workspace, **id);
  for (std::string& object : *objects) {
    if (reader.bytes_read() >= log::Catalog::kHeadBytes) {
      page.more = true;
      break;
    }
    page.heads.push_back(reader.read(std::move(object)));
  }
  return page;
}

}  // namespace syncline::store
