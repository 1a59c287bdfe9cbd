// EventFeed: one reader who follows the durable events of a workspace, from a position on.
//
// A feed is a session like those of editors: it has a place among the connections of its tenant, operators see it and
// end it, it ends with its token, and each event is shown only if its caller may read the object at that moment. Who did
// what is history: without that right, only the fact is shown that the object has changed.
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
#include "limits/tenants.h"
#include "session/event_tail.h"
#include "session/limits.h"
#include "session/session_table.h"
#include "session/token_life.h"
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
  // Whole server-sent events, in order; there may be none. `next`: where to go on. The feed then waits for more().
  virtual void take(std::vector<SharedPiece> events, log::Position next) = 0;
  // The last call, unless the feed was ended by EventFeeds::end(). Without an error, all was given that there is.
  virtual void end(const Result<void>& how) = 0;
};

class EventFeeds;

class EventFeed final : public LiveSession, TokenLife::Holder, workspace::Follower {
 public:
  EventFeed(EventFeeds& feeds, std::uint64_t id, FeedOrder order,
            std::unique_ptr<FeedReader> reader);

  // kUnavailable: the tenant has as many connections as it may. kUnauthorized: the token is no longer valid.
  Result<void> begin();
  // The reader has room for a batch.
  void more();

  SessionInfo info() const override;
  void kick() override;
  void end_revoked(const identity::Revocations& revocations) override;
  void look_again(const identity::Revocations& outdated) override;

 private:
  struct Judged;

  void token_expired() override;
  void on_durable() override;
  void on_closed(const Error& why) override;
  friend class EventFeeds;  // for on_closed()

  void look();
  void judge(std::shared_ptr<Judged> judged);
  void give(const Judged& judged);
  void finish(Result<void> how);

  EventFeeds& feeds_;
  const std::uint64_t id_;
  FeedOrder order_;
  const std::unique_ptr<FeedReader> reader_;
  limits::Place place_;
  Seat seat_;
  std::unique_ptr<TokenLife> life_;
  workspace::Followers::Place following_;
  bool wanted_ = false;   // the reader has room
  bool reading_ = false;  // a batch is read or judged
  bool fresh_ = true;     // there may be events at the place that nobody has looked for
  bool ended_ = false;
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
