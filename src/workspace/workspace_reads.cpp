// Workspace: reads of objects, and changes that are made from what was read.
#include <utility>

#include "base/mutation.h"
#include "merge/facets.h"
#include "workspace/onlooker.h"
#include "workspace/workspace.h"

namespace syncline::workspace {

void Workspace::diff(const policy::Caller& caller, LiveObject& object, ByteView version,
                     Done<Bytes> done) {
  const Doing naming(services_.scheduler, "diff");
  policy::Verdict verdict = judge(caller, policy::Right::kRead, object);
  auto bytes = verdict.allowed ? merge::diff_since(object.object(), version) : Bytes();
  give(object, std::move(verdict), std::move(bytes), std::move(done));
}

void Workspace::version(const policy::Caller& caller, LiveObject& object, Done<Bytes> done) {
  policy::Verdict verdict = judge(caller, policy::Right::kRead, object);
  auto bytes = verdict.allowed ? merge::version_of(object.object()) : Bytes();
  give(object, std::move(verdict), std::move(bytes), std::move(done));
}

void Workspace::give(LiveObject& object, policy::Verdict verdict, Result<Bytes> bytes,
                     Done<Bytes> done) {
  if (!verdict.allowed) bytes = std::unexpected(std::move(verdict.allowed.error()));
  if (is_mutated(Mutation::reply_before_commit)) return done(std::move(bytes));
  let_out(object, verdict.rules,
          [bytes = std::move(bytes), done = std::move(done)](const Error* lost) mutable {
            if (lost != nullptr) return done(std::unexpected(*lost));
            done(std::move(bytes));
          });
}

void Workspace::state(const policy::Caller& caller, LiveObject& object, Done<State> done) {
  policy::Verdict verdict = judge(caller, policy::Right::kRead, object);
  Result<State> state = State{object.position(), {}};
  const Doing naming(services_.scheduler, "state");
  if (verdict.allowed)
    state->snapshot = object.object().snapshot();
  else
    state = std::unexpected(std::move(verdict.allowed.error()));
  let_out(object, verdict.rules,
          [state = std::move(state), done = std::move(done)](const Error* lost) mutable {
            if (lost != nullptr) return done(std::unexpected(*lost));
            done(std::move(state));
          });
}

void Workspace::read(const policy::Caller& caller, const std::string& object, Extract extract,
                     Done<View> done) {
  auto onlooker = std::make_shared<Onlooker>();
  auto look = [this, onlooker, caller, extract = std::move(extract),
               done = std::move(done)](Result<LiveObject*> live) mutable {
    if (!live) return done(std::unexpected(std::move(live.error())));
    LiveObject& object = **live;
    unsubscribe(object, *onlooker);
    if (object.position() == 0)
      return done(fail(ErrorCode::kNotFound, "there is no object " + object.id()));
    const policy::Verdict verdict = judge(caller, policy::Right::kRead, object);
    auto content = extract(object.object());
    if (!content) return done(std::unexpected(std::move(content.error())));
    View view{object.position(), std::move(*content)};
    if (is_mutated(Mutation::read_before_commit)) return done(std::move(view));
    let_out(object, verdict.rules,
            [view = std::move(view), done = std::move(done)](const Error* lost) mutable {
              if (lost != nullptr) return done(std::unexpected(*lost));
              done(std::move(view));
            });
  };
  subscribe(caller, object, {}, *onlooker, std::move(look));
}

void Workspace::change(const std::string& object, Author author, Make make, Done<Receipt> done) {
  auto onlooker = std::make_shared<Onlooker>();
  const policy::Caller caller = author.caller;
  auto work = [this, onlooker, author = std::move(author), make = std::move(make),
               done = std::move(done)](Result<LiveObject*> live) mutable {
    if (!live) return done(std::unexpected(std::move(live.error())));
    make_change(**live, author, make, std::move(done));
    unsubscribe(**live, *onlooker);
  };
  subscribe(caller, object, {}, *onlooker, std::move(work));
}

void Workspace::make_change(LiveObject& object, const Author& author, Make& make,
                            Done<Receipt> done) {
  if (author.type != nullptr && object.position() == 0 && object.subscribers().size() == 1)
    services_.cache.begin_as(object.resident(), *author.type);
  auto intent = make(object.object(), object.position());
  if (!intent)
    return refuse(object, {}, {std::unexpected(std::move(intent.error()))}, std::move(done));
  if (author.dry_run) return answer_known(object, 0, std::move(done));
  submit(author.caller, object, {.intent = *intent, .right = author.right}, nullptr,
         std::move(done));
}

}  // namespace syncline::workspace
