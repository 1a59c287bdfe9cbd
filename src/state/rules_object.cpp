#include "state/rules_object.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "merge/facets.h"
#include "syncline/crdt/any.h"

namespace syncline::state {
namespace {

using crdt::Any;
using log::HeldRules;
using merge::Operation;

// Without policies and shares, a snapshot has the first version, as before there were any.
constexpr std::uint8_t kRulesSnapshotVersion = 1;
constexpr std::uint8_t kAccessSnapshotVersion = 2;
constexpr std::uint8_t kDeletionsSnapshotVersion = 3;
constexpr std::uint8_t kWorkspaceSnapshotVersion = 4;
constexpr std::uint8_t kRenamesSnapshotVersion = 5;  // has everything

// ---- JSON

Any rules_number(std::uint64_t value) {
  return Any(static_cast<double>(value));
}

Any rules_any(const log::Pin& pin) {
  return Any(Any::Object{{"position", rules_number(pin.position)},
                         {"set", rules_number(pin.unix_ms)},
                         {"principal", Any(pin.principal)}});
}

Any rules_any(const log::RetentionRule& rule) {
  return Any(Any::Object{{"keep_ms", rules_number(rule.keep_ms)},
                         {"keep_last", rules_number(rule.keep_last)}});
}

Any rules_any(const log::Hold& hold) {
  return Any(Any::Object{{"reason", Any(hold.reason)},
                         {"principal", Any(hold.principal)},
                         {"since", rules_number(hold.unix_ms)}});
}

Any rules_any(const HeldRules::Lifted& lifted) {
  return Any(Any::Object{{"position", rules_number(lifted.position)},
                         {"principal", Any(lifted.principal)},
                         {"lifted", rules_number(lifted.unix_ms)}});
}

Any rules_any(const log::HeldPolicy& policy) {
  return Any(Any::Object{{"text", Any(policy.text)},
                         {"principal", Any(policy.principal)},
                         {"set", rules_number(policy.unix_ms)}});
}

Any rules_any(const log::HeldShare& share) {
  return Any(Any::Object{{"role", Any(std::string(log::name_of(share.role)))},
                         {"principal", Any(share.principal)},
                         {"given", rules_number(share.unix_ms)}});
}

Any rules_any(const log::SetDeletionRule& rule) {
  Any::Array seeds;
  for (const std::uint64_t seed : rule.seeds) seeds.push_back(rules_number(seed));
  return Any(
      Any::Object{{"grace_ms", rules_number(rule.grace_ms)}, {"seeds", Any(std::move(seeds))}});
}

Any rules_any(const log::EndedGeneration& ended) {
  if (ended.is_renamed())
    return Any(Any::Object{{"generation", rules_number(ended.generation)},
                           {"after", rules_number(ended.after)},
                           {"principal", Any(ended.principal)},
                           {"renamed", rules_number(ended.deleted_ms)},
                           {"renamed_to", Any(ended.renamed_to)},
                           {"redirects", Any(ended.redirects)},
                           {"erased", Any(ended.erased)}});
  return Any(Any::Object{{"generation", rules_number(ended.generation)},
                         {"after", rules_number(ended.after)},
                         {"principal", Any(ended.principal)},
                         {"deleted", rules_number(ended.deleted_ms)},
                         {"erase_at", rules_number(ended.erase_at_ms)},
                         {"erased", Any(ended.erased)}});
}

Any rules_any(const log::EndedWorkspace& ended, std::uint64_t generation) {
  return Any(Any::Object{{"generation", rules_number(generation)},
                         {"principal", Any(ended.principal)},
                         {"deleted", rules_number(ended.deleted_ms)},
                         {"erase_at", rules_number(ended.erase_at_ms)},
                         {"erased", Any(ended.erased)}});
}

// Of each object, the last generation that has ended.
Any rules_any(const log::HeldDeletions& held) {
  Any::Object members;
  for (const auto& [object, ended] : held.objects)
    members.emplace_back(object, rules_any(ended.back()));
  return Any(std::move(members));
}

// By resource, and there by grantee.
Any rules_any(const log::HeldShares& shares) {
  Any::Object resources;
  for (auto next = shares.begin(); next != shares.end();) {
    const std::string& resource = next->first.first;
    Any::Object given;
    for (; next != shares.end() && next->first.first == resource; ++next)
      given.emplace_back(to_string(next->first.second), rules_any(next->second));
    resources.emplace_back(resource, Any(std::move(given)));
  }
  return Any(std::move(resources));
}

template <typename Map>
Any rules_any_of_all(const Map& map) {
  Any::Object members;
  for (const auto& [name, value] : map) members.emplace_back(name, rules_any(value));
  return Any(std::move(members));
}

Any rules_any(const HeldRules& rules) {
  Any::Object members;
  if (!rules.pins.empty()) members.emplace_back("pins", rules_any_of_all(rules.pins));
  Any::Object retention;
  if (!rules.retention.keeps_all()) retention.emplace_back("rule", rules_any(rules.retention));
  if (rules.hold) retention.emplace_back("hold", rules_any(*rules.hold));
  if (!retention.empty()) members.emplace_back("retention", Any(std::move(retention)));
  if (!rules.lifted.empty()) members.emplace_back("quarantine", rules_any_of_all(rules.lifted));
  if (!rules.policies.empty()) members.emplace_back("policies", rules_any_of_all(rules.policies));
  if (!rules.shares.empty()) members.emplace_back("shares", rules_any(rules.shares));
  Any::Object deletion;
  if (rules.deletions.rule != log::SetDeletionRule{})
    deletion.emplace_back("rule", rules_any(rules.deletions.rule));
  if (rules.deletions.workspace)
    deletion.emplace_back(
        "workspace", rules_any(*rules.deletions.workspace, rules.deletions.workspace_generation));
  if (!deletion.empty()) members.emplace_back("deletion", Any(std::move(deletion)));
  if (!rules.deletions.objects.empty())
    members.emplace_back("deletions", rules_any(rules.deletions));
  return Any(std::move(members));
}

// ---- what a change does

// One key of the JSON: where it is, and what it holds afterwards.
struct Step {
  merge::Path container;
  std::string key;
  std::optional<Any> value;  // nullopt: the key is removed
};

struct StepOf {
  const HeldRules& after;

