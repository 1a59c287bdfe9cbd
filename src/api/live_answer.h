// LiveAnswer: an answer of server-sent events that goes on as long as its feed does (session/event_feed.h,
// session/stream_feed.h).
//
// The feed lives on the loop of the workspace, and the answer on that of its connection ("home"). They talk by tasks: the
// feed gives a batch, and the answer asks for the next one when most of it was taken. So a slow reader costs one batch.
//
//   auto reader = …;                                  // the feed's end, with a WayToAnswer
//   auto id = call.shard.feeds.begin(order, reader);  // the feed first waits
//   begin_live_answer(std::move(call), way, *id, how);
//
// Thread-safety: a WayToAnswer belongs to the loop of the feed, and a LiveAnswer to the loop of its connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/route.h"
#include "base/pieces.h"
#include "base/scheduler.h"
#include "http/exchange.h"
#include "node/shards.h"

namespace syncline::api {

// How an answer is sent, and how it speaks to its feed. The functions run on the loop of the feed.
struct LiveHow {
  http::Response head;
  std::string first;          // is written at once; may be empty
  std::uint64_t most_ms = 0;  // the answer ends after this time; 0: it does not
  void (*more)(node::Shard& shard, std::uint64_t feed) = nullptr;
  void (*leave)(node::Shard& shard, std::uint64_t feed) = nullptr;
};

class LiveAnswer;

// The feed's end of the way to the answer.
class WayToAnswer {
 public:
  explicit WayToAnswer(Scheduler& home);
  ~WayToAnswer();
  WayToAnswer(const WayToAnswer&) = delete;
  WayToAnswer& operator=(const WayToAnswer&) = delete;

  // Sends these, whole events each; then the answer asks for more.
  void send(std::vector<SharedPiece> events);
  // Sends it, and the answer asks for nothing.
  void send_besides(SharedPiece event);
  // Ends the answer, after these last words, which may be empty. `how`: what is answered if it has not begun.
  void end(std::string last_words, const Result<void>& how);

  // What the answer knows of it; used on its loop alone.
  struct State {
    std::shared_ptr<LiveAnswer> answer;  // nullptr: it has not begun, or the feed is gone
    std::optional<Result<void>> ended;   // before it had begun
    bool over = false;                   // the feed is gone
  };
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  Scheduler& home_;
  std::shared_ptr<State> state_;
};

// Begins the answer of a feed that has just begun, and asks the feed for its first batch.
void begin_live_answer(Call call, std::shared_ptr<WayToAnswer::State> way, std::uint64_t feed,
                       LiveHow how);

// The head of an answer of server-sent events.
http::Response event_stream_head();

}  // namespace syncline::api
