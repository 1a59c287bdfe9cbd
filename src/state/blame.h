// Blame: which event wrote each character of an object's texts.
//
// A character has an id: a client and a clock. The intent of an event says which ids it introduces
// (state/author_index.h). A worker keeps the indexes of the objects that were asked for last, and stores
// each beside the snapshots when it has grown (state/author_store.h). So a request reads only the events
// that came since. Requests for an object whose index is being extended wait for that.
//
// Cost: one replay for the state, reading the events of the object that its index lacks, and what is
// read of the answer. Thread-safety: one loop. Errors: those of replay_object;
// kNotFound if the object had no events.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "merge/object_change.h"
#include "state/author_index.h"
#include "state/object_replay.h"

namespace syncline::state {

struct BlamedRun {
  std::string text;
  log::Position position = 0;  // of the event that wrote it; 0: unknown
  std::string principal;
  std::string actor;
  std::uint64_t accepted_ms = 0;
};

// The answer, one run after the other. It holds the texts with their ids; a run is made when it is read.
class BlameReader {
 public:
  // `kept` may grow meanwhile.
  BlameReader(log::Position position, std::vector<merge::AttributedText> texts,
              std::shared_ptr<const AuthorIndexes::Kept> kept);

  // Of the object's last event at that moment.
  log::Position position() const { return position_; }

  bool at_end() const { return text_ == texts_.size(); }
  // Of the text that the next run is of; texts may have equal paths. Not at the end.
  std::size_t text() const { return text_; }
  const std::string& path() const { return texts_[text_].path; }
  // In text order; adjacent runs of a text have different positions. Not at the end.
  BlamedRun next();

  std::size_t memory_bytes() const { return bytes_; }

 private:
  AuthorIndex::Found found() const;
  void add_to(BlamedRun& run, const AuthorIndex::Found& found);

  const log::Position position_;
  std::vector<merge::AttributedText> texts_;
  const std::shared_ptr<const AuthorIndexes::Kept> kept_;
  std::size_t bytes_ = 0;
  std::size_t text_ = 0;
  std::size_t run_ = 0;   // of this text
  crdt::Clock done_ = 0;  // UTF-16 units of this run
  std::size_t done_bytes_ = 0;
};

struct BlamedText {
  std::string path;
  std::vector<BlamedRun> runs;
};

struct Blame {
  log::Position position = 0;
  std::vector<BlamedText> texts;
};

// With `sources.authors`, the index is kept.
void open_blame(const ReplaySources& sources, std::string workspace, std::string object,
                log::Position at, log::Done<std::unique_ptr<BlameReader>> done);

// The same, read to its end: for answers that are known to be short.
void blame_object(const ReplaySources& sources, std::string workspace, std::string object,
                  log::Position at, log::Done<Blame> done);

}  // namespace syncline::state
