// Makes a bundle (log/bundle.h) of a workspace, a section at a time, out of its log.
//
// Holds one batch of events and, for objects whose snapshots go along, the positions of these. What
// is appended meanwhile is not in it: `size` was fixed when it began.
//
// Snapshots go along where they are needed, for objects of which payloads were dropped, or all of them
// if that is wished. Those of an object stand at positions of its own events. Retention may go on
// meanwhile: what took the place of a snapshot goes along instead of it.
//
//   auto made = std::make_shared<BundleExport>(log, header, statements, wish);
//   made->next(…): the next bytes of the file; none when it is whole.
//
// Thread-safety: one loop, that of the log, which outlives the answers. Errors: those of reading, after
// which next() may be tried again; kConflict: retention has passed the end of the file, so that the
// state of an object is kept nowhere before that.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "log/bundle.h"
#include "log/log_backend.h"
#include "state/object_replay.h"

namespace syncline::state {

struct ExportWish {
  bool all_snapshots = false;
  // The file has everything up to there; what follows is made. Its header must be the same.
  std::optional<log::BundleMark> from;
};

class BundleExport : public std::enable_shared_from_this<BundleExport> {
 public:
  BundleExport(const ReplaySources& sources, log::BundleHeader header,
               std::vector<log::Statement> statements, ExportWish wish);

  // One call at a time.
  void next(log::Done<Bytes> done);

  log::Position events_done() const { return after_; }

  // Whether the file so far could be gone on with from its end: a section of events is next.
  bool at_mark() const { return stage_ == Stage::kEvents && !due_ && after_ < header_.size; }

 private:
  enum class Stage : std::uint8_t { kHeader, kEvents, kPins, kEnd, kDone };

  // Of an object whose snapshots go along.
  struct States {
    std::vector<log::Position> positions = {};  // ascending
    log::Position gap = 0;  // dropped payloads need one from there on, or may; 0: none do
    // Retention's, before they were listed.
    log::Position floor = 0;
    log::Position swept_to = 0;
    log::Position lost_to = 0;  // what stands for payloads dropped up to there is damaged

    bool reach(log::Position position) const {
      return position == 0 || (!positions.empty() && positions.back() >= position);
    }
  };

  void begin();
  void read_events();
  void step();
  bool must_look_back(const log::Event& event) const;
  void look_back(const log::Event& event);
  bool must_list(const log::Event& event) const;
  void list_states(std::string object, log::Position gap);
  void list_from(std::string object, States states, log::Position at);
  void keep_listed(std::string object, States states);
  void emit_events();
  void emit_snapshot();
  void emit_state(const std::string& object, const log::Snapshot& snapshot);
  void go_without(const std::string& object);
  void find_pins();
  void emit_pins();
  void emit_end();
  void answer(Result<Bytes> bytes) { std::exchange(done_, {})(std::move(bytes)); }

  log::LoopStore& store_;
  const merge::TypeRegistry& types_;
  const log::BundleHeader header_;
  const std::vector<log::Statement> statements_;
  const ExportWish wish_;
  log::BundleWriter writer_;
  Stage stage_ = Stage::kHeader;
  log::Done<Bytes> done_;

  log::Position after_ = 0;  // the last event in records_ or before
  std::vector<log::Event> batch_;
  std::size_t index_ = 0;  // in batch_
  std::vector<Bytes> records_;
  std::optional<std::pair<std::string, log::Position>> due_;  // a snapshot that comes next
  std::map<std::string, States> states_;                      // of objects that were listed
  std::set<std::string> looked_back_;
  std::optional<std::vector<log::Pin>> pins_;  // that are still to be written, once they were found
};

// What stands at the head of a bundle of the first `size` events. kNotFound: there are fewer, or none.
void bundle_header(log::EventLog& events, std::string workspace, std::string log_name,
                   std::uint64_t size, log::Done<log::BundleHeader> done);

}  // namespace syncline::state
