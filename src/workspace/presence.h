// Presence: who is present on an object: awareness (syncline/crdt/awareness.h), with an owner for
// every client.
//
// An awareness update names clients, and the connection that sent it owns them. When the connection
// ends, its clients are removed at once. A client that nobody renews for 30 s is removed, too.
//
// Nobody speaks for a client that another connection owns: such an entry is ignored, whether it is
// an echo (some clients send back to the server everything that they hear of others) or a forgery.
// An owner that was silent for 20 s has lost its connection, because published clients renew their
// state every 15 to 18 s; then news from another connection makes that one the owner.
//
// Reconnects. A client that reconnects announces its state with the clock that it had before. But
// at that clock its peers were told that it is gone, so they would ignore it until it renews
// itself, up to 15 s later. So an entry from a connection that joined after the client had gone is
// taken as the client itself, and others are told of it at once, with a higher clock. Until the
// client's own clock has caught up, its states are sent to others with clocks that the server
// chooses. The client itself is never told a clock more than one above its own, because it would
// take a higher clock for its own state and must not be reset to an earlier state. If the old
// connection still exists when the new one announces the client (its loss was not noticed yet), the
// new connection is the heir: it becomes the owner when the old one ends, or was silent for 20 s.
//
// Clocks. Whoever has heard of a clock ignores lower ones for ever. A clock over 2^32, which no
// honest client reaches, is told as 2^32, so there is always a higher one to tell. When the server
// forgets a client with such a clock, it remembers the highest one, and tells of unknown clients
// with higher ones.
//
// Stamps (stamp.h). With a stamp, each state that a connection sends is told with the identity of that connection.
// Then only a connection of the same principal can be an heir, because it takes over the last state. Without one,
// a state is told without the claim to be verified.
//
// Limits (PresenceLimits). What is over a limit is dropped, and the rest of the message is accepted.
// A client whose state is dropped counts as gone. If an object holds too much, the connection that
// holds most loses its clients, so nobody can take the room of others. Clients that have gone count
// as those of their connection as long as they are remembered, for 30 s.
//
// Memory. What a connection has here is charged to the cell with which it joined (base/memory_cell.h).
// If there is no room, a connection that already has some presence can add none; one that has little can.
// While memory is short, shed() takes from the connection that holds most.
//
// Costs. What concerns a connection costs what that connection has, and not what the object has; there
// is a count of such steps (steps()). expire() looks at the clients whose time is over, and at those with an
// heir. Those who join between two changes share one list of everybody.
//
// Thread-safety: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/memory_cell.h"
#include "base/rarely.h"
#include "syncline/bytes.h"
#include "syncline/crdt/awareness.h"
#include "syncline/error.h"
#include "workspace/delivery.h"
#include "workspace/few_clients.h"
#include "workspace/stamp.h"

namespace syncline::workspace {

class Subscriber;

inline constexpr std::size_t kMaxPresenceClientsPerOwner = 100;

// A published client speaks for itself alone, with a state of far less than 1 KiB; a proxy speaks
// for the tabs and devices behind it.
struct PresenceLimits {
  std::size_t connection_clients = kMaxPresenceClientsPerOwner;  // present, or gone and remembered
  std::size_t connection_bytes = std::size_t{256} << 10;         // of their states
  // What a newcomer is sent is so much and about 20 bytes for each client.
  std::size_t object_clients = 10'000;
  std::size_t object_bytes = std::size_t{4} << 20;
};

class Presence {
  using Clients = std::vector<crdt::ClientId>;  // sorted; at most about connection_clients

 public:
  // What is known of one connection. The connection keeps it, so that it is found without a search; only Presence
  // looks at it.
  class Connection {
    friend class Presence;

    // What few have.
    struct Further {
      Clients gone = {};                           // that it owned when they went
      std::optional<crdt::ClientId> heir_of = {};  // that it announced as another connection's heir
      Clients untold = {};
      std::optional<Stamp> stamp = {};  // of its last update
    };

