// Source over a data directory, opened read-only, so that a server may be using it.
#include <fmt/format.h>

#include "backend/keys/key_ring.h"
#include "backend/store/rocksdb_store.h"
#include "cli/data/source.h"
#include "cli/data/waiting_loop.h"
#include "log/notary.h"
#include "protocol/event_json.h"
#include "state/object_cache.h"

namespace syncline::cli {
namespace {

class DataDirSource final : public Source {
 public:
  explicit DataDirSource(std::string data_dir) : data_dir_(std::move(data_dir)) {}

  Result<std::vector<std::string>> workspaces(const std::string& after) override {
    return loop_.wait<std::vector<std::string>>(
        [&](auto done) { log_->list_workspaces(after, kPage, std::move(done)); });
  }

  Result<std::vector<std::string>> objects(const std::string& workspace, const std::string& prefix,
                                           const std::string& after) override {
    return loop_.wait<std::vector<std::string>>(
        [&](auto done) { log_->list_objects(workspace, prefix, after, kPage, std::move(done)); });
  }

  Result<ObjectState> object(const std::string& workspace, const std::string& object) override {
    return with_object<ObjectState>(workspace, object, [](const state::Resident& resident) {
      return Result<ObjectState>(ObjectState{resident.position(), resident.object().to_json()});
    });
  }

  Result<Bytes> object_update(const std::string& workspace, const std::string& object) override {
    return with_object<Bytes>(workspace, object, [](const state::Resident& resident) {
      return resident.object().diff_since({});
    });
  }

  Result<std::vector<EventLine>> events(const std::string& workspace, const std::string& object,
                                        std::uint64_t after, std::size_t limit) override {
    const log::ReadLimits limits{.max_events = limit};
    auto events = loop_.wait<std::vector<log::Event>>([&](auto done) {
      object.empty() ? log_->read(workspace, after, limits, std::move(done))
                     : log_->read_object(workspace, object, after, limits, std::move(done));
    });
    if (!events) return std::unexpected(std::move(events.error()));
    std::vector<EventLine> lines;
    for (const log::Event& event : *events)
      lines.push_back({event.position, protocol::event_to_json(event)});
    return lines;
  }

  Result<std::string> checkpoint(const std::string& workspace) override {
    auto note = loop_.wait<std::optional<std::string>>(
        [&](auto done) { log_->load_checkpoint(workspace, std::move(done)); });
    if (!note) return std::unexpected(std::move(note.error()));
    if (*note) return std::move(**note);
    return fail(ErrorCode::kNotFound,
                fmt::format("nothing of workspace '{}' was signed yet: ask its server", workspace));
  }

  Result<std::string> proof(const std::string& workspace, std::uint64_t position) override {
    auto note = checkpoint(workspace);
    if (!note) return note;
    const auto signed_log = log::peek_checkpoint(*note);
    if (!signed_log) return std::unexpected(signed_log.error());
    const log::NotaryIdentity nobody;  // proves, and signs nothing
    log::Notary notary(*log_, nobody);
    auto proof = loop_.wait<log::InclusionProof>([&](auto done) {
      notary.prove_inclusion(workspace, position, signed_log->size, std::move(done));
    });
    if (!proof) return std::unexpected(std::move(proof.error()));
    return log::proof_text(*proof, *note);
  }

  Result<std::string> keys() override {
    auto keys = backend::KeyRing::read_public(data_dir_);
    if (!keys) return std::unexpected(std::move(keys.error()));
    std::string text;
    for (const log::NoteVerifier& key : *keys) text += key.to_text() + "\n";
    return text;
  }

  Result<void> refresh() override {
    log_.reset();
    store_.reset();
    auto store = backend::RocksDbStore::open(
        {.data_dir = data_dir_, .create_if_missing = false, .read_only = true});
    if (!store) return std::unexpected(std::move(store.error()));
    store_ = std::move(*store);
    log_ = store_->open_log(loop_);
    return {};
  }

 private:
  // Loads the object, hands it to `read`, forgets it.
  template <typename T, typename Read>
  Result<T> with_object(const std::string& workspace, const std::string& object, Read read) {
    state::ObjectCache cache(*log_, {});
    auto resident = loop_.wait<state::Resident*>(
        [&](auto done) { cache.acquire(workspace, object, std::move(done)); });
    if (!resident) return std::unexpected(std::move(resident.error()));
    Result<T> result =
        (*resident)->position() > 0
            ? read(**resident)
            : fail(ErrorCode::kNotFound, fmt::format("no object '{}/{}'", workspace, object));
    cache.release(**resident);
    return result;
  }

  std::string data_dir_;
  WaitingLoop loop_;
  std::unique_ptr<backend::RocksDbStore> store_;
  std::unique_ptr<log::EventLog> log_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_data_dir(const std::string& data_dir) {
  auto source = std::make_unique<DataDirSource>(data_dir);
  if (auto opened = source->refresh(); !opened) return std::unexpected(std::move(opened.error()));
  return source;
}

}  // namespace syncline::cli
