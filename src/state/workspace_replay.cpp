#include "state/workspace_replay.h"

#include <memory>
#include <utility>

namespace syncline::state {
namespace {

// An object with more is not shown.
constexpr std::size_t kObjectBytes = std::size_t{16} << 20;

// The page, and the answer while it is put together.
constexpr std::uint64_t kShownCopies = 3;

struct Walk : std::enable_shared_from_this<Walk> {
  Walk(const ReplaySources& replay_sources, std::string name, log::Position position,
       std::size_t most, SharedDeletions what_is_deleted, log::Done<ObjectPage> answer)
      : sources(replay_sources),
        workspace(std::move(name)),
        at(position),
        page_bytes(most),
        deletions(std::move(what_is_deleted)),
        done(std::move(answer)) {}

  void step() {
    if (index == ids.size()) return done(std::move(page));
    if (bytes >= page_bytes) {
      page.next = last;
      return done(std::move(page));
    }
    try_replay(sources, workspace, ids[index], at,
               [self = shared_from_this()](Replayed replayed) { self->take(std::move(replayed)); });
  }

  void take(Replayed replayed) {
    if (!replayed && replayed.error().position == 0 &&
        replayed.error().error.code != ErrorCode::kUnsupported)
      return done(std::unexpected(std::move(replayed.error().error)));
    last = ids[index++];
    page.processed = index;
    if (!replayed) page.unreadable.push_back({last, std::move(replayed.error().error)});
    if (!replayed || replayed->position == 0 || replayed->erased) return step();
    if (deletions != nullptr && gone_at(*deletions, last, at, replayed->position)) return step();
    // It had another name then, and is shown under that.
    if (deletions != nullptr && at <= deletions->renamed_after(last)) return step();
    want_shown(sources, std::move(*replayed),
               [self = shared_from_this()](Result<ReplayedObject> granted) {
                 if (!granted) return self->done(std::unexpected(std::move(granted.error())));
                 self->show(*granted);
                 self->step();
               });
  }

  void show(const ReplayedObject& replayed) {
    auto json = replayed.object->to_json_within(kObjectBytes);
    if (!json) return page.unreadable.push_back({last, std::move(json.error())});
    bytes += json->size();
    page.charge = replayed.charge.further(kShownCopies * bytes);
    page.objects.push_back({last, replayed.position, std::move(*json)});
  }

  const ReplaySources sources;
  const std::string workspace;
  const log::Position at;
  const std::size_t page_bytes;
  const SharedDeletions deletions;  // nullptr: there are none
  log::Done<ObjectPage> done;
  std::vector<std::string> ids;
  std::size_t index = 0;
  std::string last;  // of the ids, that was processed
  std::size_t bytes = 0;
  ObjectPage page;
};

}  // namespace

void replay_workspace(const ReplaySources& sources, std::string workspace, std::string prefix,
                      std::string after, std::size_t limit, log::Position at,
                      log::Done<ObjectPage> done, std::size_t page_bytes,
                      SharedDeletions deletions) {
  auto walk = std::make_shared<Walk>(sources, workspace, at, page_bytes, std::move(deletions),
                                     std::move(done));
  sources.store.catalog().list_objects(
      std::move(workspace), std::move(prefix), std::move(after), limit,
      [walk, limit](Result<std::vector<std::string>> ids) {
        if (!ids) return walk->done(std::unexpected(std::move(ids.error())));
        if (ids->size() == limit) walk->page.next = ids->back();
        walk->ids = std::move(*ids);
        walk->step();
      });
}

}  // namespace syncline::state
