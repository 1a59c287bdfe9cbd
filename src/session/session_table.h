// SessionTable: the sessions of one loop, so that an operator can see and end them.
//
// A session is in the table from its first token to the end of its connection. What the table shows is asked of
// the session at that moment, so a session pays only for its place. A loop may have very many; whoever looks
// through them does so a part at a time (visit), and places do not move meanwhile.
//
// Thread-safety: none; it lives on its loop. The table and what it refers to outlive the sessions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/scheduler.h"
#include "identity/principal.h"
#include "identity/revocations.h"
#include "syncline/error.h"

namespace syncline::session {

// A document that a session has open, with the token that opened it.
struct OpenDocument {
  std::string object;
  identity::Principal principal;
  std::size_t updates_in_flight = 0;  // of the client, not acknowledged yet
  // Events of the object that were dropped because the client does not read; 0: it has all that was queued.
  std::uint64_t lag = 0;
};

struct SessionInfo {
  std::string id = {};         // set by the table
  std::uint64_t since_ms = 0;  // the same; milliseconds since 1970
  std::string_view protocol;   // a constant
  std::string workspace;
  std::string address;  // "203.0.113.5:51234"
  std::size_t queued_bytes =
      0;  // accepted for the client, and not taken by the operating system yet
  std::vector<OpenDocument> documents;
};

class LiveSession {
 public:
  virtual SessionInfo info() const = 0;

  // Both end something in a later turn at the earliest, and tell the client why.
  virtual void kick() = 0;  // the client may come back at once
  virtual void end_revoked(const identity::Revocations& revocations) = 0;
  // What the tokens that these would revoke say is out of date: clients should bring new ones. They are asked for
  // one, or closed so that they come back at once.
  virtual void look_again(const identity::Revocations& outdated) = 0;

 protected:
  ~LiveSession() = default;
};

class SessionTable {
 public:
  // How many sessions one turn looks at.
  static constexpr std::size_t kPerTurn = 256;

  // `loop_index` is a part of ids, so that a node finds the loop of a session.
  SessionTable(Scheduler& loop, Random& random, const identity::Revocations& revocations,
               std::size_t loop_index)
      : loop_(loop), random_(random), revocations_(revocations), loop_index_(loop_index) {}
  SessionTable(const SessionTable&) = delete;
  SessionTable& operator=(const SessionTable&) = delete;

  using Place = std::uint32_t;

  // Places count from 0; a free one is used again.
  Place add(LiveSession& session);
  void remove(Place place);

  // A token that was judged on another loop, or some time ago, is judged again when it opens something here.
  // kUnauthorized if it was revoked or has expired meanwhile.
  Result<void> check(const identity::Principal& principal) const;

  // The session with this id; nullptr: it has ended.
  LiveSession* find(std::string_view id) const;
  // Which loop a session with this id is on; nullopt: it is no id.
  static std::optional<std::size_t> loop_of(std::string_view id);

  // Shows the sessions in at most `count` places from `from` on. Returns the place after them; nullopt: that was
  // the end. `show` must not end a session at once.
  std::optional<Place> visit(Place from, std::size_t count,
                             const std::function<void(LiveSession&, Place)>& show) const;
  SessionInfo info_at(Place place) const;  // of a place that is taken
  static std::optional<Place> place_of(std::string_view id);

  // Ends what is revoked, some sessions each turn. `done` is called when all have been looked at.
  void end_revoked(Task done);
  // Has sessions with such tokens bring new ones, some each turn.
  void look_again(std::shared_ptr<const identity::Revocations> outdated);

  std::size_t size() const { return taken_; }

 private:
  struct Slot {
    LiveSession* session = nullptr;  // nullptr: free
    std::uint64_t secret = 0;        // nobody can guess an id
    std::uint64_t since_ms = 0;
  };

  std::string id_of(Place place) const;
  using Each = std::function<void(LiveSession&)>;
  void for_each_from(Place place, Each each, Task done);

  Scheduler& loop_;
  Random& random_;
  const identity::Revocations& revocations_;
  const std::size_t loop_index_;
  std::vector<Slot> slots_;
  std::vector<Place> free_;
  std::size_t taken_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

// What the client of a session is told that an operator closes. He may come back.
Error kicked();
// … that is to bring a new token. He may come back.
Error outdated_token();

// A session's place in a table, while it exists. Without a table it does nothing.
class Seat {
 public:
  explicit Seat(SessionTable* table) : table_(table) {}
  ~Seat() { leave(); }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  void take(LiveSession& session);  // once; ignored if it has a place
  void leave();

  // As SessionTable::check; without a table, only whether the token has expired.
  Result<void> check(const identity::Principal& principal, const Scheduler& loop) const;

 private:
  static constexpr SessionTable::Place kNone = ~SessionTable::Place{0};

  SessionTable* const table_;
  SessionTable::Place place_ = kNone;
};

}  // namespace syncline::session
