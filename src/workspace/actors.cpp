#include "workspace/actors.h"

#include <utility>

namespace syncline::workspace {

void Actors::recall(log::ActorId actor, Recalled done) {
  if (store_ == nullptr)
    return done(fail(ErrorCode::kUnsupported, "nothing is kept of actors here"));
  if (const auto found = actors_.find(actor); found != actors_.end())
    if (auto held = found->second.lock()) return done(std::move(held));
  auto& waiting = loading_[actor];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  store_->load_actor(workspace_, actor,
                     [this, actor, view = std::weak_ptr(view_)](Result<log::ActorNumbers> numbers) {
                       if (!view.expired()) loaded(actor, std::move(numbers));
                     });
}

void Actors::loaded(const log::ActorId& actor, Result<log::ActorNumbers> numbers) {
  auto waiting = loading_.extract(actor);
  std::shared_ptr<NamedActor> held;
  if (numbers) {
    held = std::make_shared<NamedActor>(NamedActor::Key{}, actor, std::move(*numbers), view_);
    actors_[actor] = held;
  }
  for (Recalled& done : waiting.mapped())
    done(held != nullptr ? Result<std::shared_ptr<NamedActor>>(held)
                         : std::unexpected(numbers.error()));
}

Result<std::optional<log::Position>> Actors::find(const NamedActor& actor, std::uint64_t first,
                                                  std::uint64_t last) const {
  if (actor.view_.lock() != view_)
    return fail(ErrorCode::kUnavailable, "connect again: what was known of the actor is void");
  if (first == 0)
    return fail(ErrorCode::kInvalid, "an actor that names itself numbers its changes from 1");
  const auto found = actor.numbers_.find(first, last);
  switch (found.standing) {
    case log::ActorNumbers::Standing::kNew: return std::nullopt;
    case log::ActorNumbers::Standing::kRecorded: return found.position;
    case log::ActorNumbers::Standing::kOverlaps:
      return fail(ErrorCode::kConflict, "some of the numbers are recorded, and some are not");
    case log::ActorNumbers::Standing::kForgotten: break;
  }
  return fail(ErrorCode::kConflict,
              "the number of the change is too old to tell whether it is new");
}

void Actors::drop(const Error& error) {
  view_ = std::make_shared<const int>();
  actors_.clear();
  for (auto& [actor, waiting] : std::exchange(loading_, {}))
    for (Recalled& done : waiting) done(std::unexpected(error));
}

void Actors::sweep() {
  std::erase_if(actors_, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace syncline::workspace
