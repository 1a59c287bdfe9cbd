// Source over a data directory, opened read-only, so that a server may be using it.
#include <fmt/format.h>

#include <algorithm>

#include "api/history_json.h"
#include "backend/keys/key_ring.h"
#include "backend/store/rocksdb_store.h"
#include "cli/data/source.h"
#include "cli/data/waiting_loop.h"
#include "log/notary.h"
#include "merge/facets.h"
#include "protocol/event_json.h"
#include "protocol/retention_json.h"
#include "state/blame.h"
#include "state/bundle_export.h"
#include "state/changes.h"
#include "state/moment.h"
#include "state/object_replay.h"
#include "state/retention_view.h"

namespace syncline::cli {
namespace {

// The log is read on this thread while it waits.
class DataDirExport final : public ExportStream {
 public:
  DataDirExport(WaitingLoop& loop, std::shared_ptr<state::BundleExport> bundle, std::uint64_t size)
      : loop_(loop), bundle_(std::move(bundle)), size_(size) {}

  Result<Bytes> next() override {
    return loop_.wait<Bytes>([&](auto done) { bundle_->next(std::move(done)); });
  }
  At at() const override { return {bundle_->events_done(), size_}; }

 private:
  WaitingLoop& loop_;
  std::shared_ptr<state::BundleExport> bundle_;
  std::uint64_t size_;
};

class DataDirSource final : public Source {
 public:
  explicit DataDirSource(std::string data_dir) : data_dir_(std::move(data_dir)) {}

  Result<std::vector<std::string>> workspaces(const std::string& after) override {
    return loop_.wait<std::vector<std::string>>(
        [&](auto done) { log_->catalog().list_workspaces(after, kPage, std::move(done)); });
  }

  Result<std::vector<std::string>> objects(const std::string& workspace, const std::string& prefix,
                                           const std::string& after) override {
    return loop_.wait<std::vector<std::string>>([&](auto done) {
      log_->catalog().list_objects(workspace, prefix, after, kPage, std::move(done));
    });
  }

  Result<ObjectState> object(const std::string& workspace, const std::string& object,
                             const std::string& at, const WantedPart& wanted) override {
    const auto part = merge::parse_part(wanted.root, wanted.range);
    if (!part) return std::unexpected(part.error());
    const auto replayed = replay(workspace, object, at);
    if (!replayed) return std::unexpected(replayed.error());
    auto json =
        wanted.root.empty() ? replayed->object->to_json() : merge::part_to_json(*replayed->object, *part);
    if (!json) return std::unexpected(std::move(json.error()));
    return ObjectState{replayed->position, std::move(*json)};
  }

  Result<Bytes> object_update(const std::string& workspace, const std::string& object,
                              const std::string& at) override {
    const auto replayed = replay(workspace, object, at);
    if (!replayed) return std::unexpected(replayed.error());
    return merge::diff_since(*replayed->object, {});
  }

  Result<ChangeLines> changes(const std::string& workspace, const std::string& object,
                              const std::string& from, const std::string& to, std::uint64_t after,
                              std::size_t limit) override {
    const auto begin = from.empty() ? Result<log::Position>(0) : position_of(workspace, from);
    if (!begin) return std::unexpected(begin.error());
    const auto end = position_of(workspace, to);
    if (!end) return std::unexpected(end.error());
    const auto page = loop_.wait<state::ChangePage>([&](auto done) {
      state::list_changes(*log_, workspace, object, std::max(*begin, after), *end, limit,
                          std::move(done));
    });
    if (!page) return std::unexpected(page.error());
    ChangeLines lines;
    for (const state::Change& change : page->changes)
      lines.changes.push_back({change.event.position, api::change_to_json(change)});
    lines.next = page->next < *end ? page->next : 0;
    return lines;
  }

  Result<std::vector<std::string>> blame(const std::string& workspace, const std::string& object,
                                         const std::string& at) override {
    const auto position = position_of(workspace, at);
    if (!position) return std::unexpected(position.error());
    const auto blame = loop_.wait<state::Blame>([&](auto done) {
      state::blame_object(*log_, workspace, object, *position, std::move(done));
    });
    if (!blame) return std::unexpected(blame.error());
    std::vector<std::string> texts;
    for (const state::BlamedText& text : blame->texts) texts.push_back(api::blamed_to_json(text));
    return texts;
  }

  Result<std::vector<NamedLine>> pins(const std::string& workspace,
                                      const std::string& after) override {
    const auto pins = loop_.wait<std::vector<log::Pin>>(
        [&](auto done) { log_->pins().list_pins(workspace, after, kPage, std::move(done)); });
    if (!pins) return std::unexpected(pins.error());
    std::vector<NamedLine> lines;
    for (const log::Pin& pin : *pins) lines.push_back({pin.name, protocol::pin_to_json(pin)});
    return lines;
  }

  Result<std::string> set_pin(const std::string&, const std::string&, const std::string&) override {
    return read_only();
  }

  Result<void> remove_pin(const std::string&, const std::string&) override { return read_only(); }

  Result<std::vector<EventLine>> events(const std::string& workspace, const std::string& object,
                                        std::uint64_t after, std::size_t limit) override {
    const log::ReadLimits limits{.max_events = limit};
    auto events = loop_.wait<std::vector<log::Event>>([&](auto done) {
      object.empty()
          ? log_->events().read(workspace, after, limits, std::move(done))
          : log_->events().read_object(workspace, object, after, limits, std::move(done));
    });
    if (!events) return std::unexpected(std::move(events.error()));
    std::vector<EventLine> lines;
    for (const log::Event& event : *events)
      lines.push_back({event.position, protocol::event_to_json(event)});
    return lines;
  }

