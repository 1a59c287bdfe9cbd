#include "log/rules.h"

#include <fmt/format.h>

#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "log/pin_store.h"

namespace syncline::log {
namespace {

constexpr std::uint8_t kRulesVersion = 1;

// Stored: a number never gets a second meaning.
enum class ActCode : std::uint8_t {
  kSetPin = 0,
  kRemovePin = 1,
  kSetRetention = 2,
  kPutHold = 3,
  kReleaseHold = 4,
  kLiftQuarantine = 5,
  kSetPolicy = 6,
  kRemovePolicy = 7,
  kShare = 8,
  kUnshare = 9,
  kSetDeletionRule = 10,
  kDeleteObject = 11,
  kUndeleteObject = 12,
  kEraseObject = 13,
  kDeleteWorkspace = 14,
  kUndeleteWorkspace = 15,
  kEraseWorkspace = 16,
  kBeginWorkspace = 17,
  kRenameObject = 18,
  kRemoveRedirect = 19,
};

struct ActWriter {
  ByteWriter& out;

  void operator()(const SetPin& act) const {
    begin(ActCode::kSetPin);
    out.var_string(act.name);
    out.var_uint(act.position);
  }
  void operator()(const RemovePin& act) const {
    begin(ActCode::kRemovePin);
    out.var_string(act.name);
  }
  void operator()(const SetRetention& act) const {
    begin(ActCode::kSetRetention);
    out.var_uint(act.rule.keep_ms);
    out.var_uint(act.rule.keep_last);
  }
  void operator()(const PutHold&) const { begin(ActCode::kPutHold); }
  void operator()(const ReleaseHold&) const { begin(ActCode::kReleaseHold); }
  void operator()(const LiftQuarantine& act) const {
    begin(ActCode::kLiftQuarantine);
    out.var_string(act.object);
    out.var_uint(act.position);
  }
  void operator()(const SetPolicy& act) const {
    begin(ActCode::kSetPolicy);
    out.var_string(act.name);
    out.var_string(act.text);
  }
  void operator()(const RemovePolicy& act) const {
    begin(ActCode::kRemovePolicy);
    out.var_string(act.name);
  }
  void operator()(const Share& act) const {
    begin(ActCode::kShare);
    of_share(act.resource, act.to);
    out.u8(static_cast<std::uint8_t>(act.role));
  }
  void operator()(const Unshare& act) const {
    begin(ActCode::kUnshare);
    of_share(act.resource, act.to);
  }

  void operator()(const SetDeletionRule& act) const {
    begin(ActCode::kSetDeletionRule);
    out.var_uint(act.grace_ms);
    out.var_uint(act.seeds.size());
    for (const std::uint64_t seed : act.seeds) out.var_uint(seed);
  }
  void operator()(const DeleteObject& act) const {
    of_generation(ActCode::kDeleteObject, act.object, act.generation);
    out.var_uint(act.after);
    out.var_uint(act.erase_at_ms);
    out.var_string(act.type);
    out.var_buffer(act.version);
  }
  void operator()(const UndeleteObject& act) const {
    of_generation(ActCode::kUndeleteObject, act.object, act.generation);
  }
  void operator()(const EraseObject& act) const {
    of_generation(ActCode::kEraseObject, act.object, act.generation);
    out.u8(act.complete ? 1 : 0);
  }

  void operator()(const DeleteWorkspace& act) const {
    begin(ActCode::kDeleteWorkspace);
    out.var_uint(act.generation);
    out.var_uint(act.erase_at_ms);
  }
  void operator()(const UndeleteWorkspace& act) const {
    begin(ActCode::kUndeleteWorkspace);
    out.var_uint(act.generation);
  }
  void operator()(const EraseWorkspace& act) const {
    begin(ActCode::kEraseWorkspace);
    out.var_uint(act.generation);
    out.u8(act.complete ? 1 : 0);
  }
  void operator()(const BeginWorkspace& act) const {
    begin(ActCode::kBeginWorkspace);
    out.var_uint(act.generation);
  }

