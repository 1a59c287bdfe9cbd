// The first content of an object that nobody has written to, from a hook of the application.
#include <utility>

#include "base/mutation.h"
#include "workspace/workspace.h"

namespace syncline::workspace {
namespace {

constexpr std::size_t kMostWaiters = 1000;  // for the content of an object
constexpr std::size_t kWaitersAtOnce = 64;

}  // namespace

// How it ends for those who waited.
struct Workspace::Waiting {
  std::vector<std::shared_ptr<Opening>> all;
  Result<void> how;  // an error: they are refused
  std::size_t next = 0;
};

// Only a client that opens it asks: whoever reads over HTTP is told that there is none, and whoever writes is the first.
bool Workspace::wants_content(LiveObject& object, const Opening& opening) const {
  return services_.first_content != nullptr && !opening.content_asked && !opening.face.empty() &&
         object.position() == 0 && object.subscribers().empty() && !object.in_use() &&
         !log::is_system_object(object.id()) &&
         services_.first_content->asks(name_, std::string(object.id()));
}

// All who open it meanwhile wait for one answer. They may leave before.
void Workspace::ask_for_content(LiveObject& object, Opening opening) {
  const std::string id(object.id());
  if (const auto known = content_.find(id);
      known != content_.end() && known->second.size() >= kMostWaiters)
    return opening.done(fail(ErrorCode::kUnavailable, "too many wait for this document"));
  left_.insert(id);
  sweep_later();
  opening_.push_back(std::make_shared<Opening>(std::move(opening)));
  auto [asked, first] = content_.try_emplace(id);
  asked->second.push_back(opening_.back());
  if (!first && !is_mutated(Mutation::content_asked_again)) return;
  services_.first_content->ask(
      name_, id, opening_.back()->caller, services_.scheduler,
      [this, id, view = std::weak_ptr(view_)](Result<FirstContent::Content> content) mutable {
        if (view.expired()) return;
        if (!content) return content_failed(id, content.error());
        if (!content->make) return content_known(id);
        put_content(id, *std::move(content));
      });
}

// A replica of its own, with an id above those that Yjs draws: an object that begins again after it was deleted must not
// begin with the clocks of the old one.
std::uint64_t Workspace::content_replica() {
  constexpr std::uint64_t kFirst = std::uint64_t{1} << 32;
  constexpr std::uint64_t kCount = (std::uint64_t{1} << 42) - kFirst;
  return kFirst + services_.random.next() % kCount;
}

// An ordinary change. If somebody has written meanwhile, his change stays and the answer is dropped.
void Workspace::put_content(const std::string& id, FirstContent::Content content) {
  auto passed = std::make_shared<bool>(false);  // somebody was faster
  change(
      id, {.caller = services_.first_content->author(), .reads = content.reads},
      [make = std::move(content.make), replica = content_replica(), passed](
          const merge::Object& object, log::Position position) mutable -> Result<Bytes> {
        *passed = position > 0 && !is_mutated(Mutation::content_over_content);
        if (*passed) return fail(ErrorCode::kConflict, "the object has content");
        return make(object, replica);
      },
      [this, id, passed, view = std::weak_ptr(view_)](Result<Receipt> receipt) {
        if (view.expired()) return;
        if (receipt || *passed) return content_known(id);
        content_failed(
            id, {ErrorCode::kUnavailable,
                 "the first content of this document cannot be used: " + receipt.error().message});
      });
}

void Workspace::content_known(const std::string& id) {
  end_waiting(id, {});
}

void Workspace::content_failed(const std::string& id, const Error& why) {
  end_waiting(id, std::unexpected(why));
}

void Workspace::end_waiting(const std::string& id, Result<void> how) {
  const auto asked = content_.extract(id);
  if (asked.empty()) return;
  go_on_with(std::make_shared<Waiting>(Waiting{std::move(asked.mapped()), std::move(how)}));
}

// Some in each turn. They may still leave, so they are among those who open something until it is their turn.
void Workspace::go_on_with(std::shared_ptr<Waiting> waiting) {
  for (std::size_t i = 0; i < kWaitersAtOnce && waiting->next < waiting->all.size(); ++i) {
    const std::shared_ptr<Opening> opening = waiting->all[waiting->next++];
    std::erase(opening_, opening);
    if (opening->subscriber == nullptr) continue;
    opening->content_asked = true;
    if (waiting->how)
      subscribe(std::move(*opening));
    else
      opening->done(std::unexpected(waiting->how.error()));
  }
  if (waiting->next == waiting->all.size()) return;
  services_.scheduler.post_in(lane_, [this, waiting, view = std::weak_ptr(view_)] {
    if (!view.expired()) go_on_with(waiting);
  });
}

}  // namespace syncline::workspace
