// Difference: the first thing that verification found wrong. It is an Error whose place a program
// can read.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "log/event.h"
#include "syncline/error.h"

namespace syncline::log {

// The check that failed. The names (to_string) are stable, because scripts read them.
enum class Check : std::uint8_t {
  kStorage,     // the bytes could not be read, or verification was stopped
  kRecord,      // an event's record is damaged, missing or at a wrong place
  kChain,       // an event does not continue the hash of the one before
  kTree,        // the Merkle tree that is kept does not follow from the events
  kCheckpoint,  // what was signed is not what is there, or nobody trusted signed it
  kIndex,       // names and the index from objects to events do not fit the events
  kEffect,      // replaying an intent does something else than the event says
  kSnapshot,    // a snapshot does not show what replaying the events gives
  kPin,         // a pin names a position that is not there
  kRules,  // pins, the retention rule or a legal hold are not what the events say, or a session record is not there
  kKeys,   // the files of keys are damaged
  kBundle,  // the file of an export is damaged, cut or in a wrong order
};

// "storage", "record", "chain", …
std::string_view to_string(Check check);

struct Difference : Error {
  Check check = Check::kStorage;
  std::string workspace;  // empty: no particular workspace
  Position position = 0;  // 0: no single event
  std::string object;     // empty: no particular object
};

template <typename T>
using Checked = std::expected<T, Difference>;

// The place of an error. Unknown parts stay empty.
struct Place {
  std::string_view workspace;
  Position position = 0;
  std::string_view object = {};
};

// Makes a difference whose message begins with the place: "workspace team, event 12, object notes:
// …".
std::unexpected<Difference> differs(Check check, const Place& place, std::string_view what,
                                    ErrorCode code = ErrorCode::kCorrupt);

// Makes a difference from an error whose message already contains the place.
std::unexpected<Difference> differs(Check check, const Place& place, const Error& error);

}  // namespace syncline::log
