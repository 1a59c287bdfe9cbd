// The keys that a server signs checkpoints with, as files in its data directory:
//
//   DIR/keys/signing.key   the private key, readable by its owner alone:
//                          PRIVATE+KEY+<name>+<key id>+<base64 of 01 and the seed>
//   DIR/keys/public        verification keys (C2SP's form), one a line, the newest last; those of
//                          replaced keys stay, since what they signed does
//
// Made on first use. Thread-safety: none; one process per data directory (backend/store/dir_lock.h).
#pragma once

#include <string>
#include <vector>

#include "log/notary.h"
#include "syncline/error.h"

namespace syncline::backend {

class KeyRing {
 public:
  // Reads the keys of `data_dir`, which exists, or makes them. `name` is what checkpoints call this
  // server's logs, for instance "example.com/team"; "" takes the name that the keys have, or makes
  // one up. kInvalid: they have another name, which cannot change. kCorrupt: a file is damaged, or
  // one of the two is missing.
  static Result<KeyRing> open(const std::string& data_dir, const std::string& name = {});

  // Keys of a directory that has the public half alone, as a restored backup does: a new private key
  // of the same name, beside the old public ones. kNotFound: there are none.
  static Result<KeyRing> succeed(const std::string& data_dir);

  // The public half alone, oldest first; empty if there are no keys yet.
  static Result<std::vector<log::NoteVerifier>> read_public(const std::string& data_dir);

  // The same, and that the private key, where there is one, is the newest of them. Changes nothing.
  static Result<std::vector<log::NoteVerifier>> check(const std::string& data_dir);

  // Makes a new key and signs with it from now on. What the old one signed stays believed.
  Result<void> rotate();

  const log::NotaryIdentity& identity() const { return identity_; }
  const log::NoteSigner& signer() const { return identity_.signers.front(); }

  // As in DIR/keys/public.
  std::string public_text() const;

 private:
  explicit KeyRing(std::string folder) : folder_(std::move(folder)) {}

  Result<void> install(log::NoteSigner signer);

  std::string folder_;
  log::NotaryIdentity identity_;
};

}  // namespace syncline::backend