  Step operator()(const log::SetPin& act) const {
    return {{"pins", {}}, act.name, rules_any(after.pins.find(act.name)->second)};
  }
  Step operator()(const log::RemovePin& act) const {
    return {{"pins", {}}, act.name, std::nullopt};
  }
  Step operator()(const log::SetRetention&) const {
    if (after.retention.keeps_all()) return {{"retention", {}}, "rule", std::nullopt};
    return {{"retention", {}}, "rule", rules_any(after.retention)};
  }
  Step operator()(const log::PutHold&) const {
    return {{"retention", {}}, "hold", rules_any(*after.hold)};
  }
  Step operator()(const log::ReleaseHold&) const {
    return {{"retention", {}}, "hold", std::nullopt};
  }
  Step operator()(const log::LiftQuarantine& act) const {
    return {{"quarantine", {}}, act.object, rules_any(after.lifted.find(act.object)->second)};
  }
  Step operator()(const log::SetPolicy& act) const {
    return {{"policies", {}}, act.name, rules_any(after.policies.find(act.name)->second)};
  }
  Step operator()(const log::RemovePolicy& act) const {
    return {{"policies", {}}, act.name, std::nullopt};
  }
  Step operator()(const log::Share& act) const {
    return {{"shares", {act.resource}},
            to_string(act.to),
            rules_any(after.shares.find({act.resource, act.to})->second)};
  }
  Step operator()(const log::Unshare& act) const {
    return {{"shares", {act.resource}}, to_string(act.to), std::nullopt};
  }
  Step operator()(const log::SetDeletionRule& act) const {
    return {{"deletion", {}}, "rule", rules_any(act)};
  }
  Step operator()(const log::DeleteObject& act) const { return ended(act.object); }
  Step operator()(const log::EraseObject& act) const { return ended(act.object); }
  Step operator()(const log::UndeleteObject& act) const { return ended(act.object); }
  Step operator()(const log::RenameObject& act) const { return ended(act.object); }
  Step operator()(const log::RemoveRedirect& act) const { return ended(act.object); }

