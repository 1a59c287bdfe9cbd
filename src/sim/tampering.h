// What an insider can do to a log with access to the disk but not to the signing key, and whether
// it is detected (I9).
//
// For each kind, one defence must detect it by itself, whatever the others do:
//
//   an event edited, removed, or swapped with its neighbour   reading: the hash chain
//   the end of the log cut off; all rewritten and rehashed    the server: its stored checkpoint
//   the same without that checkpoint; an older copy           an auditor: an earlier checkpoint
//
// Works on a copy of the disk, in a world of its own. Thread-safety: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "log/notary.h"
#include "sim/dice.h"
#include "syncline/bytes.h"

namespace syncline::sim {

enum class Tampering : std::uint8_t {
  kEdit,
  kRemove,
  kSwap,
  kCut,
  kRewrite,
  kRewriteAndForget,
  kOlderCopy,
  kCount
};

std::string_view to_string(Tampering tampering);

enum class Noticed : std::uint8_t { kByItsDefence, kByNobody, kNothingDone };

// Tampers with `workspace`. Its log on `disk` has at least as many events as `witness` covers.
// kNothingDone: the log is too short for it.
Noticed tamper(ByteView disk, const std::string& workspace, const log::SignedCheckpoint& witness,
               const log::NotaryIdentity& identity, Tampering how, Dice dice);

}  // namespace syncline::sim
