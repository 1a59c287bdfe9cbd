#include "state/changes.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "merge/facets.h"
#include "merge/object_change.h"
#include "state/generation.h"
#include "state/job_room.h"
#include "state/object_replay.h"

namespace syncline::state {
namespace {

// A page has no further object if those that it has use more.
constexpr std::uint64_t kHeldObjectBytes = std::uint64_t{16} << 20;
// The page, and the answer while it is put together.
constexpr std::uint64_t kToldCopies = 3;

struct Telling : std::enable_shared_from_this<Telling> {
  Telling(const ReplaySources& replay_sources, std::string name, log::Done<ChangePage> answer)
      : sources(replay_sources), workspace(std::move(name)), done(std::move(answer)) {}

  void take(Result<std::vector<log::Event>> read) {
    if (!read) return done(std::unexpected(std::move(read.error())));
    // A read may stop before its limit because of its size. Only an empty one means the end.
    if (!read->empty()) page.next = read->back().position;
    events = std::move(*read);
    step();
  }

  // Replays the next event's object up to that event, unless it is already there.
  void step() {
    for (; index < events.size(); ++index) {
      log::Event& event = events[index];
      if (event.dropped_payload || lost.contains(event.object) || is_gone(event)) {
        objects.erase(event.object);  // its state is unknown from here on
        page.changes.push_back({std::move(event), std::string(merge::kNotTold)});
        continue;
      }
      const auto found = objects.find(event.object);
      if (found == objects.end() && !page.changes.empty() && held_bytes() > kHeldObjectBytes) {
        page.next = page.changes.back().event.position;
        break;
      }
      if (found == objects.end()) return replay(event.object, event.position - 1);
      std::string told = tell(found->second, event);
      const log::Position position = event.position;
      page.changes.push_back({std::move(event), std::move(told)});
      if (told_bytes < merge::kMaxToldBytes) continue;
      page.next = position;
      break;
    }
    finish();
  }

  void finish() {
    objects.clear();
    std::uint64_t bytes = told_bytes;
    for (const Change& change : page.changes) bytes += sizeof(change) + change.event.intent.size();
    // Its size is bounded, so it does not wait for memory.
    if (sources.room != nullptr) page.charge = sources.room->hold(kToldCopies * bytes);
    done(std::move(page));
  }

  std::uint64_t held_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& [id, current] : objects) bytes += current.charge.bytes();
    return bytes;
  }

  void replay(const std::string& object, log::Position before) {
    try_replay(
        sources, workspace, object, before, [self = shared_from_this(), object](Replayed replayed) {
          if (!replayed && replayed.error().error.code == ErrorCode::kNotFound)
            return self->find_floor(object);
          const bool unknown = !replayed && replayed.error().error.code == ErrorCode::kUnsupported;
          if (!replayed && replayed.error().position == 0 && !unknown)
            return self->done(std::unexpected(std::move(replayed.error().error)));
          if (replayed)
            self->objects[object] = {std::move(replayed->object), replayed->generation,
                                     std::move(replayed->charge)};
          else
            self->lost.insert(object);
          self->step();
        });
  }

  // The next event has its payload, but retention has dropped an earlier one: the sweep has not
  // reached the floor yet, or a hold has stopped it. From the floor on, the object can be rebuilt.
  void find_floor(const std::string& object) {
    sources.retention.load_retention(
        workspace, [self = shared_from_this(), object](auto retention) {
          if (!retention) return self->done(std::unexpected(std::move(retention.error())));
          self->gone_to[object] = std::max(retention->floor, self->events[self->index].position);
          self->step();
        });
  }

  bool is_gone(const log::Event& event) const {
    const auto found = gone_to.find(event.object);
    return found != gone_to.end() && event.position <= found->second;
  }

  struct Current {
    std::unique_ptr<merge::Object> object;
    std::uint64_t generation = 0;
    MemoryCharge charge = {};
  };

  std::string tell(Current& current, const log::Event& event) {
    if (event.kind == log::EventKind::kRenamed) current.generation = event.generation;
    if (event.kind != log::EventKind::kChange) return "[]";
    auto entered = enter_generation(sources.types, event, current.object, current.generation);
    auto told = entered ? merge::apply_and_tell(*current.object, event.intent)
                        : std::unexpected(std::move(entered.error()));
    if (told) {
      // A description that was too large has cost as much.
      told_bytes += *told == merge::kNotTold ? merge::kMaxToldBytes : told->size();
      return std::move(*told);
    }
    lost.insert(event.object);
    return std::string(merge::kNotTold);
  }

  const ReplaySources sources;
  const std::string workspace;
  log::Done<ChangePage> done;
  std::vector<log::Event> events;
  std::size_t index = 0;
  std::size_t told_bytes = 0;
  std::map<std::string, Current> objects;
  std::set<std::string> lost;  // an event cannot be applied, or the type is unknown
  std::map<std::string, log::Position> gone_to;  // earlier states were dropped
  ChangePage page;
};

}  // namespace

void list_changes(const ReplaySources& sources, std::string workspace, std::string object,
                  log::Position after, log::Position to, std::size_t limit,
                  log::Done<ChangePage> done) {
  if (after >= to) return done(ChangePage{});
  auto telling = std::make_shared<Telling>(sources, workspace, std::move(done));
  const log::ReadLimits limits{.to = to, .max_events = limit};
  auto take = [telling](auto events) { telling->take(std::move(events)); };
  if (object.empty())
    return sources.events.read(std::move(workspace), after, limits, std::move(take));
  sources.events.read_object(std::move(workspace), std::move(object), after, limits,
                             std::move(take));
}

}  // namespace syncline::state