  Step operator()(const log::DeleteWorkspace&) const { return workspace(); }
  Step operator()(const log::UndeleteWorkspace&) const { return workspace(); }
  Step operator()(const log::EraseWorkspace&) const { return workspace(); }
  Step operator()(const log::BeginWorkspace&) const { return workspace(); }

  Step workspace() const {
    const log::HeldDeletions& held = after.deletions;
    if (!held.workspace) return {{"deletion", {}}, "workspace", std::nullopt};
    return {{"deletion", {}}, "workspace", rules_any(*held.workspace, held.workspace_generation)};
  }
  Step ended(const std::string& object) const {
    const log::EndedGeneration* last = after.deletions.last(object);
    if (last == nullptr) return {{"deletions", {}}, object, std::nullopt};
    return {{"deletions", {}}, object, rules_any(*last)};
  }
};

// `rules` becomes what the change makes of it, or stays as it is on an error.
Result<Step> take_rule_change(HeldRules& rules, const log::RuleChange& change) {
  if (auto ok = log::carry_out(rules, change); !ok) return std::unexpected(std::move(ok.error()));
  return std::visit(StepOf{rules}, change.act);
}

Result<Step> take_rule_change(HeldRules& rules, ByteView intent) {
  const auto change = log::decode_rule_change(intent);
  if (!change) return std::unexpected(change.error());
  return take_rule_change(rules, *change);
}

// The deletions of a workspace may be many: what one makes of its object is found without a copy of all.
HeldRules rules_about(const HeldRules& rules, const log::RuleChange& change) {
  if (log::object_of(change.act) != log::kDeletionsObject) return rules;
  HeldRules about;
  about.deletions.rule = rules.deletions.rule;
  about.deletions.generations = rules.deletions.generations;
  about.deletions.version_bytes = rules.deletions.version_bytes;
  about.deletions.redirects = rules.deletions.redirects;
  about.deletions.workspace_generation = rules.deletions.workspace_generation;
  about.deletions.workspace = rules.deletions.workspace;
  const auto take = [&](const std::string& object) {
    const auto found = rules.deletions.objects.find(object);
    if (found != rules.deletions.objects.end()) about.deletions.objects.insert(*found);
  };
  if (const auto* act = std::get_if<log::DeleteObject>(&change.act)) take(act->object);
  if (const auto* act = std::get_if<log::UndeleteObject>(&change.act)) take(act->object);
  if (const auto* act = std::get_if<log::RemoveRedirect>(&change.act)) take(act->object);
  if (const auto* act = std::get_if<log::RenameObject>(&change.act)) {
    take(act->object);
    take(act->to);
  }
  if (const auto* act = std::get_if<log::EraseObject>(&change.act)) take(act->object);
  return about;
}

// ---- snapshots

void write_deletions(ByteWriter& out, const log::HeldDeletions& held, bool renames) {
  out.var_uint(held.rule.grace_ms);
  out.var_uint(held.rule.seeds.size());
  for (const std::uint64_t seed : held.rule.seeds) out.var_uint(seed);
  out.var_uint(held.generations);
  for (const auto& [object, all] : held.objects) {
    for (const log::EndedGeneration& ended : all) {
      out.var_string(object);
      out.var_uint(ended.generation);
      out.var_uint(ended.after);
      out.var_uint(ended.deleted_ms);
      out.var_uint(ended.erase_at_ms == log::kNeverErased ? 0 : ended.erase_at_ms);
      out.u8(ended.erased ? 1 : 0);
      out.var_string(ended.principal);
      out.var_string(ended.type);
      out.var_buffer(ended.version);
      if (!renames) continue;
      out.var_string(ended.renamed_to);
      if (!ended.is_renamed()) continue;
      out.var_uint(ended.renamed_generation);
      out.var_uint(ended.since);
      out.u8((ended.redirects ? 1 : 0) | (ended.erase_at_ms == 0 ? 2 : 0));
    }
  }
}

void write_workspace_end(ByteWriter& out, const log::HeldDeletions& held) {
  out.var_uint(held.workspace_generation);
  out.u8(held.workspace ? 1 : 0);
  if (!held.workspace) return;
  out.var_uint(held.workspace->deleted_ms);
  out.var_uint(held.workspace->erase_at_ms);
  out.u8(held.workspace->erased ? 1 : 0);
  out.var_string(held.workspace->principal);
}

void write_access(ByteWriter& out, const HeldRules& rules) {
  out.var_uint(rules.policies.size());
  for (const auto& [name, policy] : rules.policies) {
    out.var_string(name);
    out.var_string(policy.text);
    out.var_string(policy.principal);
    out.var_uint(policy.unix_ms);
  }
  out.var_uint(rules.shares.size());
  for (const auto& [of, share] : rules.shares) {
    out.var_string(of.first);
    out.u8(static_cast<std::uint8_t>(of.second.kind));
    out.var_string(of.second.id);
    out.u8(static_cast<std::uint8_t>(share.role));
    out.var_string(share.principal);
    out.var_uint(share.unix_ms);
  }
}

Bytes encode_rules(const HeldRules& rules) {
  ByteWriter out;
  const bool renames = !rules.deletions.continued.empty();
  const bool workspace =
      renames || rules.deletions.workspace || rules.deletions.workspace_generation > 1;
  const bool deletions = rules.deletions != log::HeldDeletions{};
  const bool access = deletions || !rules.policies.empty() || !rules.shares.empty();
  out.u8(renames     ? kRenamesSnapshotVersion
         : workspace ? kWorkspaceSnapshotVersion
         : deletions ? kDeletionsSnapshotVersion
         : access    ? kAccessSnapshotVersion
                     : kRulesSnapshotVersion);
  out.var_uint(rules.pins.size());
  for (const auto& [name, pin] : rules.pins) {
    out.var_string(name);
    out.var_uint(pin.position);
    out.var_uint(pin.unix_ms);
    out.var_string(pin.principal);
  }
  out.var_uint(rules.retention.keep_ms);
  out.var_uint(rules.retention.keep_last);
  out.u8(rules.hold ? 1 : 0);
  if (rules.hold) {
    out.var_string(rules.hold->principal);
    out.var_string(rules.hold->reason);
    out.var_uint(rules.hold->unix_ms);
  }
  out.var_uint(rules.lifted.size());
  for (const auto& [object, lifted] : rules.lifted) {
    out.var_string(object);
    out.var_uint(lifted.position);
    out.var_string(lifted.principal);
    out.var_uint(lifted.unix_ms);
  }
  if (access) write_access(out, rules);
  if (deletions) write_deletions(out, rules.deletions, renames);
  if (workspace) write_workspace_end(out, rules.deletions);
  return out.take();
}

void read_pins(ByteReader& in, HeldRules& rules) {
  for (std::uint64_t left = in.var_uint(); left > 0 && in.ok(); --left) {
    log::Pin pin;
    pin.name = in.var_string();
    pin.position = in.var_uint();
    pin.unix_ms = in.var_uint();
    pin.principal = in.var_string();
    std::string name = pin.name;
    rules.pins.insert_or_assign(std::move(name), std::move(pin));
  }
}

void read_retention(ByteReader& in, HeldRules& rules) {
  rules.retention.keep_ms = in.var_uint();
  rules.retention.keep_last = in.var_uint();
  const std::uint8_t held = in.u8();
  if (held > 1) in.fail();
  if (held != 1) return;
  log::Hold& hold = rules.hold.emplace();
  hold.principal = in.var_string();
  hold.reason = in.var_string();
  hold.unix_ms = in.var_uint();
}

void read_lifted(ByteReader& in, HeldRules& rules) {
  for (std::uint64_t left = in.var_uint(); left > 0 && in.ok(); --left) {
    std::string object(in.var_string());
    HeldRules::Lifted& lifted = rules.lifted[std::move(object)];
    lifted.position = in.var_uint();
    lifted.principal = in.var_string();
    lifted.unix_ms = in.var_uint();
  }
}

void read_access(ByteReader& in, HeldRules& rules) {
  for (std::uint64_t left = in.var_uint(); left > 0 && in.ok(); --left) {
    std::string name(in.var_string());
    log::HeldPolicy& policy = rules.policies[std::move(name)];
    policy.text = in.var_string();
    policy.principal = in.var_string();
    policy.unix_ms = in.var_uint();
  }
  for (std::uint64_t left = in.var_uint(); left > 0 && in.ok(); --left) {
    std::string resource(in.var_string());
    const std::uint8_t kind = in.u8();
    log::Grantee to{static_cast<log::Grantee::Kind>(kind), std::string(in.var_string())};
    const std::uint8_t role = in.u8();
    if (kind > static_cast<std::uint8_t>(log::Grantee::Kind::kEveryone) ||
        role > static_cast<std::uint8_t>(log::ShareRole::kOwner))
      return in.fail();
    log::HeldShare& share = rules.shares[{std::move(resource), std::move(to)}];
    share.role = static_cast<log::ShareRole>(role);
    share.principal = in.var_string();
    share.unix_ms = in.var_uint();
  }
}

// What the version of renames adds.
void read_renamed(ByteReader& in, log::EndedGeneration& ended) {
  ended.renamed_to = in.var_string();
  if (!ended.is_renamed()) return;
  ended.renamed_generation = in.var_uint();
  ended.since = in.var_uint();
  const std::uint8_t how = in.u8();
  if (how > 3) in.fail();
  ended.redirects = (how & 1) != 0;
  ended.erase_at_ms = (how & 2) != 0 ? 0 : log::kNeverErased;
}

void read_deletions(ByteReader& in, log::HeldDeletions& held, bool renames) {
  held.rule.grace_ms = in.var_uint();
  for (std::uint64_t left = in.var_uint(); left > 0 && in.ok(); --left)
    held.rule.seeds.push_back(in.var_uint());
  for (std::uint64_t left = in.var_uint(); left > 0 && in.ok(); --left) {
    std::string object(in.var_string());
    log::EndedGeneration ended;
    ended.generation = in.var_uint();
    ended.after = in.var_uint();
    ended.deleted_ms = in.var_uint();
    ended.erase_at_ms = in.var_uint();
    const std::uint8_t erased = in.u8();
    if (erased > 1) in.fail();
    ended.erased = erased == 1;
    ended.principal = in.var_string();
    ended.type = in.var_string();
    ended.version = to_bytes(in.var_buffer());
    if (renames) read_renamed(in, ended);
    held.add(std::move(object), std::move(ended));
  }
}

void read_workspace_end(ByteReader& in, log::HeldDeletions& held) {
  held.workspace_generation = in.var_uint();
  const std::uint8_t ended = in.u8();
  if (ended > 1 || held.workspace_generation == 0) in.fail();
  if (ended != 1) return;
  log::EndedWorkspace& workspace = held.workspace.emplace();
  workspace.deleted_ms = in.var_uint();
  workspace.erase_at_ms = in.var_uint();
  const std::uint8_t erased = in.u8();
  if (erased > 1) in.fail();
  workspace.erased = erased == 1;
  workspace.principal = in.var_string();
}

Result<HeldRules> decode_rules(ByteView snapshot) {
  ByteReader in(snapshot);
  const std::uint8_t version = in.u8();
  if (in.ok() && (version < kRulesSnapshotVersion || version > kRenamesSnapshotVersion))
    return fail(ErrorCode::kUnsupported,
                fmt::format("this build does not know snapshots of rules of version {}", version));
  HeldRules rules;
  read_pins(in, rules);
  read_retention(in, rules);
  read_lifted(in, rules);
  if (version >= kAccessSnapshotVersion) read_access(in, rules);
  if (version >= kDeletionsSnapshotVersion)
    read_deletions(in, rules.deletions, version >= kRenamesSnapshotVersion);
  if (version >= kWorkspaceSnapshotVersion) read_workspace_end(in, rules.deletions);
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::kMalformed, "a snapshot of rules is cut short, or bytes follow it");
  return rules;
}

// ---- the object

class RulesObject final : public merge::Object, private merge::Telling {
 public:
  RulesObject() = default;
  explicit RulesObject(HeldRules rules) : rules_(std::move(rules)) {}

