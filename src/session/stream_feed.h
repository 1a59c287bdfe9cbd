// StreamFeed: one reader who follows a stream (streams/stream.h), from an offset on.
//
// A feed is a session like those of editors (session/feed_session.h), and a subscriber of its object. What is there
// already it reads from the log, a page whenever its reader has room. When there is no more, it passes on what the
// workspace tells of the object, without a look at the log. If its reader has no room then, nothing is kept for him: he gets
// that from the log, later. So a reader who waits costs his place, and what is appended is made into an event once for all
// who wait for it.
//
// Thread-safety: none; a feed lives on the loop of its workspace. Ownership: StreamFeeds own the feeds of a loop. What the
// reader needs of other loops it reaches by posting, with the feed's id as the way back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "identity/caller.h"
#include "protocol/stream_sse.h"
#include "session/feed_session.h"
#include "session/stream_pages.h"
#include "streams/read_times.h"
#include "syncline/error.h"
#include "workspace/host.h"
#include "workspace/live_object.h"

namespace syncline::session {

struct StreamOrder {
  identity::Caller caller;
  StreamPlace place;
  streams::Offset after = 0;  // read from there on
};

// Where the content of a feed goes. Destroyed with the feed.
class StreamReader {
 public:
  virtual ~StreamReader() = default;
  // Content, in order; there may be none. Of each piece, `content` is a server-sent event (protocol/stream_sse.h), and
  // empty if there is none. `next`: where to go on. `at_end`: that was all at present. The feed then waits for more().
  virtual void take(std::vector<StreamChunk> chunks, streams::Offset next, bool at_end) = 0;
  // The last call, unless the feed was ended by StreamFeeds::end(). Without an error, the stream is closed, and all of
  // it was given.
  virtual void end(const Result<void>& how) = 0;
};

class StreamFeeds;

class StreamFeed final : public FeedSession, public workspace::Subscriber {
 public:
  StreamFeed(StreamFeeds& feeds, std::uint64_t id, StreamOrder order,
             std::unique_ptr<StreamReader> reader);
  ~StreamFeed() override;

  // Errors: those of FeedSession::take_place().
  Result<void> begin();
  // The reader has room for a page.
  void more();

  SessionInfo info() const override;

 private:
  void on_change(const workspace::Delivery& change) override;
  void on_presence(const workspace::Delivery&) override {}
  void on_rights() override;
  void on_deleted(const Error& why) override;
  void on_lost(const Error& why) override;

  void subscribed(Result<workspace::LiveObject*> live);
  void look();
  void give(StreamPage page);
  void pass_on(std::vector<StreamChunk> chunks, bool at_end);
  void finish(Result<void> how) override;
  friend class StreamFeeds;  // for finish()

  StreamFeeds& feeds_;
  const std::uint64_t id_;
  StreamOrder order_;
  const std::unique_ptr<StreamReader> reader_;
  const protocol::StreamForm form_;
  workspace::LiveObject* live_ = nullptr;  // nullptr: it is not subscribed
  bool opening_ = false;                   // its subscription is not answered yet
  log::Position known_ = 0;                // the last event of the object, durable or not
  log::Position durable_ = 0;              // the last one that was told
  bool wanted_ = false;                    // the reader has room
  bool reading_ = false;                   // a page is read
  bool told_end_ = false;                  // the reader knows that this is the end at present
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

class StreamFeeds {
 public:
  // All of these must outlive the feeds.
  StreamFeeds(workspace::Host& host, SessionTable& sessions, Counters& counters)
      : host_(host),
        sessions_(sessions),
        counters_(counters),
        read_times_(host.scheduler().unix_ms()) {}
  StreamFeeds(const StreamFeeds&) = delete;
  StreamFeeds& operator=(const StreamFeeds&) = delete;

  // Begins a feed, which first waits for more(). Its id; or why it cannot begin (StreamFeed::begin).
  Result<std::uint64_t> begin(StreamOrder order, std::unique_ptr<StreamReader> reader);
  // nullptr: it has ended.
  StreamFeed* find(std::uint64_t id) const;
  // The reader has left.
  void end(std::uint64_t id) { feeds_.erase(id); }
  // The server stops: tells all readers, who come back elsewhere or later.
  void end_all();

  // When the streams of this loop were read.
  streams::ReadTimes& read_times() { return read_times_; }
  std::size_t size() const { return feeds_.size(); }

 private:
  friend class StreamFeed;

  workspace::Host& host_;
  SessionTable& sessions_;
  Counters& counters_;
  streams::ReadTimes read_times_;
  std::map<std::uint64_t, std::unique_ptr<StreamFeed>> feeds_;
  std::uint64_t last_id_ = 0;
};

}  // namespace syncline::session