  void operator()(const RenameObject& act) const {
    of_generation(ActCode::kRenameObject, act.object, act.generation);
    out.var_uint(act.since);
    out.var_uint(act.after);
    out.var_string(act.type);
    out.var_buffer(act.version);
    out.var_string(act.to);
    out.var_uint(act.to_generation);
  }
  void operator()(const RemoveRedirect& act) const {
    begin(ActCode::kRemoveRedirect);
    out.var_string(act.object);
  }

  void of_generation(ActCode code, const std::string& object, std::uint64_t generation) const {
    begin(code);
    out.var_string(object);
    out.var_uint(generation);
  }
  void of_share(const std::string& resource, const Grantee& to) const {
    out.var_string(resource);
    out.u8(static_cast<std::uint8_t>(to.kind));
    out.var_string(to.id);
  }
  void begin(ActCode code) const { out.u8(static_cast<std::uint8_t>(code)); }
};

SetPin read_set_pin(ByteReader& in) {
  SetPin act;
  act.name = in.var_string();
  act.position = in.var_uint();
  return act;
}

SetRetention read_set_retention(ByteReader& in) {
  SetRetention act;
  act.rule.keep_ms = in.var_uint();
  act.rule.keep_last = in.var_uint();
  return act;
}

LiftQuarantine read_lift(ByteReader& in) {
  LiftQuarantine act;
  act.object = in.var_string();
  act.position = in.var_uint();
  return act;
}

SetPolicy read_set_policy(ByteReader& in) {
  SetPolicy act;
  act.name = in.var_string();
  act.text = in.var_string();
  return act;
}

// check_rule_change() refuses kinds and roles that there are not.
Grantee read_grantee(ByteReader& in) {
  Grantee to;
  to.kind = static_cast<Grantee::Kind>(in.u8());
  to.id = in.var_string();
  return to;
}

Share read_share(ByteReader& in) {
  Share act;
  act.resource = in.var_string();
  act.to = read_grantee(in);
  act.role = static_cast<ShareRole>(in.u8());
  return act;
}

Unshare read_unshare(ByteReader& in) {
  Unshare act;
  act.resource = in.var_string();
  act.to = read_grantee(in);
  return act;
}

SetDeletionRule read_deletion_rule(ByteReader& in) {
  SetDeletionRule act;
  act.grace_ms = in.var_uint();
  for (std::uint64_t left = in.var_uint(); left > 0 && in.ok(); --left)
    act.seeds.push_back(in.var_uint());
  return act;
}

template <typename Act>
Act read_of_generation(ByteReader& in) {
  Act act;
  act.object = in.var_string();
  act.generation = in.var_uint();
  return act;
}

DeleteObject read_delete(ByteReader& in) {
  auto act = read_of_generation<DeleteObject>(in);
  act.after = in.var_uint();
  act.erase_at_ms = in.var_uint();
  act.type = in.var_string();
  act.version = to_bytes(in.var_buffer());
  return act;
}

bool read_complete(ByteReader& in) {
  const std::uint8_t complete = in.u8();
  if (complete > 1) in.fail();
  return complete == 1;
}

EraseObject read_erase(ByteReader& in) {
  auto act = read_of_generation<EraseObject>(in);
  act.complete = read_complete(in);
  return act;
}

RenameObject read_rename(ByteReader& in) {
  auto act = read_of_generation<RenameObject>(in);
  act.since = in.var_uint();
  act.after = in.var_uint();
  act.type = in.var_string();
  act.version = to_bytes(in.var_buffer());
  act.to = in.var_string();
  act.to_generation = in.var_uint();
  return act;
}

DeleteWorkspace read_delete_workspace(ByteReader& in) {
  DeleteWorkspace act;
  act.generation = in.var_uint();
  act.erase_at_ms = in.var_uint();
  return act;
}

EraseWorkspace read_erase_workspace(ByteReader& in) {
  EraseWorkspace act;
  act.generation = in.var_uint();
  act.complete = read_complete(in);
  return act;
}

Result<RuleAct> read_act(ByteReader& in) {
  const std::uint8_t code = in.u8();
  if (!in.ok()) return fail(ErrorCode::kMalformed, "a change of rules is cut short");
  switch (static_cast<ActCode>(code)) {
    case ActCode::kSetPin: return read_set_pin(in);
    case ActCode::kRemovePin: return RemovePin{std::string(in.var_string())};
    case ActCode::kSetRetention: return read_set_retention(in);
    case ActCode::kPutHold: return PutHold{};
    case ActCode::kReleaseHold: return ReleaseHold{};
    case ActCode::kLiftQuarantine: return read_lift(in);
    case ActCode::kSetPolicy: return read_set_policy(in);
    case ActCode::kRemovePolicy: return RemovePolicy{std::string(in.var_string())};
    case ActCode::kShare: return read_share(in);
    case ActCode::kUnshare: return read_unshare(in);
    case ActCode::kSetDeletionRule: return read_deletion_rule(in);
    case ActCode::kDeleteObject: return read_delete(in);
    case ActCode::kUndeleteObject: return read_of_generation<UndeleteObject>(in);
    case ActCode::kEraseObject: return read_erase(in);
    case ActCode::kDeleteWorkspace: return read_delete_workspace(in);
    case ActCode::kUndeleteWorkspace: return UndeleteWorkspace{in.var_uint()};
    case ActCode::kEraseWorkspace: return read_erase_workspace(in);
    case ActCode::kBeginWorkspace: return BeginWorkspace{in.var_uint()};
    case ActCode::kRenameObject: return read_rename(in);
    case ActCode::kRemoveRedirect: return RemoveRedirect{std::string(in.var_string())};
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("this build does not know rules of kind {}", code));
}

struct ActCheck {
  Result<void> operator()(const SetPin& act) const {
    if (act.position == 0) return fail(ErrorCode::kInvalid, "a pin needs a position");
    return check_pin_name(act.name);
  }
  Result<void> operator()(const RemovePin& act) const { return check_pin_name(act.name); }
  Result<void> operator()(const LiftQuarantine& act) const { return check_object_id(act.object); }
  Result<void> operator()(const SetRetention&) const { return {}; }
  Result<void> operator()(const PutHold&) const { return {}; }
  Result<void> operator()(const ReleaseHold&) const { return {}; }
  Result<void> operator()(const SetDeletionRule& act) const { return check_deletion_act(act); }
  Result<void> operator()(const DeleteObject& act) const { return check_deletion_act(act); }
  Result<void> operator()(const UndeleteObject& act) const { return check_deletion_act(act); }
  Result<void> operator()(const EraseObject& act) const { return check_deletion_act(act); }
  Result<void> operator()(const RenameObject& act) const { return check_deletion_act(act); }
  Result<void> operator()(const RemoveRedirect& act) const { return check_deletion_act(act); }
  Result<void> operator()(const DeleteWorkspace& act) const { return check_deletion_act(act); }
  Result<void> operator()(const UndeleteWorkspace& act) const { return check_deletion_act(act); }
  Result<void> operator()(const EraseWorkspace& act) const { return check_deletion_act(act); }
  Result<void> operator()(const BeginWorkspace& act) const { return check_deletion_act(act); }
  Result<void> operator()(const auto& act) const { return check_access_act(act); }

