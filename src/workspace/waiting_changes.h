// WaitingChanges: the changes of a workspace that wait for others (merge::Prepared::waits_for).
//
// Nobody knows yet what such a change would touch, so it cannot be judged and is not an event. It
// is stored whole and durably next to the log (log/waiting_store.h), within a budget and for a
// limited time. Nobody sees it, and its author is not told that it is saved. When the changes that
// it needs have arrived, the workspace submits it again as its author's change. It is removed from
// the store in the batch that appends its event.
//
// The waiting changes of an object are in memory while somebody has the object open. They are
// loaded when it is opened.
//
// Each is indexed by one thing that it needs, and looked at when that has arrived: then it is ready,
// or is indexed by the next thing (merge::Waiting::next_need). So an event costs what it moves on,
// however much waits; and all looks at a change together cost what it waits for.
//
// Memory. What is in memory is charged to a cell (base/memory_cell.h); a new change for which there is
// no room is refused, and its author comes back later. While memory is short, the changes of an object
// can be set aside: they stay in the store, and their authors send them again later.
//
// An author may have so many changes wait in an object (kAuthorChanges, kAuthorBytes), so that no
// client takes the room of all; a further one is refused. An author is an actor of a principal: a
// connection, or a named actor.
//
// Thread-safety: none; it lives on the loop of its workspace. Ownership: the workspace owns it; the
// store must outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/memory_cell.h"
#include "base/rare_text.h"
#include "identity/caller.h"
#include "log/waiting_store.h"
#include "merge/facets.h"
#include "merge/object.h"
#include "syncline/error.h"
#include "workspace/actors.h"
#include "workspace/receipt.h"

namespace syncline::workspace {

class WaitingChanges {
 public:
  static constexpr std::size_t kMaxSent = 64;
  static constexpr std::size_t kAuthorChanges = 256;
  static constexpr std::size_t kAuthorBytes = std::size_t{4} << 20;

  struct Entry {
    log::WaitingChange change;
    std::shared_ptr<NamedActor> named = nullptr;  // its named actor, once recalled
    // What the token of the author allowed and said, and where he came from. The store keeps none of it: then these are
    // the rights of a writer, and nobody knows the groups of the author, until he sends the change again.
    bool author_known = true;
    identity::Rights rights = identity::Rights::writing();
    std::shared_ptr<const identity::Identity> identity = nullptr;
    RareText origin = {};
    std::string_view protocol = {};
    std::string peer = {};

    void came_from(const identity::Caller& caller);
    // As he is judged when the change need not wait any more.
    identity::Caller author() const;
    // Callbacks that tell the author the result, one for each time that the change was sent: the
    // last kMaxSent.
    std::vector<log::Done<Receipt>> done = {};
    // Of the cell of the author; without bytes in a new entry.
    MemoryCharge charge = {};

    void answer(const Result<Receipt>& receipt);
  };

  // `memory`: where the changes are charged that are read from the store.
  WaitingChanges(log::WaitingStore& store, std::string workspace, SharedCell memory = nullptr);

  // Finds out which objects have waiting changes. Must be answered before any other call.
  void open(log::Done<void> done);

  // Reads the waiting changes of an object that is being opened, unless they are in memory.
  void load(const std::string& object, log::Done<void> done);
  // Drops the changes of an object from memory, because nobody has it open any more. The store
  // keeps them.
  void unload(const std::string& object);
  // Drops everything from memory, because the workspace drops its view. The authors get `error`.
  void forget(const Error& error);

  // Stores a change. `kept` is called when it is durable. A change that already waits, with the
  // same bytes and author, is not stored again. After an error, its author gets the error, too.
  //   kTooLarge     over the budget of the object, the workspace or the author
  //   kUnavailable  there is no room in memory, or those of the object are set aside
  void keep(const std::string& object, Entry entry, log::Done<void> kept);

  // Must be called when the changes of a source have arrived up to `reach` (merge::Waiting::Need).
  void arrived(const std::string& object, std::uint64_t source, std::uint64_t reach);

  // True if some changes have to be looked at.
  bool any_to_look_at(const std::string& object) const;

  // Looks at changes, and removes from memory and returns the first one whose needs have arrived;
  // nullopt if there is none, or after `looks` looks, of which it takes off those that it needed. The
  // change stays in the store.
  std::optional<Entry> take_arrived(const std::string& object, const merge::Object& state,
                                    std::size_t& looks);
  // Puts back a change that waits for something else.
  void put_back(const std::string& object, Entry entry);
  // Removes a change that was refused, or that is already known, because it no longer waits.
  void remove(const std::string& object, std::uint64_t number);

  // Removes those in memory for good, and gives their authors `error`.
  void drop(const std::string& object, const Error& error);

  bool any_loaded(const std::string& object) const;

  // What the changes of an object have in memory.
  std::uint64_t memory_bytes(const std::string& object) const;
  // Drops the changes of an object from memory, and gives their authors `error`, who may be connected.
  // The store keeps them. True if there were any; take_back() reads them again.
  bool set_aside(const std::string& object, const Error& error);
  bool is_aside(const std::string& object) const;
  void take_back(const std::string& object, log::Done<void> done);

  // Looks at changes since the start, for tests.
  std::uint64_t looks() const { return looks_; }

 private:
  struct Held {
    Entry entry;
    std::size_t cursor = 0;                         // how far its needs have arrived
    std::optional<merge::Waiting::Need> need = {};  // by which it is indexed
  };
  // A change that is being stored.
  struct Storing {
    Entry entry;
    std::vector<log::Done<void>> kept = {};
    bool counted = true;  // in the share of its author
  };
  struct Share {
    std::size_t changes = 0;
    std::size_t bytes = 0;
  };
  using Number = std::uint64_t;
  using Author = std::pair<std::string, std::string>;  // principal, actor

  // What waits in an object that is open.
  struct Object {
    std::map<Number, Held> held;
    std::set<Number> to_look_at;
    std::unordered_map<std::uint64_t, std::multimap<std::uint64_t, Number>> needs;  // source; reach
    std::unordered_multimap<std::size_t, Number> contents;                          // by hash
    std::unordered_multimap<std::size_t, std::shared_ptr<Storing>> storing;
    std::map<Author, Share> shares;
    std::uint64_t bytes = 0;  // of those held
    bool open = true;
    bool aside = false;  // the store may have more than is held
  };

  void list_after(std::string object, log::Done<void> done);
  void load_after(const std::string& object, std::uint64_t number, log::Done<void> done);
  bool join_same(Object& object, std::size_t hash, Entry& entry, log::Done<void>& kept);
  void stored(const std::string& object, std::size_t hash, const std::shared_ptr<Storing>& storing,
              Result<log::WaitingKept> put);
  static bool take_share(Object& object, const log::WaitingChange& change);
  static void return_share(Object& object, const log::WaitingChange& change);
  static void hold(Object& object, Entry entry);
  static Entry release(Object& object, std::map<Number, Held>::iterator held);
  static void unindex(Object& object, Number number, Held& held);

  log::WaitingStore& store_;
  const std::string workspace_;
  const SharedCell memory_;
  std::set<std::string, std::less<>> stored_;  // objects that have, or had, changes in the store
  std::map<std::string, Object, std::less<>> objects_;
  std::uint64_t looks_ = 0;
  std::shared_ptr<const int> view_ =
      std::make_shared<const int>();  // answers to an earlier view are ignored
};

}  // namespace syncline::workspace
