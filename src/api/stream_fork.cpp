// Forks: streams that begin with the content of others, which is not copied. A fork says what it begins with, as ranges of
// the events of other streams (streams::Inherited), and reads them where they are.
//
// A source must know that it is needed before there is a fork, and a crash may come in between. So a source remembers the
// names of its forks, which may not exist; whoever deletes it looks which of them do, and deletes it only if nothing has
// changed since he looked. So a source also records that a fork is there now: then he has looked too early. If he was
// faster, the fork is deleted.
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/stream_handlers.h"
#include "api/support.h"
#include "identity/scope.h"
#include "streams/content_type.h"
#include "streams/json_messages.h"
#include "streams/stream.h"

namespace syncline::api {
namespace {

using streams::Inherited;
using streams::Offset;

// A fork in the making.
struct Forking {
  std::shared_ptr<StreamCreation> creation;
  StreamFacts source;
  Offset offset = 0;                      // where it leaves its source
  Offset looked = 0;                      // how far it was looked for what the sub-offset is about
  std::vector<std::string> to_tell = {};  // the sources that do not know of it yet
  std::set<std::string> made_room_in = {};  // sources that have forgotten forks for it

  Call& call() { return creation->call; }
  const std::string& source_name() const { return creation->wish.fork->source; }
};

void make_room_for_fork(std::shared_ptr<Forking> forking, const std::string& source);

// What a stream has up to an offset. The last part is its own, and may be empty.
std::vector<Inherited> parts_up_to(const std::string& object, const StreamFacts& facts,
                                   Offset offset) {
  std::vector<Inherited> parts;
  if (facts.fork)
    for (Inherited part : facts.fork->parts) {
      if (part.after >= offset) break;
      if (offset < part.part_at) part.part_at = part.part = 0;
      part.to = std::min(part.to, offset);
      parts.push_back(std::move(part));
    }
  parts.push_back({.object = object,
                   .generation = facts.generation,
                   .after = std::min(facts.began_after, offset),
                   .to = offset});
  return parts;
}

// The range of which the content directly behind an offset is, up to a part of that.
Inherited part_behind(const std::string& object, const StreamFacts& facts, Offset offset,
                      Offset part_at, std::uint64_t part) {
  Inherited found{.object = object,
                  .generation = facts.generation,
                  .after = std::max(facts.began_after, offset)};
  if (facts.fork)
    for (const Inherited& each : facts.fork->parts)
      if (offset < each.end()) {
        found.object = each.object;
        found.generation = each.generation;
        found.after = std::max(each.after, offset);
        break;
      }
  found.to = found.after;
  found.part_at = part_at;
  found.part = part;
  return found;
}

std::uint64_t units_of(const session::StreamChunk& chunk, bool json) {
  return json ? streams::count_messages(as_text(chunk.content.view)) : chunk.content.size();
}

void refuse_sub_offset(Forking& forking) {
  forking.call().refuse(
      {ErrorCode::kInvalid, "Stream-Fork-Sub-Offset is behind what is there after the offset"});
}

// ---- telling the sources

std::vector<std::string> sources_of(const streams::Fork& fork) {
  std::set<std::string> names;
  for (const Inherited& part : fork.parts) names.insert(part.object);
  return {names.begin(), names.end()};
}

// Records something about forks in a source, for which its readers need no right to write.
template <typename Change>
void record_in_source(const Call& call, const std::string& source, Change change,
                      log::Done<workspace::Receipt> done) {
  auto make = [change = std::move(change)](const merge::Object& now,
                                           log::Position position) mutable -> Result<Bytes> {
    const streams::Stream* stream = streams::as_stream(now);
    if (stream == nullptr || !stream->exists()) return std::unexpected(no_such_stream());
    change.tail = stream->tail(position);
    return streams::encode(change);
  };
  call.shard.host.get(call.path.workspace)
      .change(source, {.caller = call.caller, .right = Right::kRead}, std::move(make),
              std::move(done));
}

void tell_sources(std::shared_ptr<Forking> forking) {
  if (forking->to_tell.empty()) return create_stream(forking->creation);
  const std::string source = forking->to_tell.back();
  const Call& call = forking->call();
  record_in_source(call, source, streams::ReferStream{.fork = call.path.object},
                   [forking, source](Result<workspace::Receipt> told) {
                     if (!told && told.error().code == ErrorCode::kTooLarge &&
                         forking->made_room_in.insert(source).second)
                       return make_room_for_fork(forking, source);
                     if (!told) return forking->call().refuse(told.error());
                     forking->to_tell.pop_back();
                     tell_sources(forking);
                   });
}

void begin_fork(std::shared_ptr<Forking> forking, std::vector<Inherited> parts) {
  if (parts.size() > streams::kMostInherited)
    return forking->call().refuse(
        {ErrorCode::kTooLarge, "a fork has content of at most 32 other streams"});
  StreamCreation& creation = *forking->creation;
  creation.fork = streams::Fork{*creation.wish.fork, std::move(parts)};
  forking->to_tell = sources_of(*creation.fork);
  tell_sources(std::move(forking));
}

// ---- where it leaves its source

// A sub-offset goes on into what was appended next.
void look_behind(std::shared_ptr<Forking> forking) {
  const StreamFacts& source = forking->source;
  log::ReadLimits limits = session::kStreamPage;
  limits.to = source.position;
  Call& call = forking->call();
  session::read_stream(
      call.shard.store->events(), place_of(call, forking->source_name(), source), forking->looked,
      limits, [forking](Result<session::StreamPage> page) {
        if (!page) return forking->call().refuse(page.error());
        const auto chunk = std::ranges::find_if(
            page->chunks, [](const auto& each) { return each.content.size() > 0; });
        if (chunk == page->chunks.end()) {
          if (page->at_end) return refuse_sub_offset(*forking);
          forking->looked = page->next;
          return look_behind(forking);
        }
        const StreamFacts& facts = forking->source;
        const std::uint64_t sub = forking->creation->wish.fork->sub_offset;
        const std::uint64_t units =
            units_of(*chunk, streams::is_json_type(facts.config.content_type));
        if (sub > units) return refuse_sub_offset(*forking);
        const std::string& name = forking->source_name();
        if (sub == units) return begin_fork(forking, parts_up_to(name, facts, chunk->offset));
        auto parts = parts_up_to(name, facts, forking->offset);
        parts.push_back(part_behind(name, facts, forking->looked, chunk->offset, sub));
        begin_fork(forking, std::move(parts));
      });
}

// What the fork does not say, it has from its source.
Result<void> inherit_config(streams::StreamConfig& config, const streams::StreamConfig& source) {
  if (config.content_type.empty()) config.content_type = source.content_type;
  if (streams::essence_of(config.content_type) != streams::essence_of(source.content_type))
    return fail(ErrorCode::kConflict, "a fork has the content type of its source");
  if (config.ttl_s || config.expires_at_ms) return {};
  config.ttl_s = source.ttl_s;
  config.expires_at_ms = source.expires_at_ms;
  return {};
}

void source_found(std::shared_ptr<StreamCreation> creation, StreamFacts source) {
  if (source.hidden) return creation->call.refuse({ErrorCode::kConflict, gone_stream().message});
  if (auto fits = inherit_config(creation->wish.config, source.config); !fits)
    return creation->call.refuse(fits.error());
  const Offset offset = creation->wish.fork->offset.value_or(source.tail);
  if (offset > source.tail)
    return creation->call.refuse(
        {ErrorCode::kInvalid, "Stream-Fork-Offset is behind the end of the source"});
  const bool goes_on = creation->wish.fork->sub_offset > 0;
  auto forking =
      std::make_shared<Forking>(Forking{std::move(creation), std::move(source), offset, offset});
  if (goes_on) return look_behind(std::move(forking));
  begin_fork(forking, parts_up_to(forking->source_name(), forking->source, offset));
}

}  // namespace

void create_fork(std::shared_ptr<StreamCreation> creation) {
  Call& call = creation->call;
  auto source = stream_named_by(creation->wish.fork->source, call.path.name);
  if (!source) return call.refuse(source.error());
  if (*source == call.path.object)
    return call.refuse({ErrorCode::kConflict, "a stream is no fork of itself"});
  if (auto within = identity::check_scope(call.caller.principal, call.path.name, *source); !within)
    return call.refuse(within.error());
  creation->wish.fork->source = *source;
  find_stream(call, *source, [creation](Result<StreamFacts> facts) {
    facts ? source_found(creation, std::move(*facts)) : creation->call.refuse(facts.error());
  });
}

namespace {

// Tells the sources from the last one on.
void confirm_next(std::shared_ptr<StreamCreation> creation, workspace::Receipt receipt,
                  std::vector<std::string> sources) {
  if (sources.empty()) return answer_creation(*creation, receipt);
  const std::string source = std::move(sources.back());
  sources.pop_back();
  const Call& call = creation->call;
  record_in_source(call, source, streams::ConfirmFork{.fork = call.path.object},
                   [creation, receipt = std::move(receipt),
                    sources = std::move(sources)](Result<workspace::Receipt> told) mutable {
                     if (told)
                       return confirm_next(creation, std::move(receipt), std::move(sources));
                     const ErrorCode code = told.error().code;
                     if (code != ErrorCode::kNotFound && code != ErrorCode::kGone &&
                         code != ErrorCode::kConflict)
                       return creation->call.refuse(told.error());
                     workspace::Deletion wish{.caller = creation->call.caller,
                                              .object = creation->call.path.object};
                     wish.reason = "its source was deleted while it began";
                     creation->call.shard.host.get(creation->call.path.workspace)
                         .delete_object(std::move(wish), [creation](Result<workspace::Receipt>) {
                           creation->call.refuse({ErrorCode::kConflict,
                                                  "the source was deleted while the fork began"});
                         });
                   });
}

}  // namespace

void confirm_fork(std::shared_ptr<StreamCreation> creation, workspace::Receipt receipt) {
  auto sources = sources_of(*creation->fork);
  confirm_next(std::move(creation), std::move(receipt), std::move(sources));
}

// ---- who needs a stream

namespace {

// A look through the forks that a stream has heard of.
struct NeedLook {
  std::shared_ptr<Call> call;
  std::string object;
  std::uint64_t generation;
  std::set<std::string> forks;  // that were not looked at yet
  log::Done<bool> done;
};

// A fork that is hidden itself shows nothing any more: those who have content of it say themselves what they need.
bool needs(const Result<StreamFacts>& fork, const NeedLook& look) {
  if (!fork) return fork.error().code != ErrorCode::kNotFound;  // then nobody knows
  if (fork->hidden || !fork->fork) return false;
  return std::ranges::any_of(fork->fork->parts, [&](const Inherited& part) {
    return part.object == look.object && part.generation == look.generation;
  });
}

void look_at_next(std::shared_ptr<NeedLook> look) {
  if (look->forks.empty()) return look->done(false);
  const std::string fork = std::move(look->forks.extract(look->forks.begin()).value());
  find_stream(*look->call, fork, [look](Result<StreamFacts> facts) {
    needs(facts, *look) ? look->done(true) : look_at_next(look);
  });
}

// Looks which of its forks a source may forget.
struct RoomLook {
  std::shared_ptr<Forking> forking;
  NeedLook source;
  std::vector<std::string> needless = {};
};

void look_for_room(std::shared_ptr<RoomLook> look) {
  Forking& forking = *look->forking;
  if (look->source.forks.empty()) {
    if (look->needless.empty()) return tell_sources(look->forking);  // it is refused again
    return record_in_source(forking.call(), look->source.object,
                            streams::ForgetForks{.forks = std::move(look->needless)},
                            [look](Result<workspace::Receipt> forgotten) {
                              if (!forgotten)
                                return look->forking->call().refuse(forgotten.error());
                              tell_sources(look->forking);
                            });
  }
  std::string fork = std::move(look->source.forks.extract(look->source.forks.begin()).value());
  find_stream(forking.call(), fork, [look, fork](Result<StreamFacts> facts) {
    if (!needs(facts, look->source)) look->needless.push_back(fork);
    look_for_room(look);
  });
}

void make_room_for_fork(std::shared_ptr<Forking> forking, const std::string& source) {
  find_stream(forking->call(), source, [forking, source](Result<StreamFacts> facts) {
    if (!facts) return forking->call().refuse(facts.error());
    NeedLook look{.call = nullptr,
                  .object = source,
                  .generation = facts->generation,
                  .forks = std::move(facts->forks),
                  .done = nullptr};
    look_for_room(std::make_shared<RoomLook>(RoomLook{forking, std::move(look)}));
  });
}

struct Releasing {
  std::shared_ptr<Call> call;
  std::vector<std::string> sources;  // that were not looked at yet; the last one is next
  Task done;