  static Result<void> check_pin_name(const std::string& name) {
    if (is_pin_name(name)) return {};
    return fail(ErrorCode::kInvalid, fmt::format("'{}' is no name for a pin", name));
  }
};

}  // namespace

std::string_view object_of(const RuleAct& act) {
  if (std::holds_alternative<SetPin>(act) || std::holds_alternative<RemovePin>(act))
    return kPinsObject;
  if (std::holds_alternative<LiftQuarantine>(act)) return kQuarantineObject;
  const bool access = std::holds_alternative<SetPolicy>(act) ||
                      std::holds_alternative<RemovePolicy>(act) ||
                      std::holds_alternative<Share>(act) || std::holds_alternative<Unshare>(act);
  if (access) return kPolicyObject;
  const bool retention = std::holds_alternative<SetRetention>(act) ||
                         std::holds_alternative<PutHold>(act) ||
                         std::holds_alternative<ReleaseHold>(act);
  return retention ? kRetentionObject : kDeletionsObject;
}

std::optional<RetentionChange> retention_change_of(const RuleChange& change) {
  RetentionChange made;
  made.principal = change.principal;
  made.reason = change.reason;
  made.unix_ms = change.unix_ms;
  if (const auto* set = std::get_if<SetRetention>(&change.act)) {
    made.act = RetentionAct::kSetRule;
    made.rule = set->rule;
  } else if (std::holds_alternative<PutHold>(change.act)) {
    made.act = RetentionAct::kHold;
  } else if (std::holds_alternative<ReleaseHold>(change.act)) {
    made.act = RetentionAct::kRelease;
  } else {
    return std::nullopt;
  }
  return made;
}

RuleChange rule_change_of(const RetentionChange& change) {
  RuleChange made;
  switch (change.act) {
    case RetentionAct::kHold: made.act = PutHold{}; break;
    case RetentionAct::kRelease: made.act = ReleaseHold{}; break;
    case RetentionAct::kSetRule: made.act = SetRetention{change.rule};
  }
  made.principal = change.principal;
  made.reason = change.reason;
  made.unix_ms = change.unix_ms;
  return made;
}

Result<void> check_rule_change(const RuleChange& change) {
  RetentionChange words;
  words.principal = change.principal;
  words.reason = change.reason;
  if (auto ok = check_retention_change(retention_change_of(change).value_or(words)); !ok) return ok;
  return std::visit(ActCheck{}, change.act);
}

Bytes encode_rule_change(const RuleChange& change) {
  ByteWriter out;
  out.u8(kRulesVersion);
  out.var_string(change.principal);
  out.var_string(change.reason);
  out.var_uint(change.unix_ms);
  std::visit(ActWriter{out}, change.act);
  return out.take();
}

Result<RuleChange> decode_rule_change(ByteView intent) {
  ByteReader in(intent);
  const std::uint8_t version = in.u8();
  if (in.ok() && version != kRulesVersion)
    return fail(ErrorCode::kUnsupported,
                fmt::format("this build does not know changes of rules of version {}", version));
  RuleChange change;
  change.principal = in.var_string();
  change.reason = in.var_string();
  change.unix_ms = in.var_uint();
  auto act = read_act(in);
  if (!act) return std::unexpected(std::move(act.error()));
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::kMalformed, "a change of rules is cut short, or bytes follow it");
  change.act = std::move(*act);
  if (auto ok = check_rule_change(change); !ok) return std::unexpected(std::move(ok.error()));
  return change;
}

