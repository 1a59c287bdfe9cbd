// Workspace: reads of objects, and changes that are made from what was read.
#include <algorithm>
#include <memory>
#include <utility>

#include "base/mutation.h"
#include "merge/facets.h"
#include "workspace/onlooker.h"
#include "workspace/workspace.h"

namespace syncline::workspace {

namespace {

constexpr std::uint64_t kKeptWholeMs = 5000;  // after the last use

// What is asked of an object that was lost.
std::unexpected<Error> come_again() {
  return fail(ErrorCode::kUnavailable, "connect again");
}

Lacking only(Bytes change) {
  return {.rest = std::make_shared<const Diff>(Diff{std::move(change)})};
}

Result<Lacking> lacking(const merge::Object& object, ByteView version) {
  auto change = merge::diff_since(object, version);
  if (!change) return std::unexpected(std::move(change.error()));
  return only(std::move(*change));
}

// Nobody is there but for the duration of one read or one change: then an object without events can begin as any type.
bool has_only_onlookers(LiveObject& object) {
  bool only = true;
  object.subscribers().each([&](const Subscriber& subscriber) {
    only &= dynamic_cast<const Onlooker*>(&subscriber) != nullptr;
  });
  return only;
}

}  // namespace

void Workspace::diff(const identity::Caller& caller, LiveObject& object, ByteView version,
                     Done<Lacking> done, const Subscriber* to) {
  if (object.lost()) return done(come_again());
  if (object.busy())
    return wait_for(object, to,
                    [this, caller, &object, version = to_bytes(version),
                     done = std::move(done)](const Subscriber* there) mutable {
                      diff(caller, object, version, std::move(done), there);
                    });
  const Doing naming(services_.scheduler, "diff");
  policy::Verdict verdict = judge(caller, identity::Right::kRead, object);
  if (verdict.allowed && object.past() != nullptr && object.past()->has_version(version) &&
      !is_mutated(Mutation::accept_old_generation))
    verdict.allowed = std::unexpected(old_replica_error(object));
  if (verdict.allowed && is_large(object))
    return diff_elsewhere(object, std::move(verdict), version, std::move(done));
  auto read = verdict.allowed ? lacking(object.object(), version) : Lacking{};
  give(object, std::move(verdict), std::move(read), std::move(done));
}

// Those who know nothing share one encoding of the whole state, and get what is newer besides.
void Workspace::diff_elsewhere(LiveObject& object, policy::Verdict verdict, ByteView version,
                               Done<Lacking> done) {
  struct Made {
    Lacking lacking;
    Bytes version = {};  // of the whole state, if that was made
  };
  const auto nothing = merge::version_of(*object.object().type().create());
  const bool knows_nothing = version.empty() || (nothing && std::ranges::equal(version, *nothing));
  std::optional<LiveObject::Whole> whole;
  if (knows_nothing && object.whole() != nullptr) {
    object.whole()->used_ms = services_.scheduler.monotonic_ms();
    whole = *object.whole();
    if (whole->position == object.position())
      return give<Lacking>(object, std::move(verdict), Lacking{.rest = whole->diff},
                           std::move(done));
  }
  auto work = [version = to_bytes(version), knows_nothing,
               whole = std::move(whole)](const merge::Object& lent) -> Result<Made> {
    if (whole) {
      auto newer = lacking(lent, whole->version);
      if (newer && newer->rest->change.size() < whole->diff->change.size() / 4)
        return Made{{.first = whole->diff, .rest = std::move(newer->rest)}};
    }
    auto made = lacking(lent, version);
    if (!made) return std::unexpected(std::move(made.error()));
    return Made{std::move(*made),
                knows_nothing ? merge::version_of(lent).value_or(Bytes()) : Bytes()};
  };
  // It is about as large as the object, and is encoded, too. Several may share it, so it is nobody's.
  const std::size_t bytes = 2 * object.memory_bytes();
  MemoryCharge charge(cell_of({}, MemoryUse::kAnswers), bytes);
  lend<Result<Made>>(
      object, "diff", bytes, std::move(work),
      [this, &object, verdict = std::move(verdict), charge = std::move(charge),
       done = std::move(done)](Result<Made> made) mutable {
        if (!made)
          return give<Lacking>(object, std::move(verdict), std::unexpected(std::move(made.error())),
                               std::move(done));
        const Diff& diff = *made->lacking.rest;
        charge.set(2 * diff.change.size());
        diff.charge = std::move(charge);
        if (!made->version.empty())
          object.whole() = std::make_unique<LiveObject::Whole>(
              made->lacking.rest, std::move(made->version), object.position(),
              services_.scheduler.monotonic_ms());
        give<Lacking>(object, std::move(verdict), std::move(made->lacking), std::move(done));
      });
}

void Workspace::drop_unused(LiveObject& object) const {
  auto& whole = object.whole();
  if (whole && services_.scheduler.monotonic_ms() >= whole->used_ms + kKeptWholeMs) whole.reset();
}

void Workspace::version(const identity::Caller& caller, LiveObject& object, Done<Bytes> done,
                        const Subscriber* to) {
  if (object.lost()) return done(come_again());
  if (object.busy())
    return wait_for(
        object, to,
        [this, caller, &object, done = std::move(done)](const Subscriber* there) mutable {
          version(caller, object, std::move(done), there);
        });
  policy::Verdict verdict = judge(caller, identity::Right::kRead, object);
  auto bytes = verdict.allowed ? merge::version_of(object.object()) : Bytes();
  give(object, std::move(verdict), std::move(bytes), std::move(done));
}

template <typename T>
void Workspace::give(LiveObject& object, policy::Verdict verdict, Result<T> read, Done<T> done) {
  if (!verdict.allowed) read = std::unexpected(std::move(verdict.allowed.error()));
  if (is_mutated(Mutation::reply_before_commit)) return done(std::move(read));
  let_out(object, verdict.rules,
          [read = std::move(read), done = std::move(done)](const Error* lost) mutable {
            if (lost != nullptr) return done(std::unexpected(*lost));
            done(std::move(read));
          });
}

void Workspace::state(const identity::Caller& caller, LiveObject& object, Done<State> done,
                      const Subscriber* to) {
  if (object.lost()) return done(come_again());
  if (object.busy())
    return wait_for(
        object, to,
        [this, caller, &object, done = std::move(done)](const Subscriber* there) mutable {
          state(caller, object, std::move(done), there);
        });
  const Doing naming(services_.scheduler, "state");
  policy::Verdict verdict = judge(caller, identity::Right::kRead, object);
  const log::Position position = object.position();
  if (!verdict.allowed || !is_large(object)) {
    State now{position, verdict.allowed ? object.object().snapshot() : Bytes()};
    return give<State>(object, std::move(verdict), std::move(now), std::move(done));
  }
  lend<Bytes>(
      object, "state", 2 * object.memory_bytes(),
      [](const merge::Object& lent) { return lent.snapshot(); },
      [this, &object, position, verdict = std::move(verdict),
       done = std::move(done)](Bytes bytes) mutable {
        give<State>(object, std::move(verdict), State{position, std::move(bytes)}, std::move(done));
      });
}

// ---- reads without a subscription

void Workspace::read(const identity::Caller& caller, const std::string& object, Extract extract,
                     Done<View> done, state::JobOrder order) {
  auto onlooker = std::make_shared<Onlooker>();
  auto subscribed = [this, onlooker, caller, extract = std::move(extract), done = std::move(done),
                     order = std::move(order)](Result<LiveObject*> live) mutable {
    if (!live) return done(std::unexpected(std::move(live.error())));
    look(**live, caller, std::move(extract), std::move(done), std::move(order));
    unsubscribe(**live, *onlooker);
  };
  subscribe(caller, object, {}, *onlooker, std::move(subscribed));
}

void Workspace::look(LiveObject& object, const identity::Caller& caller, Extract extract,
                     Done<View> done, state::JobOrder order) {
  if (object.lost()) return done(come_again());
  if (object.busy())
    return object.wait([this, &object, caller, extract = std::move(extract), done = std::move(done),
                        order = std::move(order)]() mutable {
      look(object, caller, std::move(extract), std::move(done), std::move(order));
    });
  if (object.position() == 0 && object.began_at() == 0)
    return done(std::unexpected(no_object_error(object.id())));
  const policy::Verdict verdict = judge(caller, identity::Right::kRead, object);
  if (object.position() == 0)  // the deletion may not be durable yet
    return give<View>(object, {.allowed = {}, .rules = verdict.rules},
                      std::unexpected(no_object_error(object.id())), std::move(done));
  if (is_large(order.weight * object.object().memory_bytes())) {
    if (order.asker.empty()) order.asker = caller.principal.id;
    if (order.account == nullptr) order.account = caller.account;
    order.name = "read";
    return look_elsewhere(object, verdict.rules, std::move(extract), std::move(done),
                          std::move(order));
  }
  auto content = extract(object.object());
  if (!content) return done(std::unexpected(std::move(content.error())));
  View view{.position = object.position(),
            .content = std::move(*content),
            .generation = object.resident().generation()};
  if (is_mutated(Mutation::read_before_commit)) return done(std::move(view));
  let_out(object, verdict.rules,
          [view = std::move(view), done = std::move(done)](const Error* lost) mutable {
            if (lost != nullptr) return done(std::unexpected(*lost));
            done(std::move(view));
          });
}

// A copy of the present state is made from the log once it is durable, so that writers do not wait
// for the reader.
void Workspace::look_elsewhere(LiveObject& object, log::Position rules, Extract extract,
                               Done<View> done, state::JobOrder order) {
  let_out(object, rules,
          [this, id = object.id(), at = object.position(), order = std::move(order),
           extract = std::move(extract), done = std::move(done)](const Error* lost) mutable {
            if (lost != nullptr) return done(std::unexpected(*lost));
            auto answer = services_.off_loop->home.bind(std::move(done));
            auto work = [workspace = name_, id = std::move(id), at, extract = std::move(extract),
                         answer = std::move(answer)](Result<state::Workplace*> place,
                                                     state::JobSlot slot) mutable {
              if (!place) return answer(std::unexpected(std::move(place.error())));
              state::replay_to_show(
                  (*place)->sources, std::move(workspace), std::move(id), at,
                  [extract = std::move(extract), answer = std::move(answer),
                   slot = std::move(slot)](Result<state::ReplayedObject> replayed) mutable {
                    if (!replayed) return answer(std::unexpected(std::move(replayed.error())));
                    auto content = extract(*replayed->object);
                    if (!content) return answer(std::unexpected(std::move(content.error())));
                    MemoryCharge charge = replayed->charge.further((*content)->memory_bytes());
                    // What only the job needs is gone before its answer asks for room.
                    replayed->object.reset();
                    replayed->charge.set(0);
                    slot = state::JobSlot();
                    answer(View{replayed->position, std::move(*content), std::move(charge),
                                replayed->generation});
                  });
            };
            services_.off_loop->jobs.start(std::move(order), std::move(work));
          });
}

// ---- changes that are made from what was read

void Workspace::change(const std::string& object, Author author, Make make, Done<Receipt> done) {
  auto onlooker = std::make_shared<Onlooker>();
  const identity::Caller caller = author.caller;
  auto work = [this, onlooker, author = std::move(author), make = std::move(make),
               done = std::move(done)](Result<LiveObject*> live) mutable {
    if (!live) return done(std::unexpected(std::move(live.error())));
    make_change(**live, std::move(author), std::move(make), std::move(done));
    unsubscribe(**live, *onlooker);
  };
  subscribe(caller, object, {}, *onlooker, std::move(work));
}

void Workspace::make_change(LiveObject& object, Author author, Make make, Done<Receipt> done) {
  if (object.lost()) return done(fail(ErrorCode::kUnavailable, "try again"));
  if (object.busy())
    return object.wait([this, &object, author = std::move(author), make = std::move(make),
                        done = std::move(done)]() mutable {
      make_change(object, std::move(author), std::move(make), std::move(done));
    });
  const merge::ObjectType& type =
      author.type != nullptr ? *author.type : services_.types.default_type();
  if (object.position() == 0 && has_only_onlookers(object) && &object.object().type() != &type)
    services_.cache.begin_as(object.resident(), type);
  if (answer_only_change(object, author, done)) return;
  if (!is_large(object) && !is_large(author.reads)) {
    auto intent = make(object.object(), object.position());
    return made(object, std::move(author), std::move(intent), std::move(done));
  }
  lend<Result<Bytes>>(
      object, "make", 2 * object.memory_bytes() + author.reads,
      [make = std::move(make), position = object.position()](const merge::Object& lent) mutable {
        return make(lent, position);
      },
      [this, &object, author = std::move(author),
       done = std::move(done)](Result<Bytes> intent) mutable {
        made(object, std::move(author), std::move(intent), std::move(done));
      });
}

void Workspace::made(LiveObject& object, Author author, Result<Bytes> intent, Done<Receipt> done) {
  if (!intent)
    return refuse(object, {}, {std::unexpected(std::move(intent.error()))}, std::move(done));
  if (author.dry_run) return answer_known(object, 0, std::move(done));
  const auto kept = std::make_shared<const Bytes>(std::move(*intent));
  submit(author.caller, object,
         {.actor_seq = author.actor_seq,
          .intent = *kept,
          .owner = kept,
          .right = author.right,
          .waits = std::move(author.waits),
          .named = std::move(author.named)},
         nullptr, std::move(done));
}

}  // namespace syncline::workspace
