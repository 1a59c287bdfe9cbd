#include "state/bundle_verify.h"

#include <fmt/format.h>

#include <variant>

#include "base/assert.h"

namespace syncline::state {

using log::Check;
using log::Checked;
using log::differs;

Checked<void> BundleVerifier::section(const log::BundleSection& section) {
  return std::visit([this](const auto& each) { return take(each); }, section);
}

Checked<void> BundleVerifier::take(const log::BundleHeader& header) {
  if (!first_pass_) return {};
  report_.header = header;
  verifier_.emplace(header.workspace, options_);
  for (const log::Checkpoint& known : trust_.known) verifier_->expect(known, "the checkpoint");
  return {};
}

Checked<void> BundleVerifier::take(const log::Statement& statement) {
  if (!first_pass_) return {};
  const log::Place place{report_.header.workspace};
  auto said = log::open_statement(statement);
  if (!said) return differs(Check::kCheckpoint, place, said.error().message, said.error().code);
  ++report_.statements;
  const bool trusted =
      trust_.keys.empty() || log::open_checkpoint(statement.note, trust_.keys).has_value();
  if (trusted && said->size >= report_.signed_events) {
    report_.signed_events = said->size;
    report_.signed_by = said->origin;
  }
  verifier_->expect(*said, fmt::format("the checkpoint of {}", said->origin));
  return {};
}

Checked<void> BundleVerifier::take(const log::BundleEvents& events) {
  SYNCLINE_ASSERT(verifier_.has_value());
  log::Position position = events.first;
  for (const ByteView record : events.records) {
    const auto event = verifier_->event(position++, record);
    if (!event) return std::unexpected(event.error());
    object_ = (*event)->object;
    if (on_event_) on_event_(**event, record);
  }
  return {};
}

Checked<void> BundleVerifier::take(const log::BundleSnapshot& snapshot) {
  if (snapshot.object != object_)
    return differs(Check::kSnapshot, {report_.header.workspace, snapshot.position, snapshot.object},
                   "a snapshot of an object that this event does not change");
  if (first_pass_) ++report_.snapshots;
  return verifier_->snapshot({.whole = snapshot.state, .type = snapshot.type});
}

Checked<void> BundleVerifier::take(const log::BundlePins& pins) {
  if (first_pass_) report_.pins += pins.pins.size();
  return {};
}

Checked<void> BundleVerifier::take(const log::BundleEnd& end) {
  const log::Place place{report_.header.workspace};
  if (auto ok = verifier_->finish(); !ok) return ok;
  if (verifier_->last_hash() != report_.header.last_hash)
    return differs(Check::kChain, place, "the header names another last event");
  if (verifier_->root() != end.root)
    return differs(Check::kTree, place, "the end names another root");
  return {};
}

bool BundleVerifier::begin_pass() {
  first_pass_ = false;
  return verifier_->begin_pass();
}

Checked<BundleReport> BundleVerifier::report() {
  if (!trust_.keys.empty() && report_.signed_events == 0)
    return differs(Check::kCheckpoint, {report_.header.workspace},
                   "nothing is signed with that key", ErrorCode::kUnauthorized);
  report_.replay = verifier_->counts();
  report_.pins += verifier_->rules().held().pins.size();
  return report_;
}

}  // namespace syncline::state