  const merge::ObjectType& type() const override { return rules_type(); }

  Result<merge::Prepared> prepare(ByteView intent) const override {
    const auto change = log::decode_rule_change(intent);
    if (!change) return std::unexpected(change.error());
    HeldRules after = rules_about(rules_, *change);
    auto step = take_rule_change(after, *change);
    if (!step) return std::unexpected(std::move(step.error()));
    merge::Prepared prepared;
    prepared.changes = true;
    merge::Touch touch;
    touch.operation = step->value ? Operation::kSetKey : Operation::kDeleteKey;
    touch.extent = merge::Extent::kBelow;
    touch.container = std::move(step->container);
    touch.key = std::move(step->key);
    prepared.effect.touches.push_back(std::move(touch));
    return prepared;
  }

  Result<void> apply(ByteView recorded) override {
    if (auto step = take_rule_change(rules_, recorded); !step)
      return std::unexpected(std::move(step.error()));
    return {};
  }

  Bytes snapshot() const override { return encode_rules(rules_); }
  std::string to_json() const override { return crdt::to_json(rules_any(rules_)); }

  std::size_t memory_bytes() const override {
    constexpr std::size_t kNode = 160;  // of a map, with two strings
    std::size_t bytes = sizeof *this;
    bytes += (rules_.pins.size() + rules_.lifted.size() + rules_.shares.size()) * kNode;
    for (const auto& [name, policy] : rules_.policies) bytes += kNode + policy.text.size();
    bytes += rules_.deletions.generations * kNode + rules_.deletions.version_bytes;
    bytes += rules_.deletions.continued.size() * kNode;
    return bytes;
  }

