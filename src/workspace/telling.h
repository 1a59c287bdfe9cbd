// Telling: tells the subscribers and the authors of changes that have become durable together.
//
// Changes of one author to one object that follow each other are joined (merge::ObjectType::join):
// each subscriber gets one message instead of many, which is built once for all of them. Changes of
// different authors are not joined, because an author does not get his own change.
//
// All broadcasts leave before the first author is answered, so that nothing that an answer causes
// overtakes a broadcast. Thread-safety: none; one per workspace.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "syncline/bytes.h"
#include "workspace/live_object.h"
#include "workspace/receipt.h"

namespace syncline::workspace {

struct ToTell {
  LiveObject* object = nullptr;     // lives until tell() has returned
  SubscriberList::Stay author = 0;  // does not get the change again
  log::Position position = 0;
  std::string principal;
  Bytes others;                 // the change as its type tells it
  std::optional<Bytes> answer;  // for the author, if it is not the change as it was sent
  log::Done<Receipt> done;
};

class Telling {
 public:
  void add(ToTell change) { changes_.push_back(std::move(change)); }

  // Tells what was added since the last call.
  void tell(log::Durability durability);

 private:
  static void broadcast(std::span<const ToTell> run, log::Durability durability);

  std::vector<ToTell> changes_;
};

}  // namespace syncline::workspace
