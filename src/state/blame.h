// Who wrote which character: every character of an object's texts, with the event that brought it.
//
// A character has an id, its client's and a clock; an event's intent says which ids it brings. So the
// object's events are gone through once, and the ranges that are still seen are noted. Where several
// events bring an id (a retry after a lost ack, a document imported twice) the first counts.
//
// Cost: one replay for the state, and reading all of the object's events up to `at`, whatever is
// left of them; memory in proportion to what is visible.
// Thread-safety: one loop. Errors: those of replay_object; kNotFound if there were no events.
#pragma once

#include <string>
#include <vector>

#include "state/object_replay.h"

namespace syncline::state {

struct BlamedRun {
  std::string text;
  log::Position position = 0;  // of the event that brought it; 0: the log does not tell
  std::string principal;
  std::string actor;
  HlcStamp hlc;
};

struct BlamedText {
  std::string path;
  std::vector<BlamedRun> runs;  // in the order of the text; neighbours differ in position
};

struct Blame {
  log::Position position = 0;  // of the object's last event by then
  std::vector<BlamedText> texts;
};

void blame_object(const ReplaySources& sources, std::string workspace, std::string object,
                  log::Position at, log::Done<Blame> done);

}  // namespace syncline::state
