#include "store/store_log.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/append_check.h"
#include "log/reply_gate.h"
#include "log/rules.h"
#include "store/actors.h"
#include "store/directory.h"
#include "store/files.h"
#include "store/object_erasure.h"
#include "store/object_heads.h"
#include "store/reads.h"
#include "store/retention.h"
#include "store/tree.h"
#include "store/waiting.h"

namespace syncline::store {
namespace {

using log::Done;
using log::Event;
using log::Position;
using log::ReadLimits;

// The store as one loop sees it. It checks what needs no disk and passes the rest to the engine.
class StoreLog final : public log::LoopStore,
                       public log::EventLog,
                       public log::Catalog,
                       public log::SnapshotStore,
                       public log::Attestations,
                       public log::PinStore,
                       public log::RetentionStore,
                       public log::WaitingStore,
                       public log::ActorStore,
                       public log::RulesStore,
                       public log::DirectoryStore,
                       public log::FileStore {
 public:
  StoreLog(StoreEngine& engine, Scheduler& loop) : engine_(engine), gate_(loop) {}

  log::EventLog& events() override { return *this; }
  log::Catalog& catalog() override { return *this; }
  log::SnapshotStore& snapshots() override { return *this; }
  log::Attestations& attestations() override { return *this; }
  log::PinStore& pins() override { return *this; }
  log::RetentionStore& retention() override { return *this; }
  log::WaitingStore& waiting() override { return *this; }
  log::ActorStore& actors() override { return *this; }
  log::RulesStore& rules() override { return *this; }
  log::DirectoryStore& directory() override { return *this; }
  log::FileStore& files() override { return *this; }

  void append(std::string workspace, log::Append append, Done<log::Appended> done) override {
    auto reply = gate_.bind(std::move(done));
    if (auto ok = log::check_append(workspace, append.events, append.after); !ok)
      return reply(std::unexpected(std::move(ok.error())));
    if (engine_.read_only()) return reply(read_only());
    engine_.submit(AppendRequest{std::move(workspace), std::move(append), std::move(reply)});
  }

  log::Durability durability() const override { return log::Durability::kDisk; }

  void head(std::string workspace, Done<log::Head> done) override {
    read_with(std::move(done), [workspace = std::move(workspace)](const Tables& tables) {
      return read_head(tables, workspace);
    });
  }

  void read(std::string workspace, Position after, ReadLimits limits,
            Done<std::vector<Event>> done) override {
    read_with(std::move(done),
              [workspace = std::move(workspace), after, limits](const Tables& tables) {
                return read_events(tables, workspace, after, limits);
              });
  }

  void read_object(std::string workspace, std::string object, Position after, ReadLimits limits,
                   Done<std::vector<Event>> done) override {
    read_with(std::move(done), [workspace = std::move(workspace), object = std::move(object), after,
                                limits](const Tables& tables) {
      return read_object_events(tables, workspace, object, after, limits);
    });
  }

  void measure_next(std::string workspace, std::string object, Position after,
                    Done<std::uint64_t> done) override {
    read_with(std::move(done), [workspace = std::move(workspace), object = std::move(object),
                                after](const Tables& tables) {
      return read_next_size(tables, workspace, object, after);
    });
  }

  void ingested(std::string workspace, std::string region, Done<Position> done) override {
    read_with(std::move(done),
              [workspace = std::move(workspace), region = std::move(region)](const Tables& tables) {
                return read_ingested(tables, workspace, region);
              });
  }

  void put_snapshot(std::string workspace, std::string object, log::Snapshot snapshot,
                    Done<void> done) override {
    auto reply = gate_.bind(std::move(done));
    if (auto ok = log::check_object_id(object); !ok) return reply(std::move(ok));
    if (auto ok = log::check_snapshot(snapshot); !ok) return reply(std::move(ok));
    if (engine_.read_only()) return reply(read_only());
    engine_.put_snapshot({std::move(workspace), std::move(object), std::move(snapshot),
                          std::nullopt, std::move(reply)});
  }

  void load_snapshot(std::string workspace, std::string object, Position at,
                     Done<std::optional<log::Snapshot>> done) override {
    read_with(std::move(done),
              [workspace = std::move(workspace), object = std::move(object),
               at](const Tables& tables) { return read_snapshot(tables, workspace, object, at); });
  }

  void measure_snapshot(std::string workspace, std::string object, Position at,
                        Done<std::uint64_t> done) override {
    read_with(std::move(done), [workspace = std::move(workspace), object = std::move(object),
                                at](const Tables& tables) {
      return read_snapshot_size(tables, workspace, object, at);
    });
  }

  void load_pin(std::string workspace, std::string name,
                Done<std::optional<log::Pin>> done) override {
    read_with(std::move(done),
              [workspace = std::move(workspace), name = std::move(name)](const Tables& tables) {
                return read_pin(tables, workspace, name);
              });
  }

  void list_pins(std::string workspace, std::string after, std::size_t limit,
                 Done<std::vector<log::Pin>> done) override {
    read_with(std::move(done),
              [workspace = std::move(workspace), after = std::move(after),
               limit](const Tables& tables) { return read_pins(tables, workspace, after, limit); });
  }

  void raise_floor(std::string workspace, Position floor, Done<log::Retention> done) override {
    auto reply = gate_.bind(std::move(done));
    if (engine_.read_only()) return reply(read_only());
    engine_.submit(FloorRequest{std::move(workspace), floor, std::move(reply)});
  }

  void load_retention(std::string workspace, Done<log::Retention> done) override {
    read_with(std::move(done), [workspace = std::move(workspace)](const Tables& tables) {
      return read_retention(tables, workspace);
    });
  }

  void list_retention(std::string workspace, std::uint64_t after, std::size_t limit,
                      Done<std::vector<log::RetentionRecord>> done) override {
    read_with(std::move(done),
              [workspace = std::move(workspace), after, limit](const Tables& tables) {
                return read_retention_records(tables, workspace, after, limit);
              });
  }

  void list_retained(std::string after, std::size_t limit,
                     Done<std::vector<std::string>> done) override {
    read_with(std::move(done), [after = std::move(after), limit](const Tables& tables) {
      return read_retained(tables, after, limit);
    });
  }

  void drop_payloads(std::string workspace, Position to, std::vector<std::string> skip,
                     Done<log::DroppedPayloads> done) override {
    auto reply = gate_.bind(std::move(done));
    if (engine_.read_only()) return reply(read_only());
    DropRequest request{std::move(workspace), to, std::move(skip), {}, {}, std::move(reply)};
    engine_.read([&engine = engine_, request = std::move(request)](const Tables& tables) mutable {
      request.intact = read_standing_blobs(tables, request.workspace, request.to, request.skip);
      request.stale = read_stale_files(tables, request.workspace, request.to);
      engine.submit(std::move(request));
    });
  }

  void erase_object(std::string workspace, log::ObjectErasure erasure,
                    Done<log::ErasedPayloads> done) override {
    auto reply = gate_.bind(std::move(done));
    if (engine_.read_only()) return reply(read_only());
    if (log::is_system_object(erasure.object))
      return reply(fail(ErrorCode::kInvalid, "an object of the server cannot be erased"));
    engine_.submit(EraseRequest{std::move(workspace), std::move(erasure), std::move(reply)});
  }

  void purge(std::string workspace, std::string object, Done<void> done) override {
    auto reply = gate_.bind(std::move(done));
    if (engine_.read_only()) return reply(read_only());
    engine_.read([&engine = engine_, workspace = std::move(workspace), object = std::move(object),
                  reply = std::move(reply)](const Tables& tables) mutable {
      auto ranges = erased_ranges(tables, workspace, object);
      if (!ranges) return reply(std::unexpected(std::move(ranges.error())));
      engine.purge(std::move(*ranges), std::move(reply));
    });
  }

  void load_standing(std::string workspace, Done<log::RulesStanding> done) override {
    read_with(std::move(done), [workspace = std::move(workspace)](const Tables& tables) {
      return read_standing(tables, workspace);
    });
  }

  void keep_untold_pin(std::string workspace, log::Pin pin, Done<void> done) override {
    auto reply = gate_.bind(std::move(done));
    if (engine_.read_only()) return reply(read_only());
    engine_.submit(UntoldPinRequest{std::move(workspace), std::move(pin), std::move(reply)});
  }

  void tree_nodes(std::string workspace, std::vector<log::merkle::Node> nodes,
                  Done<std::vector<Hash256>> done) override {
    read_with(std::move(done),
              [workspace = std::move(workspace), nodes = std::move(nodes)](const Tables& tables) {
                return read_tree_nodes(tables, workspace, nodes);
              });
  }

  void put_checkpoint(std::string workspace, std::uint64_t size, std::string note,
                      Done<void> done) override {
    auto reply = gate_.bind(std::move(done));
    if (engine_.read_only()) return reply(read_only());
    engine_.submit(
        CheckpointRequest{std::move(workspace), size, std::move(note), std::move(reply)});
  }

  void load_checkpoint(std::string workspace, Done<std::optional<std::string>> done) override {
    read_with(std::move(done), [workspace = std::move(workspace)](const Tables& tables) {
      return read_checkpoint(tables, workspace);
    });
  }

  void load_cut(std::string workspace, Done<Position> done) override {
    read_with(std::move(done), [workspace = std::move(workspace)](const Tables& tables) {
      return read_cut(tables, workspace);
    });
  }

  void put_origin(std::string workspace, log::Statement origin, Done<void> done) override {
    auto reply = gate_.bind(std::move(done));
    if (engine_.read_only()) return reply(read_only());
    engine_.submit(OriginRequest{std::move(workspace), std::move(origin), std::move(reply)});
  }

  void load_origins(std::string workspace, Done<std::vector<log::Statement>> done) override {
    read_with(std::move(done), [workspace = std::move(workspace)](const Tables& tables) {
      return read_origins(tables, workspace);
    });
  }

  void put_waiting(std::string workspace, std::string object, log::WaitingChange change,
                   log::WaitingBudget budget, Done<log::WaitingKept> done) override {
    auto reply = gate_.bind(std::move(done));
    if (auto ok = log::check_waiting(workspace, object, change); !ok)
      return reply(std::unexpected(std::move(ok.error())));
    if (engine_.read_only()) return reply(read_only());
    engine_.submit(PutWaitingRequest{std::move(workspace), std::move(object), std::move(change),
                                     budget, std::move(reply)});
  }

  void list_waiting(std::string workspace, std::string object, std::uint64_t after,
                    std::size_t limit, Done<log::WaitingPage> done) override {
    read_with(std::move(done), [workspace = std::move(workspace), object = std::move(object), after,
                                limit](const Tables& tables) {
      return read_waiting(tables, workspace, object, after, limit);
    });
  }

  void remove_waiting(std::string workspace, std::string object, std::vector<std::uint64_t> numbers,
                      Done<void> done) override {
    auto reply = gate_.bind(std::move(done));
    if (engine_.read_only()) return reply(read_only());
    engine_.submit(RemoveWaitingRequest{std::move(workspace), std::move(object), std::move(numbers),
                                        std::move(reply)});
  }

  void waiting_usage(std::string workspace, Done<log::WaitingUsage> done) override {
    read_with(std::move(done), [workspace = std::move(workspace)](const Tables& tables) {
      return read_waiting_usage(tables, workspace);
    });
  }

  void list_waiting_objects(std::string workspace, std::string after, std::size_t limit,
                            Done<std::vector<log::WaitingObject>> done) override {
    read_with(std::move(done), [workspace = std::move(workspace), after = std::move(after),
                                limit](const Tables& tables) {
      return read_waiting_objects(tables, workspace, after, limit);
    });
  }

  void list_waiting_workspaces(std::string after, std::size_t limit,
                               Done<std::vector<std::string>> done) override {
    read_with(std::move(done), [after = std::move(after), limit](const Tables& tables) {
      return read_waiting_workspaces(tables, after, limit);
    });
  }

  void load_actor(std::string workspace, log::ActorId actor,
                  Done<log::ActorNumbers> done) override {
    if (auto ok = log::check_actor(actor); !ok)
      return gate_.bind(std::move(done))(std::unexpected(std::move(ok.error())));
    read_with(std::move(done),
              [workspace = std::move(workspace), actor = std::move(actor)](const Tables& tables) {
                return read_actor(tables, workspace, actor);
              });
  }

  void change_directory(std::vector<log::DirectoryChange> changes, Done<void> done) override {
    auto reply = gate_.bind(std::move(done));
    if (auto ok = log::check_directory(changes); !ok) return reply(std::move(ok));
    if (engine_.read_only()) return reply(read_only());
    engine_.submit(DirectoryRequest{std::move(changes), std::move(reply)});
  }

  void load_entry(log::DirectoryKind kind, std::string id,
                  Done<std::optional<Bytes>> done) override {
    read_with(std::move(done), [kind, id = std::move(id)](const Tables& tables) {
      return read_directory(tables, kind, id);
    });
  }

  void list_entries(log::DirectoryKind kind, std::string prefix, std::string after,
                    std::size_t limit, Done<std::vector<log::DirectoryEntry>> done) override {
    read_with(std::move(done), [kind, prefix = std::move(prefix), after = std::move(after),
                                limit](const Tables& tables) {
      return read_directory(tables, kind, prefix, after, limit);
    });
  }

  void store_chunk(std::string tenant, Bytes bytes, Sha256::State before,
                   Done<log::StoredChunk> done) override {
    auto reply = gate_.bind(std::move(done));
    if (engine_.read_only()) return reply(read_only());
    if (bytes.empty() || bytes.size() > log::kFileChunkBytes)
      return reply(fail(ErrorCode::kInvalid, "a chunk has at most 1 MiB"));
    engine_.store_chunk({std::move(tenant), std::move(bytes), before, std::move(reply)});
  }

  void begin_upload(std::string tenant, log::Upload upload, Done<void> done) override {
    change_file(std::move(tenant), BeginUpload{std::move(upload)}, std::move(done));
  }

  void load_upload(std::string tenant, std::string id,
                   Done<std::optional<log::Upload>> done) override {
    read_with(std::move(done),
              [tenant = std::move(tenant), id = std::move(id)](const Tables& tables) {
                return read_upload(tables, tenant, id);
              });
  }

  void advance_upload(std::string tenant, log::Upload upload, std::vector<Hash256> more,
                      Done<void> done) override {
    change_file(std::move(tenant), AdvanceUpload{std::move(upload), std::move(more)},
                std::move(done));
  }

  void finish_upload(std::string tenant, std::string id, Hash256 file, Done<void> done) override {
    change_file(std::move(tenant), FinishUpload{std::move(id), file}, std::move(done));
  }

  void close_upload(std::string tenant, std::string id, Done<void> done) override {
    change_file(std::move(tenant), CloseUpload{std::move(id)}, std::move(done));
  }

  void end_upload(std::string tenant, std::string id, Done<void> done) override {
    change_file(std::move(tenant), EndUpload{std::move(id)}, std::move(done));
  }

  void list_uploads(std::string tenant, std::string after, std::size_t limit,
                    Done<std::vector<log::Upload>> done) override {
    read_with(std::move(done), [tenant = std::move(tenant), after = std::move(after),
                                limit](const Tables& tables) {
      return read_uploads(tables, tenant, after, limit);
    });
  }

  void load_file(std::string tenant, Hash256 file,
                 Done<std::optional<log::StoredFile>> done) override {
    read_with(std::move(done), [tenant = std::move(tenant), file](const Tables& tables) {
      return read_file(tables, tenant, file);
    });
  }

  void load_chunk(std::string tenant, std::string list, std::uint64_t index,
                  Done<Bytes> done) override {
    read_with(std::move(done),
              [tenant = std::move(tenant), list = std::move(list), index](const Tables& tables) {
                return read_chunk(tables, tenant, list, index);
              });
  }

  void load_tail(log::UploadTail tail, Done<Bytes> done) override {
    read_with(std::move(done), [tail](const Tables& tables) { return read_tail(tables, tail); });
  }

  void list_workspaces(std::string after, std::size_t limit,
                       Done<std::vector<std::string>> done) override {
    read_with(std::move(done), [after = std::move(after), limit](const Tables& tables) {
      return read_workspaces(tables, after, limit);
    });
  }

  void list_objects(std::string workspace, std::string prefix, std::string after, std::size_t limit,
                    Done<std::vector<std::string>> done) override {
    read_with(std::move(done), [workspace = std::move(workspace), prefix = std::move(prefix),
                                after = std::move(after), limit](const Tables& tables) {
      return read_objects(tables, workspace, prefix, after, limit);
    });
  }

  void list_heads(std::string workspace, std::string prefix, std::string after, std::size_t limit,
                  Done<log::ObjectHeads> done) override {
    read_with(std::move(done), [workspace = std::move(workspace), prefix = std::move(prefix),
                                after = std::move(after), limit](const Tables& tables) {
      return read_object_heads(tables, workspace, prefix, after, limit);
    });
  }

 private:
  static std::unexpected<Error> read_only() {
    return fail(ErrorCode::kUnsupported, "the data directory is opened for reading only");
  }

  void change_file(std::string tenant, FileChange change, Done<void> done) {
    auto reply = gate_.bind(std::move(done));
    if (engine_.read_only()) return reply(read_only());
    engine_.submit(FileRequest{std::move(tenant), std::move(change), std::move(reply)});
  }

  // Runs `read` and answers with its result.
  template <typename T, typename Read>
  void read_with(Done<T> done, Read read) {
    engine_.read([reply = gate_.bind(std::move(done)),
                  read = std::move(read)](const Tables& tables) mutable { reply(read(tables)); });
  }

  StoreEngine& engine_;
  log::ReplyGate gate_;
};

}  // namespace

std::unique_ptr<log::LoopStore> StoreEngine::open_loop(Scheduler& loop) {
  return std::make_unique<StoreLog>(*this, loop);
}

}  // namespace syncline::store