  Result<std::string> retention(const std::string& workspace) override {
    const auto view = loop_.wait<state::RetentionView>([&](auto done) {
      state::view_retention(*log_, workspace, loop_.unix_ms(), std::move(done));
    });
    if (!view) return std::unexpected(view.error());
    return protocol::retention_to_json(view->retention, view->rule_says, view->record);
  }

  Result<std::string> change_retention(const std::string&, const RetentionWish&) override {
    return read_only();
  }

  Result<std::string> run_retention(const std::string&) override { return read_only(); }

  Result<std::vector<NamedLine>> quarantine(const std::string&, const std::string&) override {
    return fail(ErrorCode::kUnsupported,
                "what is in quarantine is known to a running server: name it with --server; "
                "`syncline log verify` looks at a data directory");
  }

  Result<void> lift_quarantine(const std::string&, const std::string&) override {
    return read_only();
  }

  Result<std::string> restore(const std::string&, const std::string&, const RestoreWish&) override {
    return read_only();
  }

  Result<std::string> checkpoint(const std::string& workspace) override {
    auto note = loop_.wait<std::optional<std::string>>(
        [&](auto done) { log_->attestations().load_checkpoint(workspace, std::move(done)); });
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
    log::Notary notary(log_->events(), log_->attestations(), nobody);
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

  Result<std::unique_ptr<ExportStream>> export_workspace(const std::string& workspace,
                                                         const ExportPlan& plan) override {
    auto statements = plan.from ? Result<std::vector<log::Statement>>() : statements_of(workspace);
    if (!statements) return std::unexpected(std::move(statements.error()));
    const auto head =
        loop_.wait<log::Head>([&](auto done) { log_->events().head(workspace, std::move(done)); });
    if (!head) return std::unexpected(head.error());
    if (head->last_position == 0) return std::unexpected(no_such_workspace(*this, workspace));
    const std::uint64_t size = plan.header ? plan.header->size : head->last_position;
    auto header = loop_.wait<log::BundleHeader>([&](auto done) {
      state::bundle_header(log_->events(), workspace, log_name(), size, std::move(done));
    });
    if (!header) return std::unexpected(std::move(header.error()));
    if (plan.header && plan.header->last_hash != header->last_hash)
      return fail(ErrorCode::kConflict, "the file was begun from another log");
    return std::make_unique<DataDirExport>(
        loop_,
        std::make_shared<state::BundleExport>(*log_, std::move(*header), std::move(*statements),
                                              state::ExportWish{plan.all_snapshots, plan.from}),
        size);
  }

  Result<void> refresh() override {
    log_.reset();
    store_.reset();
    auto store = backend::RocksDbStore::open(
        {.data_dir = data_dir_, .create_if_missing = false, .read_only = true});
    if (!store) return std::unexpected(std::move(store.error()));
    store_ = std::move(*store);
    log_ = store_->open_loop(loop_);
    return {};
  }

 private:
  std::string log_name() const {
    const auto keys = backend::KeyRing::read_public(data_dir_);
    return keys && !keys->empty() ? keys->back().name : "";
  }

  // What was signed of a log: by those it was imported from, and here.
  Result<std::vector<log::Statement>> statements_of(const std::string& workspace) {
    auto statements = loop_.wait<std::vector<log::Statement>>(
        [&](auto done) { log_->attestations().load_origins(workspace, std::move(done)); });
    if (!statements) return statements;
    auto note = loop_.wait<std::optional<std::string>>(
        [&](auto done) { log_->attestations().load_checkpoint(workspace, std::move(done)); });
    if (!note) return std::unexpected(std::move(note.error()));
    if (!*note) return statements;
    auto keys = backend::KeyRing::read_public(data_dir_);
    if (!keys) return std::unexpected(std::move(keys.error()));
    if (keys->empty())
      return fail(ErrorCode::kCorrupt, "the log was signed, but its keys are missing");
    if (statements->size() >= log::kMaxStatements) statements->pop_back();
    statements->push_back({std::move(*keys), std::move(**note)});
    return statements;
  }

  Result<log::Position> position_of(const std::string& workspace, const std::string& moment) {
    return loop_.wait<log::Position>([&](auto done) {
      state::find_moment(log_->events(), log_->pins(), workspace, moment, std::move(done));
    });
  }

  Result<state::ReplayedObject> replay(const std::string& workspace, const std::string& object,
                                       const std::string& at) {
    const auto position = position_of(workspace, at);
    if (!position) return std::unexpected(position.error());
    auto replayed = loop_.wait<state::ReplayedObject>([&](auto done) {
      state::replay_object(*log_, workspace, object, *position, std::move(done));
    });
    if (replayed && replayed->position == 0)
      return fail(ErrorCode::kNotFound, fmt::format("no object '{}/{}'{}", workspace, object,
                                                    at.empty() ? "" : fmt::format(" at {}", at)));
    return replayed;
  }

  static std::unexpected<Error> read_only() {
    return fail(ErrorCode::kUnsupported,
                "a data directory is only read here: name its server with --server");
  }

  std::string data_dir_;
  WaitingLoop loop_;
  std::unique_ptr<backend::RocksDbStore> store_;
  std::unique_ptr<log::LoopStore> log_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_data_dir(const std::string& data_dir) {
  auto source = std::make_unique<DataDirSource>(data_dir);
  if (auto opened = source->refresh(); !opened) return std::unexpected(std::move(opened.error()));
  return source;
}

}  // namespace syncline::cli
