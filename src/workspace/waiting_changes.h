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
#include <vector>

#include "log/waiting_store.h"
#include "merge/object.h"
#include "syncline/error.h"
#include "workspace/actors.h"
#include "workspace/receipt.h"

namespace syncline::workspace {

class WaitingChanges {
 public:
  static constexpr std::size_t kMaxSent = 64;

  struct Entry {
    log::WaitingChange change;
    std::shared_ptr<NamedActor> named = nullptr;  // its named actor, once recalled
    // Callbacks that tell the author the result, one for each time that the change was sent: the
    // last kMaxSent.
    std::vector<log::Done<Receipt>> done = {};

    void answer(const Result<Receipt>& receipt);
  };

  WaitingChanges(log::WaitingStore& store, std::string workspace);

  // Finds out which objects have waiting changes. Must be answered before any other call.
  void open(log::Done<void> done);

  // Reads the waiting changes of an object that is being opened, unless they are in memory.
  void load(const std::string& object, log::Done<void> done);
  // Drops the changes of an object from memory, because nobody has it open any more. The store
  // keeps them.
  void unload(const std::string& object) { loaded_.erase(object); }
  // Drops everything from memory, because the workspace drops its view. The authors get `error`.
  void forget(const Error& error);

  // Stores a change. `kept` is called when it is durable. A change that already waits, with the
  // same bytes and author, is not stored again. After an error, its author gets the error, too.
  //   kTooLarge  over the budget
  void keep(const std::string& object, Entry entry, log::Done<void> kept);

  // Removes from memory and returns one change whose needs have arrived; nullopt if there is none.
  // It stays in the store.
  std::optional<Entry> take_arrived(const std::string& object, const merge::Object& state,
                                    std::uint64_t after = 0);
  // Puts back a change that waits for something else.
  void put_back(const std::string& object, Entry entry);
  // Removes a change that was refused, or that is already known, because it no longer waits.
  void remove(const std::string& object, std::uint64_t number);

  bool any_loaded(const std::string& object) const { return loaded_.contains(object); }

 private:
  using Changes = std::map<std::uint64_t, Entry>;  // by number

  void list_after(std::string object, log::Done<void> done);
  void load_after(const std::string& object, std::uint64_t number, log::Done<void> done);
  Entry* find_same(const std::string& object, const log::WaitingChange& change);

  log::WaitingStore& store_;
  const std::string workspace_;
  std::set<std::string, std::less<>> stored_;  // objects that have, or had, changes in the store
  std::map<std::string, Changes, std::less<>> loaded_;
  std::shared_ptr<const int> view_ =
      std::make_shared<const int>();  // answers to an earlier view are ignored
};

}  // namespace syncline::workspace
