// Deleting a stream: DELETE.
//
// A stream that forks have content of is only hidden: it answers 410 until the last of them is deleted. Otherwise it is
// deleted as any object (docs/deletion.md), and can be undeleted as long as the workspace says.
#include <memory>
#include <utility>

#include "api/stream_handlers.h"
#include "api/support.h"
#include "streams/stream.h"

namespace syncline::api {
namespace {

constexpr int kLooks = 16;

void look_and_delete(std::shared_ptr<Call> call, int looks);

// A fork may have begun since somebody looked for forks.
void remove_stream(std::shared_ptr<Call> call, StreamFacts facts, int looks) {
  workspace::Deletion wish{.caller = call->caller, .object = call->path.object};
  wish.allow = with_these_forks(facts);
  call->shard.host.get(call->path.workspace)
      .delete_object(std::move(wish),
                     [call, facts = std::move(facts), looks](Result<workspace::Receipt> deleted) {
                       if (!deleted && deleted.error().code == ErrorCode::kConflict && looks > 1)
                         return look_and_delete(call, looks - 1);
                       if (!deleted) return call->refuse(deleted.error());
                       if (!facts.fork) return call->answer(no_content());
                       release_sources(call, *facts.fork, [call] { call->answer(no_content()); });
                     });
}

void hide_stream(std::shared_ptr<Call> call) {
  workspace::Workspace::Author author{.caller = call->caller, .right = Right::kDelete};
  auto make = [](const merge::Object& now, log::Position position) -> Result<Bytes> {
    const streams::Stream* stream = streams::as_stream(now);
    if (stream == nullptr || !stream->exists()) return std::unexpected(no_such_stream());
    return streams::encode(streams::HideStream{.tail = stream->tail(position)});
  };
  call->shard.host.get(call->path.workspace)
      .change(call->path.object, std::move(author), std::move(make),
              [call](Result<workspace::Receipt> hidden) {
                hidden ? call->answer(no_content()) : call->refuse(hidden.error());
              });
}

void look_and_delete(std::shared_ptr<Call> call, int looks) {
  find_stream(*call, call->path.object, [call, looks](Result<StreamFacts> facts) {
    if (!facts) return call->refuse(facts.error());
    StreamFacts found = *facts;
    is_needed(call, call->path.object, std::move(found),
              [call, facts = std::move(*facts), looks](Result<bool> needed) mutable {
                if (!needed) return call->refuse(needed.error());
                if (!*needed) return remove_stream(call, std::move(facts), looks);
                facts.hidden ? call->refuse(gone_stream()) : hide_stream(call);
              });
  });
}

}  // namespace

void delete_stream(Call asked) {
  look_and_delete(std::make_shared<Call>(std::move(asked)), kLooks);
}

}  // namespace syncline::api
