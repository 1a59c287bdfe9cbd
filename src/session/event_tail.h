// EventTail: the events of workspaces as server-sent events, for those who follow them.
//
// Whoever asks at the same place at the same time shares one read and one text. Of the other reads, few are under way
// at a time, because an event may have the size of the largest message; the rest wait in line.
//
// Thread-safety: none; it lives on one loop, and answers there, in a later turn. Nothing is answered after it has ended.
#pragma once

#include <compare>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/pieces.h"
#include "log/done.h"
#include "log/event_log.h"

namespace syncline::session {

// A place in the log of a workspace.
struct TailPlace {
  std::string workspace;
  std::string object;  // only of this one; "": of all
  log::Position after = 0;
  bool content = false;  // the text has the change itself
  bool bare = false;     // the texts are JSON alone, not server-sent events
  // The last event that is known to be durable. Who knows of more does not share a read that may have begun before it was.
  log::Position durable = 0;

  auto operator<=>(const TailPlace&) const = default;
};

struct TailEvent {
  std::string object;
  std::string type;
  // Whole server-sent events, or their JSON: the event of the log, and only that the object has changed, for those who may
  // not see its history.
  SharedPiece text;
  SharedPiece notice;
};

struct TailBatch {
  std::vector<TailEvent> events;  // those of system objects are left out
  log::Position next = 0;         // where to go on; the same place: nothing is behind it
};

// What whoever follows is told of an event, as JSON: the event of the log, with its change if that is wanted; and for
// those who may not see its history, only that the object has changed.
std::string told_json(const log::Event& event, bool content);
std::string notice_json(const log::Event& event);

class EventTail {
 public:
  // A change with more bytes is left out of its event: the log has it.
  static constexpr std::size_t kMostContent = std::size_t{64} << 10;

  using Answer = log::Done<std::shared_ptr<const TailBatch>>;

  // The log must outlive it.
  explicit EventTail(log::EventLog& log) : log_(log) {}
  EventTail(const EventTail&) = delete;
  EventTail& operator=(const EventTail&) = delete;

  void read(const TailPlace& place, Answer answer);

  std::size_t reads() const { return reads_; }  // of the log, so far

 private:
  static constexpr std::size_t kReadsAtOnce = 4;

  void begin_some();
  void begin(const TailPlace& place);
  void end(const TailPlace& place, const Result<std::shared_ptr<const TailBatch>>& batch);

  log::EventLog& log_;
  std::map<TailPlace, std::vector<Answer>> asked_;  // under way, or in line
  std::deque<TailPlace> line_;
  std::size_t under_way_ = 0;
  std::size_t reads_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::session
