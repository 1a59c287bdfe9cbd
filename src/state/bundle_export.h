// BundleExport: makes a bundle (log/bundle.h) of a workspace from its log, one section at a time.
//
// It holds one batch of events and, for objects whose snapshots are exported, the positions of
// these. Between two calls it holds at most about a MiB of events. A job is charged for what it reads
// (state/job_reads.h), and waits for memory for a large event or snapshot. Events that are appended
// during the export are not included, because `size` is fixed at the beginning.
//
// Snapshots are included for objects with dropped payloads, or for all objects on request. The
// snapshots of an object are at positions of its own events. Retention may continue during the
// export; if it replaces a snapshot, the replacement is exported.
//
//   auto made = std::make_shared<BundleExport>(log, header, statements, wish);
//   made->next(…): the next bytes of the file; empty at the end.
//
// Thread-safety: one loop, that of the log, which must outlive the answers. Errors: those of
// reading, after which next() may be tried again; kConflict if retention has passed the end of the
// file, so that an object's state before that is not stored any more.
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
  // The file already has everything up to this mark; only the rest is made. Its header must be the
  // same.
  std::optional<log::BundleMark> from;
};

class BundleExport : public std::enable_shared_from_this<BundleExport> {
 public:
  BundleExport(const ReplaySources& sources, log::BundleHeader header,
               std::vector<log::Statement> statements, ExportWish wish);

  // `sources`: of the job that makes the piece; otherwise nobody is charged. Only one call at a time. The export
  // keeps itself while it reads, and lives when it answers. `done` must not own it: if the store ends without an
  // answer, both would remain.
  void next(const ReplaySources& sources, log::Done<Bytes> done);
  void next(log::Done<Bytes> done) { next({store_, types_}, std::move(done)); }

  log::Position events_done() const { return after_; }

  // True if the file can be continued from its present end, because a section of events comes next.
  bool at_mark() const { return stage_ == Stage::kEvents && !due_ && after_ < header_.size; }

 private:
  enum class Stage : std::uint8_t { kHeader, kEvents, kPins, kEnd, kDone };

  // An object whose snapshots are exported.
  struct States {
    std::vector<log::Position> positions = {};  // ascending
    // From here on, dropped payloads need (or may need) a snapshot; 0: none do.
    log::Position gap = 0;
    // The values of retention before the listing.
    log::Position floor = 0;
    log::Position swept_to = 0;
    log::Position lost_to = 0;  // a snapshot for payloads dropped up to here is damaged

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
  void load_due();
  void load_listed(std::string object, States states, log::Position at);
  void with_room(const std::string& object, log::Position at, Task next);
  void emit_state(const std::string& object, const log::Snapshot& snapshot);
  void go_without(const std::string& object);
  void find_pins();
  void emit_pins();
  void emit_end();
  void answer(Result<Bytes> bytes);

  log::LoopStore& store_;
  const merge::TypeRegistry& types_;
  const log::BundleHeader header_;
  const std::vector<log::Statement> statements_;
  const ExportWish wish_;
  log::BundleWriter writer_;
  Stage stage_ = Stage::kHeader;
  log::Done<Bytes> done_;
  // Of the job that makes the next piece.
  log::EventLog* events_ = nullptr;
  JobRoom* room_ = nullptr;
  MemoryCharge charge_;  // of the snapshot that is being read

  log::Position after_ = 0;  // the last event in records_, or before
  std::vector<log::Event> batch_;
  std::size_t index_ = 0;  // in batch_
  std::vector<Bytes> records_;
  std::optional<std::pair<std::string, log::Position>> due_;  // the snapshot that comes next
  std::map<std::string, States> states_;                      // of objects that were listed
  std::set<std::string> looked_back_;
  std::optional<std::vector<log::Pin>> pins_;  // that are still to be written, once they were found
};

// The header of a bundle of the first `size` events. kNotFound if there are fewer, or none.
void bundle_header(log::EventLog& events, std::string workspace, std::string log_name,
                   std::uint64_t size, log::Done<log::BundleHeader> done);

}  // namespace syncline::state