  void add(const streams::Fork& fork) {
    for (const Inherited& part : fork.parts)
      if (std::ranges::find(sources, part.object) == sources.end()) sources.push_back(part.object);
  }
};

void release_next(std::shared_ptr<Releasing> releasing);

// Whoever may not delete the source leaves it hidden.
void release(std::shared_ptr<Releasing> releasing, const std::string& source, StreamFacts facts) {
  workspace::Deletion wish{.caller = releasing->call->caller, .object = source};
  wish.reason = "the last fork that needed it was deleted";
  wish.allow = with_these_forks(facts);
  releasing->call->shard.host.get(releasing->call->path.workspace)
      .delete_object(std::move(wish),
                     [releasing, facts = std::move(facts)](Result<workspace::Receipt> deleted) {
                       if (deleted && facts.fork) releasing->add(*facts.fork);
                       release_next(releasing);
                     });
}

void release_next(std::shared_ptr<Releasing> releasing) {
  if (releasing->sources.empty()) return releasing->done();
  const std::string source = std::move(releasing->sources.back());
  releasing->sources.pop_back();
  find_stream(*releasing->call, source, [releasing, source](Result<StreamFacts> facts) {
    if (!facts || !facts->hidden) return release_next(releasing);
    StreamFacts found = *facts;
    is_needed(releasing->call, source, std::move(found),
              [releasing, source, facts = std::move(*facts)](Result<bool> needed) mutable {
                if (!needed || *needed) return release_next(releasing);
                release(releasing, source, std::move(facts));
              });
  });
}

}  // namespace

void is_needed(std::shared_ptr<Call> call, std::string object, StreamFacts facts,
               log::Done<bool> done) {
  look_at_next(
      std::make_shared<NeedLook>(NeedLook{std::move(call), std::move(object), facts.generation,
                                          std::move(facts.forks), std::move(done)}));
}

void release_sources(std::shared_ptr<Call> call, const streams::Fork& fork, Task done) {
  auto releasing = std::make_shared<Releasing>(Releasing{std::move(call), {}, std::move(done)});
  releasing->add(fork);
  release_next(std::move(releasing));
}

}  // namespace syncline::api
