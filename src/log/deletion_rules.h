// The part of a workspace's rules that says which objects were deleted, and whether the workspace itself was. Each deletion,
// each undoing of one and each erasure that is complete is an event of the system object "./deletions" (log/rules.h).
//
// A deletion ends the present *generation* of an object. It says after which position: events of the object up to
// there belong to generations that have ended. It also keeps the version of the object (merge::Replication), such as the state
// vector of a document: client ids and clocks, without content. By it, a replica of that generation is known when it
// comes back (merge/lineage.h). docs/deletion.md explains the rest.
//
// Renaming an object ends its present generation under the old name, and begins one under the new name that continues it: the
// events of before are read as the past of the new name. The old name leads to the new one until somebody removes this
// redirect. An event of the new name follows in the same append (EventKind::kRenamed).
//
// The deletion of a workspace ends its present generation: what it holds is hidden. Its log goes on, with the erasure of all
// its objects, until its name begins anew.
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log/event.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::log {

// Bounds of what a workspace can have. All of it is read when a workspace is opened.
inline constexpr std::size_t kMaxEndedGenerations = std::size_t{1} << 16;
// As long as the workspace itself is deleted: each of its objects ends. What does not fit has no version, and its replicas are
// not recognised when its name begins anew.
inline constexpr std::size_t kMaxGenerationsOfDeleted = kMaxEndedGenerations * 16;
inline constexpr std::size_t kMaxEndedVersionBytes = std::size_t{64} << 10;
inline constexpr std::size_t kMaxAllEndedVersionBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxSeeds = 1024;
inline constexpr std::size_t kMaxRedirects = 4096;
inline constexpr std::size_t kMaxNamesOfObject =
    64;  // one after the other; each read of its past looks at all
inline constexpr std::uint64_t kDefaultGraceMs = std::uint64_t{30} * 86'400'000;
inline constexpr std::uint64_t kMaxGraceMs = std::uint64_t{3650} * 86'400'000;
inline constexpr std::uint64_t kNeverErased =
    ~std::uint64_t{0};  // for itself: its object goes on elsewhere

// How long what is deleted from now on can be undeleted, and which replica ids say nothing of a generation, because
// every new object of the application begins with changes of these replicas.
struct SetDeletionRule {
  std::uint64_t grace_ms = kDefaultGraceMs;
  std::vector<std::uint64_t> seeds = {};  // ascending

  bool operator==(const SetDeletionRule&) const = default;
};

// Ends a generation.
struct DeleteObject {
  std::string object;
  std::uint64_t generation = 1;
  Position after = 0;  // its events have positions up to this one
  // Since 1970: from then on, it is erased and cannot be undeleted. 0: at once, whatever clocks say.
  std::uint64_t erase_at_ms = 0;
  std::string type = {};  // of the objects of that generation
  Bytes version = {};     // of its last state; empty if the type has none

  bool operator==(const DeleteObject&) const = default;
};

struct UndeleteObject {
  std::string object;
  std::uint64_t generation = 1;

  bool operator==(const UndeleteObject&) const = default;
};

// The erasure of a generation that has ended begins: from then on, it cannot be undeleted. Or it is complete: nothing is
// left of its content.
struct EraseObject {
  std::string object;
  std::uint64_t generation = 1;
  bool complete = false;

  bool operator==(const EraseObject&) const = default;
};

// Ends a generation, which goes on under another name.
struct RenameObject {
  std::string object;
  std::uint64_t generation = 1;
  Position since = 0;  // its events have positions after this one,
  Position after = 0;  // and up to this one
  std::string type = {};
  Bytes version = {};  // as in DeleteObject
  std::string to;
  std::uint64_t to_generation = 1;

  bool operator==(const RenameObject&) const = default;
};

// The old name leads nowhere any more: a new object can have it.
struct RemoveRedirect {
  std::string object;

  bool operator==(const RemoveRedirect&) const = default;
};

// Ends the present generation of the workspace: nobody is served there any more.
struct DeleteWorkspace {
  std::uint64_t generation = 1;
  std::uint64_t erase_at_ms = 0;  // as in DeleteObject

  bool operator==(const DeleteWorkspace&) const = default;
};

struct UndeleteWorkspace {
  std::uint64_t generation = 1;

  bool operator==(const UndeleteWorkspace&) const = default;
};

// As EraseObject, of all that the workspace held.
struct EraseWorkspace {
  std::uint64_t generation = 1;
  bool complete = false;

  bool operator==(const EraseWorkspace&) const = default;
};

// The name of a workspace that is erased begins anew, with this generation.
struct BeginWorkspace {
  std::uint64_t generation = 2;

  bool operator==(const BeginWorkspace&) const = default;
};

// What the changes add up to.
struct EndedGeneration {
  std::uint64_t generation = 1;
  Position after = 0;
  std::uint64_t deleted_ms = 0;
  std::uint64_t erase_at_ms = 0;
  bool erased = false;
  std::string principal = {};  // who deleted it
  std::string type = {};
  Bytes version = {};
  // Not deleted, but renamed: it goes on as this generation of that name. Empty: it was deleted.
  std::string renamed_to = {};
  std::uint64_t renamed_generation = 0;
  Position since = 0;      // of a renamed one: its events come after this position
  bool redirects = false;  // the name still leads there

  bool is_renamed() const { return !renamed_to.empty(); }
  bool operator==(const EndedGeneration&) const = default;
};

// The same of the workspace.
struct EndedWorkspace {
  std::uint64_t deleted_ms = 0;
  std::uint64_t erase_at_ms = 0;
  bool erased = false;
  std::string principal = {};

  bool operator==(const EndedWorkspace&) const = default;
};

// It is erased, or that has begun: it cannot be undeleted, whatever a clock says.
inline bool is_erased(const auto& ended) {
  return ended.erased || ended.erase_at_ms == 0;
}

struct HeldDeletions {
  SetDeletionRule rule;
  std::map<std::string, std::vector<EndedGeneration>, std::less<>> objects;  // each ascending
  std::size_t generations = 0;                                               // of all objects
  std::size_t version_bytes = 0;                                             // of all of them
  std::uint64_t workspace_generation = 1;   // the present one, or the one that has ended
  std::optional<EndedWorkspace> workspace;  // nullopt: it is there
  std::size_t redirects = 0;                // names that lead to another one
  // Which generation of which name an object continues, by the name and generation that it has now. Follows from `objects`.
  using Generation = std::pair<std::string, std::uint64_t>;
  std::map<Generation, Generation> continued;

  // The last generation of the object that has ended; nullptr: none has.
  const EndedGeneration* last(std::string_view object) const;
  const EndedGeneration* find(std::string_view object, std::uint64_t generation) const;
  // The last generation of the object that has ended, if its name leads to another one; otherwise nullptr.
  const EndedGeneration* redirect(std::string_view object) const;
  // What an object was under its earlier names, the last one first. At most kMaxNamesOfObject.
  std::vector<Generation> earlier_names(const std::string& object, std::uint64_t generation) const;
  // The position after which the object last began as what had another name; 0: it never did.
  Position renamed_after(std::string_view object) const;
  void add(std::string object, EndedGeneration ended);

  bool operator==(const HeldDeletions&) const = default;
};

// kMoved: what everybody is told who wants the object under its old name. In the message, the new name follows the first words,
// so a client can go there.
Error renamed_error(std::string_view to);
// The new name in such a message; "": it is another error.
std::string_view new_name_in(const Error& error);

// kInvalid, kTooLarge: a name, a number or a length that cannot be.
Result<void> check_deletion_act(const SetDeletionRule& act);
Result<void> check_deletion_act(const DeleteObject& act);
Result<void> check_deletion_act(const UndeleteObject& act);
Result<void> check_deletion_act(const EraseObject& act);
Result<void> check_deletion_act(const RenameObject& act);
Result<void> check_deletion_act(const RemoveRedirect& act);
Result<void> check_deletion_act(const DeleteWorkspace& act);
Result<void> check_deletion_act(const UndeleteWorkspace& act);
Result<void> check_deletion_act(const EraseWorkspace& act);
Result<void> check_deletion_act(const BeginWorkspace& act);

// Whether the act fits what holds.
//   kNotFound  there is no such generation that has ended
//   kConflict  it has ended already, or is erased
//   kTooLarge  over a bound of a workspace
Result<void> check_fits(const HeldDeletions& held, const SetDeletionRule& act);
Result<void> check_fits(const HeldDeletions& held, const DeleteObject& act);
Result<void> check_fits(const HeldDeletions& held, const UndeleteObject& act);
Result<void> check_fits(const HeldDeletions& held, const EraseObject& act);
Result<void> check_fits(const HeldDeletions& held, const RenameObject& act);
Result<void> check_fits(const HeldDeletions& held, const RemoveRedirect& act);
Result<void> check_fits(const HeldDeletions& held, const DeleteWorkspace& act);
Result<void> check_fits(const HeldDeletions& held, const UndeleteWorkspace& act);
Result<void> check_fits(const HeldDeletions& held, const EraseWorkspace& act);
Result<void> check_fits(const HeldDeletions& held, const BeginWorkspace& act);

// Carries out an act that fits, by that principal at that time.
void carry_out(HeldDeletions& held, const SetDeletionRule& act, const std::string& principal,
               std::uint64_t unix_ms);
void carry_out(HeldDeletions& held, const DeleteObject& act, const std::string& principal,
               std::uint64_t unix_ms);
void carry_out(HeldDeletions& held, const UndeleteObject& act, const std::string& principal,
               std::uint64_t unix_ms);
void carry_out(HeldDeletions& held, const EraseObject& act, const std::string& principal,
               std::uint64_t unix_ms);
void carry_out(HeldDeletions& held, const RenameObject& act, const std::string& principal,
               std::uint64_t unix_ms);
void carry_out(HeldDeletions& held, const RemoveRedirect& act, const std::string& principal,
               std::uint64_t unix_ms);
void carry_out(HeldDeletions& held, const DeleteWorkspace& act, const std::string& principal,
               std::uint64_t unix_ms);
void carry_out(HeldDeletions& held, const UndeleteWorkspace& act, const std::string& principal,
               std::uint64_t unix_ms);
void carry_out(HeldDeletions& held, const EraseWorkspace& act, const std::string& principal,
               std::uint64_t unix_ms);
// The deletion rule of before ends, too. What is known of the deleted objects stays, to recognise their replicas.
void carry_out(HeldDeletions& held, const BeginWorkspace& act, const std::string& principal,
               std::uint64_t unix_ms);

}  // namespace syncline::log
