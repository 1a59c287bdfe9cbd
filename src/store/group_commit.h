// GroupCommit: turns everything that waits into one batch of writes with one sync, and answers all
// of it together, in order.
//
// This class makes the decisions and needs no threads and no disk. stage() checks requests against
// the log as it will be after the requests before them, and turns them into writes. The owner
// carries out the writes durably and passes the result to finish(). Only then are the requests
// answered.
//
//   auto batch = commit.stage(queue.take(), ready, writes);
//   commit.finish(std::move(batch), writes.empty() ? Result<void>() : disk.write_and_sync(writes));
//
// A failed write or sync cannot be repeated, because the content of the disk is then unknown. So
// every later request is refused with kIo until the process starts again. kUnavailable is the
// exception: the disk is full, nothing was written, and a later batch may succeed.
//
// Thread-safety: one thread; only one batch at a time may be between stage() and finish().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "log/actor_numbers.h"
#include "log/event_log.h"
#include "log/rules.h"
#include "store/file_commit.h"
#include "store/keys.h"
#include "store/requests.h"
#include "store/tables.h"
#include "store/tree.h"
#include "store/waiting.h"
#include "syncline/error.h"

namespace syncline::store {

class GroupCommit {
 public:
  // A staged batch: its counts, and the answers to give after it.
  struct Batch {
    std::uint64_t appends = 0;
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;  // of their records
    std::uint64_t refused = 0;
    // Blobs that lose an entry with this batch. Once it is committed, those that no entry names any
    // more are to be removed (store/contents.h: is_named).
    std::vector<BlobName> released;
    ReleasedFiles files;  // as store/file_commit.h says
    std::vector<std::move_only_function<void(const Result<void>&)>> answers;
  };

  // Whether the disk accepts writes now: all of them, and those that make room (store/requests.h).
  struct Ready {
    Ready() = default;
    Ready(Result<void> both) : all(both), cleaning(std::move(both)) {}  // NOLINT
    Ready(Result<void> for_all, Result<void> for_cleaning)
        : all(std::move(for_all)), cleaning(std::move(for_cleaning)) {}

    Result<void> all;
    Result<void> cleaning;
  };

  // `tables` must show everything that was finished without an error.
  explicit GroupCommit(const Tables& tables) : tables_(tables), files_(tables) {}

  // What the disk does not accept now is refused with the error in `ready`.
  Batch stage(std::vector<Request> requests, const Ready& ready, Writes& writes);

  void finish(Batch batch, const Result<void>& written);

  // The memory of the cached tree edges: under 16 MiB, plus what one batch adds.
  std::size_t tree_bytes() const { return tree_bytes_; }

 private:
  // What is cached of a workspace that was written recently.
  struct Known {
    WorkspaceId id = 0;
    log::Head head;
    std::uint64_t checkpoint = 0;        // its size, once a later one was staged
    std::optional<std::uint64_t> epoch;  // the highest that was seen, once it was read
    std::map<std::string, log::Position> ingested = {};    // by region, those that were read
    std::map<std::string, log::ActorNumbers> actors = {};  // by key, those that were read
    std::map<std::string, std::size_t> actor_counts = {};  // by the prefix of their keys
    TreeEdge tree;
    std::optional<log::Retention> retention;  // once it was read
    std::uint64_t next_record = 0;            // of retention; 0: not known
    std::uint64_t pinned_in = 0;              // the batch in which a pin was set last
    std::uint64_t apart_in = 0;               // the batch that named a blob in an entry last
    // What that batch made of pins; nullopt: removed.
    std::map<std::string, std::optional<log::Pin>> fresh_pins = {};
    std::optional<bool>
        rules_told;               // whether pins and retention follow from events, once it was read
    std::optional<Error> damage;  // what is stored of it cannot be continued
  };

  // What the events of an append make of the workspace's pins and retention.
  struct RulesStage {
    bool any = false;    // there are such events
    bool first = false;  // they are the workspace's first
    log::Retention retention;
    std::map<std::string, std::optional<log::Pin>> pins;  // nullopt: removed
    std::vector<log::RetentionChange> record;
    std::vector<std::string> untold;  // keys of what was kept without events, to be removed
    std::vector<std::pair<log::Position, log::RenameObject>> renamed;
    std::optional<bool> deleted;      // the workspace is deleted, or is not any more
  };

