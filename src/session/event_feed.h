// EventFeed: one reader who follows the durable events of a workspace, from a position on.
//
// A feed is a session like those of editors (session/feed_session.h), and each event is shown only if its caller may read
// the object at that moment. Who did what is history: without that right, only the fact is shown that the object has
// changed.
// It reads the next events when its reader has taken those before, so a slow reader costs what one batch takes.
//
// Thread-safety: none; a feed lives on the loop of its workspace. Ownership: EventFeeds own the feeds of a loop. What
// the reader needs of other loops it reaches by posting, with the feed's id as the way back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/pieces.h"
#include "identity/caller.h"
#include "session/event_tail.h"
#include "session/feed_session.h"
#include "session/limits.h"
#include "session/session_table.h"
#include "syncline/error.h"
#include "workspace/followers.h"
#include "workspace/host.h"

namespace syncline::session {

struct FeedOrder {
  identity::Caller caller;
  TailPlace place;
  std::string prefix;  // only of objects whose names begin so
  std::string type;    // only of objects of this type; "": of all
  bool follow = true;  // false: it ends with what there is
};

// Where the events of a feed go. Destroyed with the feed.
class FeedReader {
 public:
  virtual ~FeedReader() = default;
  // The texts of events (TailEvent), in order; there may be none. `next`: where to go on. The feed then waits for more().
  virtual void take(std::vector<SharedPiece> events, log::Position next) = 0;
  // There is nothing behind that at present. It goes on when there is.
  virtual void at_end(log::Position /*next*/) {}
  // The last call, unless the feed was ended by EventFeeds::end(). Without an error, all was given that there is.
  virtual void end(const Result<void>& how) = 0;
};

class EventFeeds;

class EventFeed final : public FeedSession, workspace::Follower {
 public:
  EventFeed(EventFeeds& feeds, std::uint64_t id, FeedOrder order,
            std::unique_ptr<FeedReader> reader);

  // Errors: those of FeedSession::take_place().
  Result<void> begin();
  // The reader has room for a batch.
  void more();

  SessionInfo info() const override;

 private:
  struct Judged;

  void on_durable(log::Position to) override;
  void on_closed(const Error& why) override;
  friend class EventFeeds;  // for on_closed()

  void look();
  void judge(std::shared_ptr<Judged> judged);
  void give(const Judged& judged);
  void finish(Result<void> how) override;

  EventFeeds& feeds_;
  const std::uint64_t id_;
  FeedOrder order_;
  const std::unique_ptr<FeedReader> reader_;
  workspace::Followers::Place following_;
  bool wanted_ = false;   // the reader has room
  bool reading_ = false;  // a batch is read or judged
  bool fresh_ = true;     // there may be events at the place that nobody has looked for
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

class EventFeeds {
 public:
  // All of these must outlive the feeds.
  EventFeeds(workspace::Host& host, SessionTable& sessions, Counters& counters)
      : host_(host), sessions_(sessions), counters_(counters), tail_(host.log()) {}
  EventFeeds(const EventFeeds&) = delete;
  EventFeeds& operator=(const EventFeeds&) = delete;

  // Begins a feed, which first waits for more(). Its id; or why it cannot begin (EventFeed::begin).
  Result<std::uint64_t> begin(FeedOrder order, std::unique_ptr<FeedReader> reader);
  // nullptr: it has ended.
  EventFeed* find(std::uint64_t id) const;
  // The reader has left.
  void end(std::uint64_t id) { feeds_.erase(id); }
  // The server stops: tells all readers, who come back elsewhere or later.
  void end_all();

  std::size_t size() const { return feeds_.size(); }
  const EventTail& tail() const { return tail_; }

 private:
  friend class EventFeed;

  workspace::Host& host_;
  SessionTable& sessions_;
  Counters& counters_;
  EventTail tail_;
  std::map<std::uint64_t, std::unique_ptr<EventFeed>> feeds_;
  std::uint64_t last_id_ = 0;
};

}  // namespace syncline::session
