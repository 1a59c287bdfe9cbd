// Blame: which event wrote each character of an object's texts.
//
// A character has an id: a client and a clock. The intent of an event says which ids it introduces
// (state/author_index.h). A worker keeps the indexes of the objects that were asked for last, so a
// further request reads only the events that came since. Requests for an object whose index is being
// extended wait for that.
//
// Cost: one replay for the state, reading the events of the object that its index lacks, and what the
// answer has. Thread-safety: one loop. Errors: those of replay_object;
// kNotFound if the object had no events.
#pragma once

#include <string>
#include <vector>

#include "state/object_replay.h"

namespace syncline::state {

struct BlamedRun {
  std::string text;
  log::Position position = 0;  // of the event that wrote it; 0: unknown
  std::string principal;
  std::string actor;
  std::uint64_t accepted_ms = 0;
};

struct BlamedText {
  std::string path;
  std::vector<BlamedRun> runs;  // in text order; adjacent runs have different positions
};

struct Blame {
  log::Position position = 0;  // of the object's last event at that moment
  std::vector<BlamedText> texts;
};

// With `sources.authors`, the index is kept.
void blame_object(const ReplaySources& sources, std::string workspace, std::string object,
                  log::Position at, log::Done<Blame> done);

}  // namespace syncline::state
