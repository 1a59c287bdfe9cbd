// Blame: which event wrote each character of an object's texts.
//
// A character has an id: a client and a clock. The intent of an event says which ids it introduces.
// So this reads the object's events once and notes the ranges that are still visible. If several
// events introduce an id (a retry after a lost ack, a document that was imported twice), the first
// one counts.
//
// Cost: one replay for the state, and reading all events of the object up to `at`; memory in
// proportion to the visible content. Thread-safety: one loop. Errors: those of replay_object;
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

void blame_object(const ReplaySources& sources, std::string workspace, std::string object,
                  log::Position at, log::Done<Blame> done);

}  // namespace syncline::state
