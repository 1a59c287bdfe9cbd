// Rights: what a caller may ask for. Each route of the HTTP API names the one right that it needs
// (api/route.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace syncline::identity {

enum class Right : std::uint8_t {
  // Rights to read. They change no workspace.
  kRead,     // the present state of workspaces and objects
  kHistory,  // past states and authors; the log and its proofs; pins, retention, quarantine
  kExport,   // export a whole workspace as one file
  kKeys,     // read the keys that verify signatures
  kMetrics,  // read the counters of the server
  // The right to be heard by others who are connected. Nothing of that is kept.
  kPresence,  // set one's presence, and send messages to others
  // Rights to change something.
  kWrite,          // change an object
  kRestore,        // bring back a past state of an object
  kPin,            // set and remove pins
  kPolicy,         // set policies, and give and take shares, if policy/decider.h allows it
  kRetention,      // set the retention rule, and apply it
  kHold,           // place and release a legal hold
  kQuarantine,     // lift the quarantine of an object, have a workspace that is shut tried again
  kImport,         // make a workspace from a file
  kBackup,         // make a backup of the whole server
  kAdminister,     // change how the server runs, such as what it logs
  kKick,           // end sessions
  kRevoke,         // revoke tokens
  kPeople,         // erase names of people
  kManageKeys,     // make and revoke API keys
  kMintForOthers,  // name another principal in a ticket (identity/ticket.h)
  kTenants,        // make, change and enter tenants (limits/tenants.h)
  kWebhooks,       // make, change and try webhooks of a workspace (hooks/endpoint.h)
  kDelete,         // delete an object, and undo that
  kErase,          // have what was deleted erased at once
  // Rights to read that few have.
  kSessions,     // see who is connected
  kSeeKeys,      // see the API keys that there are
  kSeePeople,    // see all names of people that are kept
  kSeeTenants,   // see tenants, their quotas and what they use
  kSeePolicy,    // see policies and shares, if policy/decider.h allows it
  kAudit,        // read the audit log of one's tenant
  kSeeWebhooks,  // see the webhooks of a workspace
};

// True if the right lets its holder change something.
constexpr bool changes(Right right) {
  return right >= Right::kWrite && right < Right::kSessions;
}

// In the order of Right.
inline constexpr std::string_view kRightNames[] = {"read",       "history",     "export",
                                                   "keys",       "metrics",     "presence",
                                                   "write",      "restore",     "pin",
                                                   "policy",     "retention",   "hold",
                                                   "quarantine", "import",      "backup",
                                                   "administer", "kick",        "revoke",
                                                   "people",     "manage-keys", "mint-for-others",
                                                   "tenants",    "webhooks",    "delete",
                                                   "erase",      "sessions",    "see-keys",
                                                   "see-people", "see-tenants", "see-policy",
                                                   "audit",      "see-webhooks"};

constexpr std::string_view name_of(Right right) {
  return kRightNames[static_cast<std::size_t>(right)];
}

// A set of rights. A plain value.
class Rights {
 public:
  static constexpr Rights none() { return Rights(0); }
  static constexpr Rights all() { return Rights(~std::uint64_t{0}); }
  static constexpr Rights reading() {
    return Rights((std::uint64_t{1} << static_cast<unsigned>(Right::kWrite)) - 1);
  }

  // Reading, and what an editor does: changes, restores, pins and deletions; and shares, where he is an owner.
  static constexpr Rights writing() {
    return reading()
        .with(Right::kWrite)
        .with(Right::kRestore)
        .with(Right::kDelete)
        .with(Right::kPin)
        .with(Right::kPolicy)
        .with(Right::kSeePolicy);
  }

  // Those that nobody in a tenant has, because they concern the server and all its tenants.
  static constexpr Rights of_the_server() {
    return none()
        .with(Right::kMetrics)
        .with(Right::kBackup)
        .with(Right::kAdminister)
        .with(Right::kTenants)
        .with(Right::kSeeTenants);
  }

  constexpr Rights with(Right right) const {
    return Rights(bits_ | std::uint64_t{1} << static_cast<unsigned>(right));
  }
  // True if `other` has all of these.
  constexpr bool within(Rights other) const { return (bits_ & ~other.bits_) == 0; }
  constexpr Rights without(Rights other) const { return Rights(bits_ & ~other.bits_); }
  // Those that both have.
  constexpr Rights both(Rights other) const { return Rights(bits_ & other.bits_); }
  constexpr bool operator==(const Rights&) const = default;

  constexpr bool has(Right right) const { return (bits_ >> static_cast<unsigned>(right) & 1) != 0; }

 private:
  explicit constexpr Rights(std::uint64_t bits) : bits_(bits) {}

  std::uint64_t bits_;
};

// Whether the holder administers workspaces, as the token "admin" does.
constexpr bool administers(Rights rights) {
  return rights.has(Right::kRetention);
}

// The sets that tokens name: "read" (reading), "write" (writing) and "admin" (all). nullopt: no such name.
constexpr std::optional<Rights> rights_named(std::string_view name) {
  if (name == "read") return Rights::reading();
  if (name == "write") return Rights::writing();
  if (name == "admin") return Rights::all();
  return std::nullopt;
}

}  // namespace syncline::identity
