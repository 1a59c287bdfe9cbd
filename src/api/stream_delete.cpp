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

// Somebody wants it deleted, or it has come to the end of its life.
enum class Why : std::uint8_t { kAsked, kOver };

void look_and_delete(std::shared_ptr<Call> call, Why why, int looks);

// A fork may have begun since somebody looked for forks.
void remove_stream(std::shared_ptr<Call> call, Why why, StreamFacts facts, int looks) {
  workspace::Deletion wish{.caller = call->caller, .object = call->path.object};
  wish.allow = with_these_forks(facts);
  if (why == Why::kOver) {
    wish.reason = "the stream has come to the end of its life";
    wish.allow = while_over(*call, facts);
  }
  call->shard.host.get(call->path.workspace)
      .delete_object(std::move(wish),
                     [call, why, facts = std::move(facts), looks](Result<workspace::Receipt> deleted) {
                       if (!deleted && deleted.error().code == ErrorCode::kConflict && looks > 1)
                         return look_and_delete(call, why, looks - 1);
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

void look_and_delete(std::shared_ptr<Call> call, Why why, int looks) {
  auto found = [call, why, looks](Result<StreamFacts> facts) {
    if (!facts) return call->refuse(facts.error());
    StreamFacts copy = *facts;
    is_needed(call, call->path.object, std::move(copy),
              [call, why, facts = std::move(*facts), looks](Result<bool> needed) mutable {
                if (!needed) return call->refuse(needed.error());
                if (!*needed) return remove_stream(call, why, std::move(facts), looks);
                facts.hidden ? call->refuse(gone_stream()) : hide_stream(call);
              });
  };
  const std::string& object = call->path.object;
  why == Why::kOver ? find_over_stream(*call, object, std::move(found))
                    : find_stream(*call, object, std::move(found));
}

}  // namespace

void delete_stream(Call asked) {
  look_and_delete(std::make_shared<Call>(std::move(asked)), Why::kAsked, kLooks);
}

void delete_over_stream(Call asked) {
  look_and_delete(std::make_shared<Call>(std::move(asked)), Why::kOver, kLooks);
}

}  // namespace syncline::api
