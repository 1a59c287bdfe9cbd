// Workspace: presence and messages, which are sent to others and not logged.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/mutation.h"
#include "workspace/workspace.h"

namespace syncline::workspace {
namespace {

// Whoever has less is no reason for a shortage.
constexpr std::uint64_t kMuchPresence = std::uint64_t{64} << 10;
constexpr std::uint64_t kMuchWaiting = std::uint64_t{256} << 10;
// So many clients, when they are looked at, cost as much as an object.
constexpr std::size_t kClientsPerStep = 32;

}  // namespace

PresenceTaken Workspace::set_presence(const identity::Caller& caller, LiveObject& object,
                                      Subscriber& owner, ByteView update, bool tell,
                                      Done<void> done) {
  const Doing naming(services_.scheduler, "presence");
  policy::Verdict verdict = judge(caller, identity::Right::kPresence, object);
  if (is_mutated(Mutation::show_without_right)) verdict.allowed = {};
  const std::uint64_t evicted = object.presence().evictions();
  const auto stamp =
      services_.stamp_presence ? std::optional(stamp_of(caller.principal)) : std::nullopt;
  auto news = verdict.allowed
                  ? object.presence().update(owner, update, services_.scheduler.monotonic_ms(),
                                             stamp ? &*stamp : nullptr)
                  : std::unexpected(std::move(verdict.allowed.error()));
  note_evictions(object, evicted);
  Result<void> answer;
  PresenceTaken taken;
  if (!news) {
    answer = std::unexpected(std::move(news.error()));
  } else {
    if (services_.people != nullptr && services_.people->wants_name(caller))
      services_.people->name_guest(name_, caller, object.presence().name_of(owner));
    if (news->dropped) answer = std::unexpected(std::move(*news->dropped));
    taken.untold = !tell && !news->others.empty();
    if (taken.untold) {
      object.presence().leave_untold(owner, *news);
    } else {
      taken.told_bytes = news->others.size();
      tell_news(object, verdict.rules, caller.principal.id, owner, std::move(*news));
    }
  }
  let_out(object, verdict.rules,
          [answer = std::move(answer), done = std::move(done)](const Error* lost) mutable {
            if (lost == nullptr) done(std::move(answer));
          });
  return taken;
}

// The name of a guest is what he shows to others.
void Workspace::note_author(const identity::Caller& caller, LiveObject& object,
                            SubscriberList::Stay author) {
  if (services_.people == nullptr || !services_.people->wrote(caller)) return;
  const Subscriber* there = object.subscribers().find(author);
  services_.people->name_guest(name_, caller,
                               there == nullptr ? "" : object.presence().name_of(*there));
}

void Workspace::note_evictions(LiveObject& object, std::uint64_t before) {
  const std::uint64_t evicted = object.presence().evictions() - before;
  if (evicted == 0) return;
  services_.counters.presence_evictions += evicted;
  reporter_.warn("a document holds too much presence: who holds most lost it",
                 {{"workspace", name_}, {"object", object.id()}, {"connections", evicted}});
}

PresenceTaken Workspace::tell_untold_presence(const identity::Caller& caller, LiveObject& object,
                                              Subscriber& owner) {
  Presence::News news = object.presence().take_untold(owner);
  if (news.others.empty()) return {};
  const policy::Verdict verdict = judge(caller, identity::Right::kPresence, object);
  if (!verdict.allowed) return {};  // it was taken from him meanwhile
  const PresenceTaken taken{.told_bytes = news.others.size()};
  tell_news(object, verdict.rules, caller.principal.id, owner, std::move(news));
  return taken;
}

void Workspace::tell_news(LiveObject& object, log::Position rules, const std::string& principal,
                          Subscriber& owner, Presence::News news) {
  if (news.sender == news.others) {
    if (!news.others.empty()) tell_presence(object, rules, principal, std::move(news.others));
    return;
  }
  const SubscriberList::Stay stay = object.subscribers().stay(&owner);
  tell_presence(object, rules, principal, std::move(news.others), stay);
  if (news.sender.empty()) return;
  let_out(object, rules,
          [&object, stay, principal, sender = std::move(news.sender)](const Error* lost) {
            Subscriber* there = lost == nullptr ? object.subscribers().find(stay) : nullptr;
            if (there == nullptr) return;
            there->on_presence({.object = object.id(), .principal = principal, .payload = sender});
          });
}

// Skips subscribers that join later, because they get the presence of that moment. An older update
// would show them clients that have left, and the echo of it would count as news.
void Workspace::tell_presence(LiveObject& object, log::Position rules, std::string principal,
                              Bytes update, SubscriberList::Stay except) {
  let_out(object, rules,
          [&object, except, to = object.subscribers().last(), principal = std::move(principal),
           update = std::move(update)](const Error* lost) {
            if (lost != nullptr) return;
            const Delivery told{.object = object.id(), .principal = principal, .payload = update};
            object.subscribers().each([&](Subscriber& subscriber) { subscriber.on_presence(told); },
                                      except, to);
          });
}

void Workspace::presence(const identity::Caller& caller, LiveObject& object, const Subscriber& to,
                         bool with_gone, Done<std::shared_ptr<const Diff>> done) {
  policy::Verdict verdict = judge(caller, identity::Right::kRead, object);
  const SubscriberList::Stay stay = object.subscribers().stay(&to);
  let_out(object, verdict.rules,
          [&object, stay, with_gone, allowed = std::move(verdict.allowed),
           done = std::move(done)](const Error* lost) mutable {
            if (lost != nullptr) return done(std::unexpected(*lost));
            if (!allowed) return done(std::unexpected(std::move(allowed.error())));
            const Subscriber* there = object.subscribers().find(stay);
            if (there == nullptr) return;
            done(with_gone ? object.presence().everybody_and_gone(*there)
                           : object.presence().everybody(*there));
          });
}

void Workspace::expire_presence(LiveObject& object) {
  if (is_mutated(Mutation::never_expire)) return;
  const std::uint64_t now_ms = services_.scheduler.monotonic_ms();
  for (Presence::Told& told : object.presence().expire(now_ms)) {
    const auto except = object.subscribers().stay(told.except);
    tell_presence(object, 0, {}, std::move(told.update), except);
  }
}

// ---- upkeep

bool Workspace::look_after(std::string& after, std::size_t& steps) {
  for (auto next = live_.upper_bound(after); next != live_.end(); ++next) {
    if (steps == 0) return false;
    LiveObject& object = *next->second;
    after = next->first;
    const std::uint64_t before = object.presence().steps();
    expire_presence(object);
    steps -=
        std::min<std::size_t>(steps, 1 + (object.presence().steps() - before) / kClientsPerStep);
    drop_unused(object);
    if (object.rests() && !object.busy()) services_.cache.rest(object.resident());
    if (services_.memory != nullptr) relieve(object);
  }
  return true;
}

// While memory is short, those who hold most shrink. Afterwards, what was set aside comes back.
void Workspace::relieve(LiveObject& object) {
  const std::string& id = object.id();
  if (!services_.memory->tight()) {
    if (waiting_.is_aside(id))
      waiting_.take_back(id, [this, id](Result<void> back) {
        if (back) take_up_later(id);
      });
    return;
  }
  const std::uint64_t evicted = object.presence().evictions();
  if (object.presence().memory_bytes() >= kMuchPresence) {
    auto gone = object.presence().shed(kMuchPresence, services_.scheduler.monotonic_ms());
    if (gone) tell_presence(object, 0, {}, std::move(*gone));
  }
  note_evictions(object, evicted);
  if (waiting_.memory_bytes(id) >= kMuchWaiting) {
    reporter_.warn("memory is short: changes that wait for others are set aside",
                   {{"workspace", name_}, {"object", id}});
    waiting_.set_aside(id,
                       {ErrorCode::kUnavailable, "the server is short of memory; come back later"});
  }
}

void Workspace::pass_on(const identity::Caller& caller, LiveObject& object, std::string message,
                        const Subscriber* except, Done<void> done) {
  policy::Verdict verdict = judge(caller, identity::Right::kPresence, object);
  if (is_mutated(Mutation::say_without_right)) verdict.allowed = {};
  const auto stay = object.subscribers().stay(except);
  let_out(object, verdict.rules,
          [&object, stay, allowed = verdict.allowed, principal = caller.principal.id,
           message = std::move(message), done = std::move(done)](const Error* lost) mutable {
            if (lost != nullptr) return;
            if (allowed) {
              const Delivery told{
                  .object = object.id(), .principal = principal, .payload = as_bytes(message)};
              object.subscribers().each(
                  [&](Subscriber& subscriber) { subscriber.on_message(told); }, stay);
            }
            done(std::move(allowed));
          });
}

}  // namespace syncline::workspace