  void forget();  // drops the whole cache
  void forget_damaged();
  Result<Known*> find(const std::string& workspace);  // nullptr if it does not exist
  Result<Known*> create(const std::string& workspace, Writes& writes);
  Result<log::Appended> stage(AppendRequest& request, Batch& batch, Writes& writes);
  Result<void> check_epoch(const AppendRequest& request, Known* known);
  Result<void> check_origins(const AppendRequest& request, Known* known);
  void keep_ownership(Known& workspace, const AppendRequest& request, Writes& writes);
  Result<void> read_actors(Known& workspace, const AppendRequest& request);
  Result<void> make_room_for_actors(Known& workspace, const AppendRequest& request, Writes& writes);
  Result<std::size_t> forget_actors(Known& workspace, const std::string& prefix, std::size_t more,
                                    Writes& writes);
  void record_actors(Known& workspace, const AppendRequest& request, Writes& writes);
  Result<void> grow_tree(Known& workspace, const AppendRequest& request, Writes& writes);
  Result<void> stage(SnapshotRequest& request, Batch& batch, Writes& writes);
  Result<void> stage(CheckpointRequest& request, Batch& batch, Writes& writes);
  Result<void> stage(OriginRequest& request, Batch& batch, Writes& writes);
  Result<log::Retention> stage(FloorRequest& request, Batch& batch, Writes& writes);
  Result<log::DroppedPayloads> stage(DropRequest& request, Batch& batch, Writes& writes);
  Result<log::ErasedPayloads> stage(EraseRequest& request, Batch& batch, Writes& writes);
  Result<void> erase_waiting(const EraseRequest& request, Writes& writes);
  Result<log::WaitingKept> stage(PutWaitingRequest& request, Batch& batch, Writes& writes);
  Result<void> stage(RemoveWaitingRequest& request, Batch& batch, Writes& writes);
  Result<void> stage(DirectoryRequest& request, Batch& batch, Writes& writes);
  Result<void> stage(FileRequest& request, Batch& batch, Writes& writes);
  Result<void> release_stale(const DropRequest& request, WorkspaceId id, log::Position floor,
                             Batch& batch, Writes& writes);
  Result<void> settle(const AppendRequest& request, Writes& writes);
  Result<void> stage(UntoldPinRequest& request, Batch& batch, Writes& writes);
  Result<RulesStage> check_rules(const AppendRequest& request, Known* known);
  Result<bool> is_told(Known& known) const;
  Result<void> begin_rules(RulesStage& stage, const std::string& workspace, Known* known);
  Result<void> stage_rule(RulesStage& stage, const std::string& workspace, const Known* known,
                          const log::RuleChange& change, log::Position at) const;
  // Position 0 removes it.
  Result<void> stage_pin(RulesStage& stage, const std::string& workspace, const Known* known,
                         const log::Pin& pin) const;
  Result<std::optional<log::Pin>> pin_before(const RulesStage& stage, const Known* known,
                                             const std::string& name) const;
  void write_rules(const std::string& workspace, Known& known, RulesStage stage, Writes& writes);
  Result<void> find_untold(RulesStage& stage, const Known& known) const;
  Result<void> find_next_record(Known& known);
  Result<WaitingCounts*> waiting_in(const std::string& workspace);
  Result<log::Retention> retention_of(const std::string& workspace, Known& known);
  void keep(const std::string& workspace, Known& known, log::Retention retention, Writes& writes);
  // Removes the snapshots after the floor that `request` replaces, if the milestone that it extends
  // exists. False: a newer intact snapshot is kept instead.
  Result<bool> replace_snapshots(WorkspaceId id, const SnapshotRequest& request,
                                 log::Position floor, Batch& batch, Writes& writes);

  const Tables& tables_;
  FileCommit files_;
  std::unordered_map<std::string, Known> known_;
  std::size_t tree_bytes_ = 0;        // of known_
  std::size_t known_actors_ = 0;      // of known_
  std::vector<std::string> damaged_;  // workspaces found damaged in the last batch
  std::unordered_map<std::string, WaitingCounts> waiting_;
  std::optional<WorkspaceId> next_id_;
  std::uint64_t batches_ = 0;    // the number of staged batches
  std::optional<Error> poison_;  // set after a disk failure: nothing is written any more
};

}  // namespace syncline::store