    std::uint64_t joined = 0;  // turn of its join; 0: it is not here
    FewClients owned = {};
    std::uint32_t bytes = 0;  // of the states of the owned ones
    bool spoke = false;
    std::unique_ptr<Further> further = nullptr;  // nullptr: nothing of that
    MemoryCharge charge = {};

    Further& more() {
      if (further == nullptr) further = std::make_unique<Further>();
      return *further;
    }
    std::size_t clients() const { return owned.size() + (further ? further->gone.size() : 0); }
  };

  // The result of an update, as awareness updates to pass on; empty: nothing changed.
  struct News {
    Bytes others;  // for all connections except the sender
    Bytes sender;  // for the sender
    // The reason, if a part was dropped: kTooLarge, or kMalformed for a state that is no JSON.
    std::optional<Error> dropped;
  };

  // An awareness update for all connections except one (nullptr: for all).
  struct Told {
    Bytes update;
    const Subscriber* except = nullptr;
  };

  // `memory`: where that is charged which belongs to no connection.
  explicit Presence(PresenceLimits limits = {}, SharedCell memory = nullptr);

  // From now on, the connection gets the presence of all clients. It must leave before it is
  // destroyed. What it has is charged to `memory`.
  void join(const Subscriber& connection, SharedCell memory = nullptr);

  // Applies an encoded awareness update. kMalformed: nothing changed. It parses about as many bytes of states as a
  // connection may have, whatever the message contains.
  // `stamp`: is written into the states; nullptr: none.
  Result<News> update(const Subscriber& sender, ByteView update, std::uint64_t now_ms,
                      const Stamp* stamp = nullptr);

  // The name that the connection shows for its client (claimed_name()); "" if it shows none.
  std::string name_of(const Subscriber& connection) const;

  // Nobody is told of this news yet. take_untold() returns the newest states of all clients that
  // such news was about.
  void leave_untold(const Subscriber& sender, const News& news);
  News take_untold(const Subscriber& sender);

  // Removes the clients of the connection. Returns the update that reports this; empty if it had
  // none.
  std::optional<Bytes> leave(const Subscriber& connection, std::uint64_t now_ms);

  // Removes the clients that were not renewed in time, and gives those of silent owners to their
  // heirs. Call it every few seconds.
  std::vector<Told> expire(std::uint64_t now_ms);

  // Takes from the connection that holds most, if it holds at least `much` bytes of memory, all its
  // clients. Returns the update that reports this. The clients are remembered for 30 s and count until
  // then, so `much` should be more than connection_clients without states need (512 bytes each).
  std::optional<Bytes> shed(std::uint64_t much, std::uint64_t now_ms);

  // All present clients as an awareness update for this connection; nullptr if there are none.
  // Connections share it until something changes, except those whose own clients are told with other clocks
  // (see Reconnects).
  std::shared_ptr<const Diff> everybody(const Subscriber& to);

  // The same, including clients that left recently, for a connection that may have missed this.
  std::shared_ptr<const Diff> everybody_and_gone(const Subscriber& to);

  // What is remembered: clients, present or gone, and the bytes of their states.
  std::size_t clients() const { return awareness_.clients().size(); }
  std::size_t bytes() const { return bytes_; }
  // Times that a connection lost its clients because the object held too much.
  std::uint64_t evictions() const { return evictions_; }
  // The memory that is charged for it.
  std::uint64_t memory_bytes() const { return memory_bytes_; }

  // Clients looked at since the start, for what concerns one connection or the time; and lists of everybody that were
  // encoded. For tests.
  std::uint64_t steps() const { return steps_; }
  std::uint64_t lists() const { return lists_; }
  // Bytes of states that were parsed since the start. For tests.
  std::uint64_t parsed_bytes() const { return parsed_bytes_; }

 private:
  using Clock = std::uint64_t;

