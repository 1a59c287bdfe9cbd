// McpNotes: what a session of the Model Context Protocol is told by the server: which of the documents have changed that it
// has subscribed to. https://modelcontextprotocol.io/specification/2025-11-25/server/resources#subscriptions
//
// A subscription is a feed of the events of one object (session/event_feed.h), on the loop of its workspace. So for each
// batch it is asked anew whether the caller may read the object. The feed tells the loop of the session that there was
// something, and reads on kNoteMs later: so a document that is written fast costs a note in that time.
//
// A note is a flag of its subscription until the stream of the session takes it. So a client without a stream, or with one
// that it does not read, costs nothing more, and learns of each changed document once when it reads.
//
// Thread-safety: none; it lives on the loop of its session, which owns it (session::Agents). The functions below are called
// on the loops that they name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/live_answer.h"
#include "api/mcp_tools.h"
#include "api/route.h"
#include "node/shards.h"
#include "session/agents.h"
#include "syncline/error.h"

namespace syncline::api {

class McpNotes final : public session::Agents::Attached {
 public:
  static constexpr std::size_t kMostWatched = 32;
  static constexpr std::size_t kMostUriBytes = 8192;
  static constexpr std::uint64_t kNoteMs = 1000;

  // `number`: of the session, on this loop.
  McpNotes(const node::Shards& shards, std::uint64_t number) : shards_(shards), number_(number) {}
  ~McpNotes() override;
  McpNotes(const McpNotes&) = delete;
  McpNotes& operator=(const McpNotes&) = delete;

  std::uint64_t number() const { return number_; }
  bool in_use() const override { return way_ != nullptr; }

  // ---- the stream. A new one replaces the one before.
  void begin_stream(Call call);
  void more(std::uint64_t stream);
  void left(std::uint64_t stream);

  // ---- subscriptions
  // A ticket for the subscription, whose feed has yet to begin; 0: there is one already. kTooLarge: there are too many.
  Result<std::uint64_t> reserve(const std::string& uri);
  // False: the subscription has ended meanwhile, and the feed must end.
  bool begun(const std::string& uri, std::uint64_t ticket, std::size_t loop, std::uint64_t feed);
  void changed(const std::string& uri, std::uint64_t ticket);
  void remove(const std::string& uri, std::uint64_t ticket = 0);  // 0: whichever it is
  void ended(const std::string& uri, std::uint64_t ticket);       // its feed has

 private:
  struct Watch {
    std::uint64_t ticket = 0;
    std::size_t loop = 0;
    std::uint64_t feed = 0;  // 0: it has not begun
    bool changed = false;    // and the client was not told
  };

  void flush();
  void end_feed(const Watch& watch) const;

  const node::Shards& shards_;
  const std::uint64_t number_;
  std::map<std::string, Watch> watches_;  // by uri
  std::uint64_t last_ticket_ = 0;
  std::unique_ptr<WayToAnswer> way_;  // nullptr: there is no stream
  std::uint64_t stream_ = 0;          // its number
  bool wanted_ = false;               // the stream has room
};

// Those of a session of this caller; nullptr: there is no such session. On its loop.
McpNotes* notes_of(node::Shard& shard, const node::Shards& shards, std::string_view session,
                   const identity::Principal& principal);

// Begins the feed of a subscription, for which a ticket was reserved on the loop of the session, and answers on some loop.
struct McpWatchOrder {
  const node::Shards& shards;
  identity::Caller caller;
  std::string workspace;  // with its tenant
  std::string object;
  std::string uri;
  std::size_t session_loop = 0;
  std::uint64_t session_number = 0;
  std::uint64_t ticket = 0;
};
void begin_watch(McpWatchOrder order, std::move_only_function<void(Result<void>)> done);

}  // namespace syncline::api
