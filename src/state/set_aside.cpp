#include "state/set_aside.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "log/deletion_rules.h"
#include "merge/facets.h"
#include "state/jobs.h"

namespace syncline::state {
namespace {

class Reading : public std::enable_shared_from_this<Reading> {
 public:
  Reading(const ReplaySources& sources, std::string workspace, std::string object,
          log::Done<SetAside> done)
      : sources_(sources),
        workspace_(std::move(workspace)),
        object_(std::move(object)),
        done_(std::move(done)) {}

  void start(log::Position at_fault) {
    if (at_fault == 1) return begin({.object = sources_.types.default_type().create()});
    try_replay(sources_, workspace_, object_, at_fault - 1,
               [self = shared_from_this()](Replayed before) {
                 if (!before) return self->done_(std::unexpected(std::move(before.error().error)));
                 self->begin(std::move(*before));
               });
  }

 private:
  void begin(ReplayedObject before) {
    found_.object = std::move(before.object);
    found_.generation = before.generation;
    found_.position = before.position;
    if (const auto* replicas = found_.object->replication()) found_.version = replicas->version();
    read_on();
  }

  void read_on() {
    sources_.events.read_object(
        workspace_, object_, found_.position, {},
        [self = shared_from_this()](Result<std::vector<log::Event>> events) {
          if (!events) return self->done_(std::unexpected(std::move(events.error())));
          if (events->empty()) return self->done_(std::move(self->found_));
          if (auto added = self->add_all(*events); !added)
            return self->done_(std::unexpected(std::move(added.error())));
          self->read_on();
        });
  }

  // The changes of one generation after the other.
  Result<void> add_all(const std::vector<log::Event>& events) {
    std::vector<ByteView> changes;
    for (const log::Event& event : events) {
      const auto generation = std::max<std::uint64_t>(event.generation, 1);
      if (generation > found_.generation) {
        // Of an earlier generation, nothing counts, unless it goes on under another name.
        if (auto added = add(changes); !added) return added;
        changes.clear();
        if (event.kind != log::EventKind::kRenamed || found_.generation == 0)
          if (auto begun = begin_as(event.type); !begun) return begun;
        found_.generation = generation;
      }
      if (event.kind == log::EventKind::kChange) changes.push_back(event.intent);
      found_.position = event.position;
    }
    return add(changes);
  }

  Result<void> begin_as(std::string_view type_name) {
    const auto type = sources_.types.require(type_name);
    if (!type) return std::unexpected(type.error());
    found_.object = (*type)->create();
    found_.version.clear();
    return {};
  }

  Result<void> add(const std::vector<ByteView>& changes) {
    if (changes.empty()) return {};
    auto version = found_.object->type().version_after(found_.version, changes);
    if (!version) return std::unexpected(std::move(version.error()));
    if (version->size() > log::kMaxEndedVersionBytes)
      return fail(ErrorCode::kTooLarge, fmt::format("its state vector has more than {} bytes",
                                                    log::kMaxEndedVersionBytes));
    found_.version = std::move(*version);
    return {};
  }

  const ReplaySources sources_;
  const std::string workspace_;
  const std::string object_;
  log::Done<SetAside> done_;
  SetAside found_;
};

void read_here(const ReplaySources& sources, std::string workspace, std::string object,
               log::Position at_fault, log::Done<SetAside> done) {
  std::make_shared<Reading>(sources, std::move(workspace), std::move(object), std::move(done))
      ->start(at_fault);
}

}  // namespace

void read_set_aside(const ReplaySources& sources, std::string workspace, std::string object,
                    log::Position at_fault, log::Done<SetAside> done) {
  if (!sources.off_loop)
    return read_here(sources, std::move(workspace), std::move(object), at_fault, std::move(done));
  JobOrder order{.kind = JobOrder::kUrgent, .asker = workspace, .name = "replay"};
  auto work = [workspace = std::move(workspace), object = std::move(object), at_fault,
               answer = sources.off_loop->home.bind(std::move(done))](Result<Workplace*> place,
                                                                      JobSlot slot) mutable {
    if (!place) return answer(std::unexpected(std::move(place.error())));
    read_here((*place)->sources, std::move(workspace), std::move(object), at_fault,
              [answer = std::move(answer), slot = std::move(slot)](Result<SetAside> read) mutable {
                answer(std::move(read));
              });
  };
  sources.off_loop->jobs.start(std::move(order), std::move(work));
}

}  // namespace syncline::state
