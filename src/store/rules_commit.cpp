// The part of the group commit that derives pins, rules, holds, the links of renamed objects and the names of deleted
// workspaces from events of system objects.
#include <fmt/format.h>

#include <utility>

#include "base/mutation.h"
#include "log/rules.h"
#include "store/contents.h"
#include "store/directory.h"
#include "store/group_commit.h"
#include "store/object_past.h"
#include "store/reads.h"
#include "store/retention.h"

namespace syncline::store {

// Checks all events of rules in an append, each against what those before it leave. Writes nothing.
Result<GroupCommit::RulesStage> GroupCommit::check_rules(const AppendRequest& request,
                                                         Known* known) {
  RulesStage stage;
  for (const log::EncodedEvent& event : request.append.events) {
    if (!log::is_system_object(event.object)) continue;
    const auto refuse = [&](const Error& error) {
      return fail(error.code, fmt::format("append to {}, event {}: {}", request.workspace,
                                          event.position, error.message));
    };
    const auto decoded = log::decode_event(event.record);
    if (!decoded) return refuse(decoded.error());
    const auto change = log::rule_change_in(*decoded);
    if (!change) return refuse(change.error());
    if (!*change) continue;
    if (!stage.any)
      if (auto ok = begin_rules(stage, request.workspace, known); !ok)
        return std::unexpected(std::move(ok.error()));
    if (auto ok = stage_rule(stage, request.workspace, known, **change, event.position); !ok)
      return refuse(ok.error());
  }
  return stage;
}

// Whether its pins and retention follow from events.
Result<bool> GroupCommit::is_told(Known& known) const {
  if (known.rules_told) return *known.rules_told;
  auto told = rules_told(tables_, known.id);
  if (told) known.rules_told = *told;
  return told;
}

Result<void> GroupCommit::begin_rules(RulesStage& stage, const std::string& workspace,
                                      Known* known) {
  stage.any = true;
  stage.first = true;
  if (known == nullptr) return {};
  const auto told = is_told(*known);
  if (!told) return fail_while("workspace " + workspace, told.error());
  stage.first = !*told;
  const auto retention = retention_of(workspace, *known);
  if (!retention) return std::unexpected(retention.error());
  stage.retention = *retention;
  if (!stage.first) return find_next_record(*known);
  // What a version before 0.2 kept without events makes room for what the events say.
  stage.retention.rule = {};
  stage.retention.hold.reset();
  return find_untold(stage, *known);
}

// Pins and records that a version before 0.2 kept.
Result<void> GroupCommit::find_untold(RulesStage& stage, const Known& known) const {
  for (const std::string& prefix : {pin_key(known.id, ""), retention_record_prefix(known.id)}) {
    const auto cursor = tables_.cursor(Family::kMeta);
    for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next())
      stage.untold.emplace_back(cursor->key());
    if (auto read = cursor->status(); !read) return read;
  }
  if (known.pinned_in == batches_)  // the tables do not show it yet
    for (const auto& [name, pin] : known.fresh_pins)
      stage.untold.push_back(pin_key(known.id, name));
  return {};
}

// The pin of that name in front of the next event of the stage.
Result<std::optional<log::Pin>> GroupCommit::pin_before(const RulesStage& stage, const Known* known,
                                                        const std::string& name) const {
  if (const auto staged = stage.pins.find(name); staged != stage.pins.end()) return staged->second;
  if (known == nullptr) return std::nullopt;
  if (known->pinned_in == batches_) {  // the tables do not show it yet
    const auto fresh = known->fresh_pins.find(name);
    if (fresh != known->fresh_pins.end()) return fresh->second;
  }
  const auto value = tables_.get(Family::kMeta, pin_key(known->id, name));
  if (!value) return fail_while("reading pin " + name, value.error());
  if (!*value) return std::nullopt;
  return decode_pin(name, **value).value_or(log::Pin{.name = name});
}

Result<void> GroupCommit::stage_pin(RulesStage& stage, const std::string& workspace,
                                    const Known* known, const log::Pin& pin) const {
  auto before = pin_before(stage, known, pin.name);
  if (!before) return std::unexpected(std::move(before.error()));
  const bool stands = *before && (*before)->position == pin.position;
  // The moment of a pin that stands is kept, also below the floor.
  if (pin.position > 0 && pin.position < stage.retention.floor && !stands &&
      !is_mutated(Mutation::pin_what_is_gone))
    return std::unexpected(log::dropped_error(workspace, pin.position, stage.retention.floor));
  const bool made_room = stage.first && !stage.pins.contains(pin.name);
  if (pin.position == 0 && (!*before || made_room))
    return fail(ErrorCode::kNotFound, fmt::format("there is no pin '{}'", pin.name));
  // Snapshots may have stood for this pin alone: they are looked for again.
  if (*before && !stands) stage.retention.swept_to = 0;
  stage.pins[pin.name] = pin.position > 0 ? std::optional(pin) : std::nullopt;
  return {};
}

