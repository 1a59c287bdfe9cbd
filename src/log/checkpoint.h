// Checkpoints: signed statements "the log of this name has this many events and this Merkle root".
//
// Whoever keeps a checkpoint can later ask for a consistency proof from it: a log that lost events,
// or changed one, cannot give it. The format is C2SP's tlog-checkpoint within a signed note, so that
// existing tools read it:
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
  std::string origin;  // names the log; one line
  std::uint64_t size = 0;
  Hash256 root{};

  bool operator==(const Checkpoint&) const = default;
};

// Who signs, as everybody may know it. As text "<name>+<key id, 8 hex digits>+<base64>", C2SP's
// form of a verification key.
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

// The statement as a signed note, with one signature per signer in their order (two while a key is
// being replaced). kInvalid: an origin or a name that has no place in a note.
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint,
                                    const std::vector<NoteSigner>& signers);

// Reads a note that at least one of `trusted` signed. Signatures of others are passed over, as C2SP
// demands. kMalformed: no checkpoint; kCorrupt: a trusted key's signature is wrong; kUnauthorized:
// nobody in `trusted` signed it.
Result<Checkpoint> open_checkpoint(std::string_view note, const std::vector<NoteVerifier>& trusted);

// What a note says, whoever signed it: for comparing, never for believing.
Result<Checkpoint> peek_checkpoint(std::string_view note);

}  // namespace syncline::log
