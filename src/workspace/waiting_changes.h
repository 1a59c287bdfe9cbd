// Changes of a workspace that wait for others (merge::Prepared::waits_for).
//
// What such a change would touch is not known yet, so it cannot be judged, and it is no event. It is kept whole,
// durably, beside the log (log/waiting_store.h), within a budget and for a limited time. Nobody is shown it, and its
// author is not told that it is saved. When its causes have arrived, the workspace submits it again as its author's
// change; it is removed from the store in the batch that appends its event.
//
// In memory are the changes of objects that somebody has open; those of an object are loaded when it is opened.
//
// Thread-safety: none; lives on the loop of its workspace. Ownership: the workspace owns it; the store outlives it.
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
    std::shared_ptr<NamedActor> named = nullptr;  // that it is of, once it was recalled
    // Tell the author what became of it, once for each time that it was sent: the last kMaxSent.
    std::vector<log::Done<Receipt>> done = {};

    void answer(const Result<Receipt>& receipt);
  };

  WaitingChanges(log::WaitingStore& store, std::string workspace);

  // Finds out which objects have changes that wait. To be answered before any other call.
  void open(log::Done<void> done);

  // Reads those of an object that somebody opens, unless they are in memory.
  void load(const std::string& object, log::Done<void> done);
  // Nobody has the object open any more. What is in memory of it goes, not what is in the store.
  void unload(const std::string& object) { loaded_.erase(object); }
  // The workspace drops its view: what is in memory goes, and the authors are told `error`.
  void forget(const Error& error);

  // Keeps a change. `kept` is called when that is durable. One that waits already, byte for byte and of the same
  // author, is not kept twice.
  // On an error its author is told, too.
  //   kTooLarge  over the budget
  void keep(const std::string& object, Entry entry, log::Done<void> kept);

  // Takes out one change of which all causes have arrived; nullopt: there is none. Its number stays in the store.
  std::optional<Entry> take_arrived(const std::string& object, const merge::Object& state);
  // Puts one back that waits for more.
  void put_back(const std::string& object, Entry entry);
  // It was refused, or it is known: it waits no longer.
  void remove(const std::string& object, std::uint64_t number);

  bool any_loaded(const std::string& object) const { return loaded_.contains(object); }

 private:
  using Changes = std::map<std::uint64_t, Entry>;  // by number

  void list_after(std::string object, log::Done<void> done);
  void load_after(const std::string& object, std::uint64_t number, log::Done<void> done);
  Entry* find_same(const std::string& object, const log::WaitingChange& change);

  log::WaitingStore& store_;
  const std::string workspace_;
  std::set<std::string, std::less<>> stored_;  // objects that have some in the store, or had
  std::map<std::string, Changes, std::less<>> loaded_;
  std::shared_ptr<const int> view_ =
      std::make_shared<const int>();  // answers to an earlier one are void
};

}  // namespace syncline::workspace
