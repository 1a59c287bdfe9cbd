// What a workspace promises, apart from what its objects hold: pins, the retention rule, a legal hold,
// the objects that somebody took out of quarantine, who may do what, and which objects were deleted. Each change of such a promise is an event of a
// *system object*. So it has an author, a position, a place in the hash chain and in the Merkle tree,
// and it is exported, replicated and proved like any other change.
//
// A system object has a name that clients cannot use ("./pins"; identity/names.h) and the type "rules"
// (state/rules_object.h). Retention never drops its payloads. The intent of its events is a RuleChange,
// in the bytes of docs/formats/rules.md.
//
// A store keeps tables of pins and of retention, because it reads them often. It derives them from these
// events, in the batch that appends the events, so an event and its consequence become durable together.
// Nothing else writes pins, rules and holds. If somebody changes a table by hand, it differs from the
// events, and `syncline log verify` says so.
//
// Thread-safety: values and pure functions. Errors of decoding: kMalformed, kUnsupported for a newer
// version or an unknown act, and those of check_rule_change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "log/access_rules.h"
#include "log/deletion_rules.h"
#include "log/event.h"
#include "log/retention.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::log {

inline constexpr std::string_view kRulesType = "rules";
inline constexpr std::string_view kSystemObjectPrefix = "./";
inline constexpr std::string_view kPinsObject = "./pins";
inline constexpr std::string_view kRetentionObject = "./retention";
inline constexpr std::string_view kQuarantineObject = "./quarantine";
inline constexpr std::string_view kPolicyObject = "./policy";
inline constexpr std::string_view kDeletionsObject = "./deletions";

// A name of the server's own, whatever it stands for.
inline bool is_system_object(std::string_view object) {
  return object.starts_with(kSystemObjectPrefix);
}

struct SetPin {
  std::string name;
  Position position = 0;  // at least 1

  bool operator==(const SetPin&) const = default;
};
struct RemovePin {
  std::string name;

  bool operator==(const RemovePin&) const = default;
};
struct SetRetention {
  RetentionRule rule;

  bool operator==(const SetRetention&) const = default;
};
struct PutHold {
  bool operator==(const PutHold&) const = default;
};
struct ReleaseHold {
  bool operator==(const ReleaseHold&) const = default;
};
// The server tries the object again, whose event at that position was damaged or could not be applied.
struct LiftQuarantine {
  std::string object;
  Position position = 0;

  bool operator==(const LiftQuarantine&) const = default;
};

using RuleAct = std::variant<SetPin, RemovePin, SetRetention, PutHold, ReleaseHold, LiftQuarantine,
                             SetPolicy, RemovePolicy, Share, Unshare, SetDeletionRule, DeleteObject,
                             UndeleteObject, EraseObject, DeleteWorkspace, UndeleteWorkspace,
                             EraseWorkspace, BeginWorkspace, RenameObject, RemoveRedirect>;

struct RuleChange {
  RuleAct act;
  std::string principal;      // who asked; may be empty
  std::string reason;         // a hold needs one; at most kMaxReasonBytes
  std::uint64_t unix_ms = 0;  // when

  bool operator==(const RuleChange&) const = default;
};

// The system object whose events carry such an act.
std::string_view object_of(const RuleAct& act);

// The same change of a workspace's retention, as log/retention.h carries it out. nullopt: the act is about
// something else.
std::optional<RetentionChange> retention_change_of(const RuleChange& change);

// The other way round, of a rule, a hold or a release.
RuleChange rule_change_of(const RetentionChange& change);

// kInvalid, kTooLarge: a name, number or text that no change may have. Whether the change fits what holds already is
// judged elsewhere (log/rules_held.h).
Result<void> check_rule_change(const RuleChange& change);

Bytes encode_rule_change(const RuleChange& change);
Result<RuleChange> decode_rule_change(ByteView intent);

// What an event says if it is one of "./pins", "./retention", "./quarantine", "./policy" or "./deletions"; nullopt: it is
// not, or its kind is unknown. kInvalid: it has another type, an act of another system object, or no payload.
Result<std::optional<RuleChange>> rule_change_in(const Event& event);

// What an event of the kind kRenamed says: the object continues the one of that name. Its intent is that of the event of
// "./deletions" before it, without the version. nullopt: it is another event, or its payload was dropped.
Result<std::optional<RenameObject>> renaming_in(const Event& event);

}  // namespace syncline::log
