// Workspace: lending objects to workers (workspace/live_object.h).
#include <algorithm>
#include <utility>

#include "workspace/workspace.h"

namespace syncline::workspace {
namespace {

// Of those in line for an object, how many one turn runs.
constexpr std::size_t kAtOnce = 64;

}  // namespace

bool Workspace::is_large(const LiveObject& object) const {
  return is_large(object.object().memory_bytes());
}

bool Workspace::is_large(std::size_t memory_bytes) const {
  return services_.off_loop && memory_bytes > services_.off_loop->share.memory;
}

bool Workspace::is_long(ByteView intent) const {
  return services_.off_loop && intent.size() > services_.off_loop->share.bytes;
}

Result<std::optional<merge::Prepared>> Workspace::prepare(const LiveObject& object,
                                                          ByteView intent) const {
  if (services_.off_loop)
    return object.object().prepare_within(intent, services_.off_loop->share.steps);
  return object.object().prepare(intent);
}

void Workspace::wait_for(LiveObject& object, const Subscriber* to,
                         std::move_only_function<void(const Subscriber* to)> task) {
  const SubscriberList::Stay stay = object.subscribers().stay(to);
  object.wait(
      [&object, stay, task = std::move(task)]() mutable {
        const Subscriber* there = object.subscribers().find(stay);
        if (stay == 0 || there != nullptr) task(there);
      },
      stay);
}

bool Workspace::busy() const {
  return outbox_.size() > 0 ||
         std::ranges::any_of(live_, [](const auto& entry) { return entry.second->in_use(); });
}

// What waited for the object goes on. The object stays in memory as long as something is in line.
void Workspace::advance(LiveObject& object) {
  if (object.away()) return;
  if (object.advance(kAtOnce))
    return services_.scheduler.post_in(lane_, [this, &object, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) advance(object);
    });
  if (!object.in_use()) sweep_later();
}

}  // namespace syncline::workspace
