#include "workspace/telling.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"

namespace syncline::workspace {
namespace {

// Limits what one join reads and how large one message becomes.
constexpr std::size_t kJoinedBytes = std::size_t{64} << 10;
constexpr std::size_t kKeptCapacity = 64;

bool of_one_author(const ToTell& a, const ToTell& b) {
  return a.object == b.object && a.author == b.author && a.principal == b.principal;
}

// The first changes of `changes` that may be told as one.
std::span<const ToTell> first_run(std::span<const ToTell> changes) {
  std::size_t count = 1;
  std::size_t bytes = changes.front().others.size();
  while (count < changes.size() && of_one_author(changes.front(), changes[count]) &&
         bytes + changes[count].others.size() <= kJoinedBytes)
    bytes += changes[count++].others.size();
  return changes.first(count);
}

void send_change(LiveObject& object, const Delivery& delivery, SubscriberList::Stay author) {
  if (is_mutated_now_and_then(Mutation::lose_broadcast)) return;
  object.subscribers().each([&](Subscriber& subscriber) { subscriber.on_change(delivery); },
                            author);
}

}  // namespace

void Telling::broadcast(std::span<const ToTell> run, log::Durability durability) {
  LiveObject& object = *run.front().object;
  Delivery delivery{
      .object = object.id(), .principal = run.front().principal, .durability = durability};
  if (run.size() > 1) {
    std::vector<ByteView> parts;
    for (const ToTell& change : run) parts.push_back(change.others);
    if (const auto joined = object.object().type().join(parts)) {
      delivery.position = run.back().position;
      delivery.joined_from = run.front().position;
      delivery.payload = *joined;
      return send_change(object, delivery, run.front().author);
    }
  }
  for (const ToTell& change : run) {
    if (object.lost()) return;
    Delivery each = delivery;
    each.position = change.position;
    each.payload = change.others;
    send_change(object, each, change.author);
  }
}

void Telling::tell(log::Durability durability) {
  auto changes = std::exchange(changes_, {});
  for (std::span<const ToTell> rest = changes; !rest.empty();) {
    const auto run = first_run(rest);
    rest = rest.subspan(run.size());
    // The subscribers of a lost object were told, and may be gone.
    if (!run.front().object->lost() && !run.front().object->subscribers().empty())
      broadcast(run, durability);
  }
  for (ToTell& change : changes)
    change.done(Receipt{
        .position = change.position, .durability = durability, .answer = std::move(change.answer)});
  changes.clear();
  if (changes_.empty() && changes.capacity() <= kKeptCapacity) changes_ = std::move(changes);
}

}  // namespace syncline::workspace