  merge::Telling* telling() override { return this; }
  const HeldRules& rules() const { return rules_; }

 private:
  Result<std::string> apply_and_tell(ByteView recorded) override {
    const auto step = take_rule_change(rules_, recorded);
    if (!step) return std::unexpected(step.error());
    const Any change = step->value ? Any(Any::Object{{"set", *step->value}})
                                   : Any(Any::Object{{"deleted", Any(true)}});
    const Any keys(Any::Object{{step->key, change}});
    return crdt::to_json(Any(Any::Array{
        Any(Any::Object{{"path", Any(merge::to_string(step->container))}, {"keys", keys}})}));
  }

  HeldRules rules_;
};

class RulesType final : public merge::ObjectType {
 public:
  std::string_view name() const override { return log::kRulesType; }
  std::span<const std::string_view> faces() const override { return {}; }
  std::unique_ptr<merge::Object> create() const override { return std::make_unique<RulesObject>(); }

  Result<std::unique_ptr<merge::Object>> restore(ByteView snapshot) const override {
    auto rules = decode_rules(snapshot);
    if (!rules) return std::unexpected(std::move(rules.error()));
    return std::make_unique<RulesObject>(std::move(*rules));
  }
};

}  // namespace

const merge::ObjectType& rules_type() {
  static const RulesType type;
  return type;
}

const log::HeldRules* rules_of(const merge::Object& object) {
  const auto* rules = dynamic_cast<const RulesObject*>(&object);
  return rules == nullptr ? nullptr : &rules->rules();
}

}  // namespace syncline::state