Result<std::optional<RuleChange>> rule_change_in(const Event& event) {
  const std::string& object = event.object;
  const bool ours = object == kPinsObject || object == kRetentionObject ||
                    object == kQuarantineObject || object == kPolicyObject ||
                    object == kDeletionsObject;
  if (!ours || event.kind != EventKind::kChange) return std::nullopt;
  if (event.type != kRulesType)
    return fail(ErrorCode::kInvalid,
                fmt::format("{} has the type '{}', which is not 'rules'", object, event.type));
  if (event.dropped_payload)
    return fail(ErrorCode::kInvalid,
                fmt::format("the payload of an event of {} was dropped", object));
  auto change = decode_rule_change(event.intent);
  if (!change) return std::unexpected(std::move(change.error()));
  if (object_of(change->act) != object)
    return fail(ErrorCode::kInvalid,
                fmt::format("an event of {} belongs to {}", object, object_of(change->act)));
  return std::move(*change);
}

Result<std::optional<RenameObject>> renaming_in(const Event& event) {
  if (event.kind != EventKind::kRenamed || event.dropped_payload) return std::nullopt;
  auto change = decode_rule_change(event.intent);
  if (!change) return std::unexpected(std::move(change.error()));
  auto* renamed = std::get_if<RenameObject>(&change->act);
  if (renamed == nullptr || renamed->to != event.object)
    return fail(ErrorCode::kInvalid, fmt::format("event {} does not say what object {} continues",
                                                 event.position, event.object));
  return std::move(*renamed);
}

}  // namespace syncline::log
