// KeyRing: the keys with which a server signs checkpoints. They are files in its data directory:
//
//   DIR/keys/signing.key   the private key, readable only by its owner:
//                          PRIVATE+KEY+<name>+<key id>+<base64 of 01 and the seed>
//   DIR/keys/public        verification keys (in C2SP's form), one per line, the newest last. Keys that
//                          were replaced stay, because their signatures stay.
//
// The files are created at the first use. Thread-safety: none; one process per data directory
// (backend/store/dir_lock.h).
#pragma once

#include <string>
#include <vector>

#include "log/notary.h"
#include "syncline/error.h"

namespace syncline::backend {

class KeyRing {
 public:
  // Reads the keys of `data_dir`, which must exist, or creates them. `name` is the log name in
  // checkpoints, for example "example.com/team"; "" keeps the name of the existing keys, or makes
  // one up. kInvalid if the keys have another name, which cannot change. kCorrupt if a file is
  // damaged, or if one of the two is missing.
  static Result<KeyRing> open(const std::string& data_dir, const std::string& name = {});

  // For a directory with only the public keys, such as a restored backup: adds a new private key
  // with the same name and keeps the old public keys. kNotFound if there are no keys.
  static Result<KeyRing> succeed(const std::string& data_dir);

  // Reads only the public keys, the oldest first; empty if there are none yet.
  static Result<std::vector<log::NoteVerifier>> read_public(const std::string& data_dir);

  // The same, and checks that the private key, if it exists, belongs to the newest of them. Changes
  // nothing.
  static Result<std::vector<log::NoteVerifier>> check(const std::string& data_dir);

  // Creates a new key and signs with it from now on. Signatures of the old key stay valid.
  Result<void> rotate();

  const log::NotaryIdentity& identity() const { return identity_; }
  const log::NoteSigner& signer() const { return identity_.signers.front(); }

  // The content of DIR/keys/public.
  std::string public_text() const;

 private:
  explicit KeyRing(std::string folder) : folder_(std::move(folder)) {}

  Result<void> install(log::NoteSigner signer);

  std::string folder_;
  log::NotaryIdentity identity_;
};

}  // namespace syncline::backend
