#include "state/bundle_import.h"

#include <optional>
#include <utility>

#include "log/file_version.h"
#include "state/object_replay.h"
#include "state/state_parts.h"

namespace syncline::state {
namespace {

void put(const ReplaySources& sources, const std::string& workspace, AppendStep& step,
         log::Done<void> done) {
  log::Append append{.events = std::move(step.events)};
  append.after = append.events.front().position - 1;
  sources.events.append(workspace, std::move(append),
                        [done = std::move(done)](Result<log::Appended> appended) mutable {
                          if (!appended) return done(std::unexpected(std::move(appended.error())));
                          done({});
                        });
}

void put(const ReplaySources& sources, const std::string& workspace, SnapshotStep& step,
         log::Done<void> done) {
  const std::string object = step.object;
  const log::Position at = step.snapshot.position;
  if (!step.if_missing)
    return sources.snapshots.put_snapshot(workspace, object, std::move(step.snapshot),
                                          std::move(done));
  replay_object(
      sources, workspace, object, at,
      [&snapshots = sources.snapshots, workspace, object, snapshot = std::move(step.snapshot),
       done = std::move(done)](Result<ReplayedObject> there) mutable {
        if (there || there.error().code == ErrorCode::kNotFound) return done({});
        if (there.error().code != ErrorCode::kCorrupt)
          return done(std::unexpected(std::move(there.error())));
        snapshots.put_snapshot(workspace, object, std::move(snapshot), std::move(done));
      });
}

// A bundle of a version before 0.2: whoever opens the workspace makes an event of it.
void put(const ReplaySources& sources, const std::string& workspace, PinStep& step,
         log::Done<void> done) {
  sources.store.rules().keep_untold_pin(workspace, std::move(step.pin), std::move(done));
}

void put(const ReplaySources& sources, const std::string& workspace, OriginStep& step,
         log::Done<void> done) {
  sources.store.attestations().put_origin(workspace, std::move(step.origin), std::move(done));
}

}  // namespace

void carry_out(const ReplaySources& sources, const std::string& workspace, ImportStep step,
               log::Done<void> done) {
  std::visit([&](auto& each) { put(sources, workspace, each, std::move(done)); }, step);
}

BundleImport::BundleImport(const log::Head& there, const VerifierOptions& options)
    : there_(there), verifier_(options, {}) {
  verifier_.on_event([this](const log::Event& event, ByteView record) { take(event, record); });
}

log::Checked<std::vector<ImportStep>> BundleImport::section(const log::BundleSection& section) {
  if (auto ok = verifier_.section(section); !ok) return std::unexpected(std::move(ok.error()));
  if (conflict_)
    return log::differs(log::Check::kChain, {{}, there_.last_position},
                        "there is another log in this workspace already", ErrorCode::kConflict);
  if (torn_)
    return log::differs(log::Check::kBundle, {{}, last_}, torn_->message, ErrorCode::kMalformed);
  std::vector<ImportStep> steps;
  // A log accepts only whole groups, so a group that continues in the next section has to wait.
  if (group_.open()) {
    if (std::holds_alternative<log::BundlePins>(section) ||
        std::holds_alternative<log::BundleEnd>(section))
      return log::differs(log::Check::kBundle, {{}, last_},
                          "the file ends within a group of events", ErrorCode::kMalformed);
  } else {
    if (!next_.events.empty()) {
      appended_ += next_.events.size();
      steps.emplace_back(std::exchange(next_, {}));
    }
    for (ImportStep& milestone : std::exchange(milestones_, {}))
      steps.push_back(std::move(milestone));
  }
  if (const auto* statement = std::get_if<log::Statement>(&section))
    origins_.emplace_back(OriginStep{*statement});
  if (const auto* snapshot = std::get_if<log::BundleSnapshot>(&section))
    keep_snapshot(*snapshot, steps);
  if (const auto* pins = std::get_if<log::BundlePins>(&section))
    for (const log::Pin& pin : pins->pins) steps.emplace_back(PinStep{pin});
  if (std::holds_alternative<log::BundleEnd>(section))
    for (ImportStep& origin : origins_) steps.push_back(std::move(origin));
  return steps;
}

// The snapshot after the last existing event may be missing, because the import was interrupted
// between the two. Earlier snapshots were stored before that event was appended.
void BundleImport::keep_snapshot(const log::BundleSnapshot& snapshot,
                                 std::vector<ImportStep>& steps) {
  Weight& weight = weights_[snapshot.object];
  if (!weight.gap && weight.snapshot != 0) return;
  weight = {0, snapshot.state.size()};
  if (last_ < there_.last_position) return;
  SnapshotStep step{snapshot.object,
                    {snapshot.position, to_bytes(snapshot.state), 0, 0},
                    last_ == there_.last_position};
  step.snapshot.type = snapshot.type;
  step.snapshot.generation = snapshot.generation;
  // After its event, which waits until its group is complete.
  (next_.events.empty() ? steps : milestones_).emplace_back(std::move(step));
}

void BundleImport::take(const log::Event& event, ByteView record) {
  last_ = event.position;
  if (event.position == there_.last_position && event.hash != there_.last_hash) conflict_ = true;
  if (event.position > there_.last_position) {
    if (auto ok = group_.take(event.position, event.group); !ok) torn_ = std::move(ok.error());
    next_.events.push_back(log::with_record(event, to_bytes(record)));
    next_.changes_bytes += log::stored_bytes(event.type, event.intent);
    if (!weights_.contains(event.object)) ++next_.new_objects;
  }
  if (event.dropped_payload) weights_[event.object].gap = true;
  keep_milestone(event, record.size());
}

void BundleImport::keep_milestone(const log::Event& event, std::size_t record_bytes) {
  Weight& weight = weights_[event.object];
  weight.since_milestone += record_bytes;
  if (!milestone_due(weight.since_milestone, weight.snapshot)) return;
  const merge::Object* object = verifier_.find(event.object);
  if (object == nullptr) return;
  log::Snapshot snapshot = milestone_of(*object, event.position, event.generation);
  weight = {0, snapshot.bytes.size()};
  if (event.position > there_.last_position)
    milestones_.emplace_back(SnapshotStep{event.object, std::move(snapshot)});
}

}  // namespace syncline::state