Result<void> GroupCommit::stage_rule(RulesStage& stage, const std::string& workspace,
                                     const Known* known, const log::RuleChange& change,
                                     log::Position at) const {
  if (const auto* set = std::get_if<log::SetPin>(&change.act)) {
    if (set->position >= at)
      return fail(ErrorCode::kInvalid,
                  fmt::format("workspace {} has no position {} to pin", workspace, set->position));
    return stage_pin(stage, workspace, known,
                     {set->name, set->position, change.unix_ms, change.principal});
  }
  if (const auto* removed = std::get_if<log::RemovePin>(&change.act))
    return stage_pin(stage, workspace, known, {.name = removed->name});
  if (std::holds_alternative<log::DeleteWorkspace>(change.act)) stage.deleted = true;
  if (std::holds_alternative<log::UndeleteWorkspace>(change.act) ||
      std::holds_alternative<log::BeginWorkspace>(change.act))
    stage.deleted = false;
  if (const auto* renamed = std::get_if<log::RenameObject>(&change.act))
    stage.renamed.emplace_back(at, *renamed);
  auto retention = log::retention_change_of(change);
  if (!retention) return {};  // nothing in the tables follows from it
  auto after = log::change_retention(stage.retention, *retention);
  if (!after) return std::unexpected(std::move(after.error()));
  stage.retention = std::move(*after);
  stage.record.push_back(std::move(*retention));
  return {};
}

void GroupCommit::write_rules(const std::string& workspace, Known& known, RulesStage stage,
                              Writes& writes) {
  if (!stage.any) return;
  for (const std::string& key : stage.untold) writes.remove(Family::kMeta, key);
  if (stage.first) {
    writes.put(Family::kMeta, rules_told_key(known.id), {});
    known.rules_told = true;
    known.next_record = 1;
  }
  for (const log::RetentionChange& change : stage.record)
    writes.put(Family::kMeta, retention_record_key(known.id, known.next_record++),
               encode_retention_record(change));
  for (const auto& [at, act] : stage.renamed) {
    const PastLink link = link_of(known.id, act, at);
    writes.put(Family::kMeta, link.key, link.value);
  }
  if (stage.retention != known.retention.value_or(log::Retention{}))
    keep(workspace, known, std::move(stage.retention), writes);
  if (stage.deleted) {
    const std::string key = directory_key(log::DirectoryKind::kDeleted, workspace);
    *stage.deleted ? writes.put(Family::kMeta, key, encode_directory(key, {}))
                   : writes.remove(Family::kMeta, key);
  }
  if (stage.pins.empty()) return;
  if (known.pinned_in != batches_) known.fresh_pins.clear();
  known.pinned_in = batches_;
  for (auto& [name, pin] : stage.pins) {
    const std::string key = pin_key(known.id, name);
    if (!pin)
      writes.remove(Family::kMeta, key);
    else if (!is_mutated(Mutation::lose_pin))
      writes.put(Family::kMeta, key, encode_pin(*pin));
    known.fresh_pins[name] = std::move(pin);
  }
}

Result<void> GroupCommit::stage(UntoldPinRequest& request, Batch&, Writes& writes) {
  if (request.overflowed) return fail(ErrorCode::kUnavailable, "the disk does not keep up");
  const log::Pin& pin = request.pin;
  if (!log::is_pin_name(pin.name) || pin.principal.size() > log::kMaxPrincipalBytes)
    return fail(ErrorCode::kInvalid, fmt::format("'{}' is no name for a pin", pin.name));
  const auto known = find(request.workspace);
  if (!known) return std::unexpected(known.error());
  if (*known == nullptr || pin.position == 0 || pin.position > (*known)->head.last_position)
    return fail(ErrorCode::kInvalid, fmt::format("workspace {} has no position {} to pin",
                                                 request.workspace, pin.position));
  const auto possible = may_hold_untold(tables_, (*known)->id);
  if (!possible) return std::unexpected(possible.error());
  const auto there = pin_before({}, *known, pin.name);
  if (!there) return std::unexpected(there.error());
  const auto told = is_told(**known);
  if (!told) return std::unexpected(told.error());
  if (!*possible || *told || *there) return {};
  writes.put(Family::kMeta, pin_key((*known)->id, pin.name), encode_pin(pin));
  if ((*known)->pinned_in != batches_) (*known)->fresh_pins.clear();
  (*known)->pinned_in = batches_;
  (*known)->fresh_pins[pin.name] = pin;
  return {};
}

}  // namespace syncline::store