  struct Owner {
    const Subscriber* connection = nullptr;
    Clock clock = 0;  // the last clock that the connection sent: the client's own
    Clock told = 0;   // the clock under which the connection was told of its own client; 0: none
    std::uint32_t bytes = 0;  // of its state
  };
  // A connection that announced a client as its own while the connection of the owner existed. It is the next owner.
  struct Heir {
    const Subscriber* connection = nullptr;
    Clock clock = 0;  // the last one that it sent
  };
  struct Gone {
    std::uint64_t turn = 0;
    const Subscriber* connection = nullptr;  // that owned it; nullptr: it has left, too
  };
  struct Taking;

  static Connection& of(const Subscriber& connection);
  template <typename Size>
  const Subscriber* who_has_most(Size size) const;
  std::optional<Clock> news_clock(const Subscriber& sender, const crdt::AwarenessEntry& entry,
                                  std::uint64_t now_ms);
  std::optional<Clock> own_news_clock(Owner& owner, const crdt::Awareness::Client& client,
                                      const crdt::AwarenessEntry& entry) const;
  void note_heir(const Subscriber& sender, const crdt::AwarenessEntry& entry);
  bool hear_heir(const Subscriber& sender, const crdt::AwarenessEntry& entry);
  Result<void> check_states(const Subscriber& sender, std::span<crdt::AwarenessEntry> entries,
                            Taking& taking);
  bool look_at(crdt::AwarenessEntry& entry, Taking& taking);
  bool may_inherit(const Connection& heir, const Owner& owner) const;
  void take(const Subscriber& sender, crdt::AwarenessEntry& entry, bool checked,
            std::uint64_t now_ms, Taking& taking);
  void drop_state(crdt::AwarenessEntry news, std::uint64_t now_ms, Taking& taking);
  void apply(const crdt::AwarenessEntry& news, std::uint64_t now_ms);

  Result<void> check_share(const Subscriber& sender, const crdt::AwarenessEntry& entry) const;
  bool make_room(const Subscriber& sender, const crdt::AwarenessEntry& entry, std::uint64_t now_ms,
                 Taking& taking);
  std::vector<crdt::AwarenessEntry> evict(const Subscriber& connection, std::uint64_t now_ms);
  void charge(Connection& connection);
  void charge_orphans();
  void forget(crdt::ClientId client);
  void remember_clock(Clock clock);

  void own(const Subscriber& sender, const crdt::AwarenessEntry& entry);
  void disown(crdt::ClientId client);
  void depart(crdt::ClientId client);
  void come_back(crdt::ClientId client);
  void hand_over(std::uint64_t now_ms, std::vector<Told>& all);

  Clock tell_clock(const Subscriber& to, crdt::ClientId client, Clock clock);
  std::shared_ptr<const Diff> states_for(const Subscriber& to, bool with_gone);
  std::shared_ptr<const Diff> list_for(const Subscriber& to, bool with_gone);
  bool may_share(const Subscriber& to);
  void forget_lists();
  std::optional<Bytes> told(const crdt::AwarenessChange& change);

  const PresenceLimits limits_;
  crdt::Awareness awareness_;
  std::map<crdt::ClientId, Owner> owners_;
  Rarely<std::map<crdt::ClientId, Heir>> heirs_;  // of owned ones
  Rarely<std::map<crdt::ClientId, Gone>> gone_;   // while awareness_ knows them
  Rarely<std::map<std::uint64_t, crdt::ClientId>>
      orphans_;  // of these, without a connection; by turn
  MemoryCharge orphans_charge_;
  std::array<std::shared_ptr<const Diff>, 2> shared_ =
      {};  // lists as of now: without and with those gone
  std::size_t bytes_ = 0;
  std::uint64_t memory_bytes_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t lists_ = 0;
  std::uint64_t parsed_bytes_ = 0;
  Clock forgotten_clock_ = 0;  // the highest one over 2^32 of a client that was forgotten
  std::uint64_t evictions_ = 0;
  std::uint64_t turn_ = 0;  // counts joins and departures, to give them an order
};

}  // namespace syncline::workspace
