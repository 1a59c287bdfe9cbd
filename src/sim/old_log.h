// OldLog: a log that Syncline 0.1 left behind, with events of version 1. Every later version must
// read them as they were written.
//
// Ownership: what it is given must outlive it. Thread-safety: none.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "log/event.h"
#include "sim/book.h"
#include "sim/disk.h"
#include "sim/plan.h"
#include "store/tables.h"

namespace syncline::sim {

class OldLog {
 public:
  OldLog(World& world, Disk& disk, Book& book, const Plan& plan)
      : world_(world), disk_(disk), book_(book), plan_(plan) {}

  // Writes the log to the disk, if the plan has one, and calls `done` when it is durable.
  void write(std::function<void()> done);

  // I18, at the end of the run: the log is read as it was written. `tables` must have the payloads
  // of all events.
  void check(const store::Tables& tables) const;

 private:
  std::vector<log::EncodedEvent> make_events();

  World& world_;
  Disk& disk_;
  Book& book_;
  const Plan& plan_;
  std::string workspace_;
  std::vector<log::Event> events_;
};

}  // namespace syncline::sim
