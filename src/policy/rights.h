// What a caller may ask for. Each route of the HTTP API names the one right that it needs (api/route.h).
#pragma once

#include <cstdint>

namespace syncline::policy {

enum class Right : std::uint8_t {
  // Reading. Nothing that a workspace is or promises changes.
  kRead,     // what workspaces and objects are now
  kHistory,  // what they were, who changed them; the log and its proofs; pins, retention, quarantine
  kExport,   // a whole workspace as one file
  kKeys,     // the keys that verify signatures
  kMetrics,  // the counters of the server
  // Changing.
  kWrite,       // an object
  kRestore,     // an object, to what it was
  kPin,         // set and remove pins
  kRetention,   // set the rule of what is kept, and carry it out
  kHold,        // place and release a legal hold
  kQuarantine,  // have an object or a workspace tried again
  kImport,      // make a workspace of a file
  kBackup,      // have the whole server copied
};

// Does the right let its holder change something?
constexpr bool changes(Right right) {
  return right >= Right::kWrite;
}

// A set of rights. A value.
class Rights {
 public:
  static constexpr Rights none() { return Rights(0); }
  static constexpr Rights all() { return Rights(~std::uint32_t{0}); }
  static constexpr Rights reading() {
    return Rights((1u << static_cast<unsigned>(Right::kWrite)) - 1);
  }

  constexpr bool has(Right right) const { return (bits_ >> static_cast<unsigned>(right) & 1) != 0; }

 private:
  explicit constexpr Rights(std::uint32_t bits) : bits_(bits) {}

  std::uint32_t bits_;
};

}  // namespace syncline::policy
