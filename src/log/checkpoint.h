// Checkpoints: signed statements "the log of this name has this many events and this Merkle root".
//
// With an earlier checkpoint, anybody can later ask for a consistency proof. A log that has lost or
// changed an event cannot give one. The format is C2SP's tlog-checkpoint inside a signed note, so
// that existing tools can read it:
//
//     <origin>\n
//     <size, decimal>\n
//     <root, base64>\n
//     \n
//     — <key name> <base64 of 4 bytes of key id and the signature>\n
//
// Sources: c2sp.org/tlog-checkpoint, c2sp.org/signed-note. Thread-safety: values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ed25519.h"
#include "base/sha256.h"
#include "syncline/error.h"

namespace syncline::log {

inline constexpr std::size_t kMaxNoteBytes = 64 * 1024;
inline constexpr std::size_t kMaxNoteSignatures = 64;

struct Checkpoint {
  std::string origin;  // identifies the log; one line
  std::uint64_t size = 0;
  Hash256 root{};

  bool operator==(const Checkpoint&) const = default;
};

// The public key of a signer. As text "<name>+<key id, 8 hex digits>+<base64>", C2SP's form of a
// verification key.
struct NoteVerifier {
  std::string name;  // not empty, without white space and '+'
  ed25519::PublicKey key{};

  std::uint32_t key_id() const;
  std::string to_text() const;
  static Result<NoteVerifier> from_text(std::string_view text);

  bool operator==(const NoteVerifier&) const = default;
};

struct NoteSigner {
  std::string name;
  ed25519::Seed seed{};

  NoteVerifier verifier() const { return {name, ed25519::public_key_of(seed)}; }
};

// The checkpoint as a signed note, with one signature per signer, in order (two during a key
// rotation). kInvalid: an origin or a name that a note cannot contain.
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint,
                                    const std::vector<NoteSigner>& signers);

// Opens a note that at least one of `trusted` signed. Signatures by other keys are skipped, as C2SP
// demands. kMalformed: not a checkpoint; kCorrupt: a wrong signature of a trusted key;
// kUnauthorized: no signature of a trusted key.
Result<Checkpoint> open_checkpoint(std::string_view note, const std::vector<NoteVerifier>& trusted);

// The content of a note without verification. Use it to compare notes, never to trust them.
Result<Checkpoint> peek_checkpoint(std::string_view note);

}  // namespace syncline::log
