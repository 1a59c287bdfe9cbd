// Source over a data directory, opened read-only, so that a server may be using it.
#include <fmt/format.h>

#include "backend/store/rocksdb_store.h"
#include "cli/data/source.h"
#include "cli/data/waiting_loop.h"
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
