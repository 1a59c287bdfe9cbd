// Revoking tokens: makes revocations durable, tells every loop, and ends the sessions that they concern.
//
// A record of each is kept in the store (log/directory_store.h), so they outlast a restart. Requests over HTTP that
// are under way are answered.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "log/directory_store.h"
#include "log/done.h"
#include "node/shards.h"
#include "policy/authenticator.h"
#include "policy/revocations.h"
#include "syncline/error.h"

namespace syncline::node {

// At most so many at once.
inline constexpr std::size_t kMostRevokedAtOnce = 256;

// Must be called on the loop of `here`. `done` is called there, when the revocations are durable, every loop
// refuses what is revoked, and no session with it is left. It is not called if the node ends meanwhile.
//   kInvalid   one of them is malformed, or there are too many at once
//   kTooLarge  there are Revocations::kMost
//   kUnavailable, kIo  as in EventLog::append; nothing is revoked
void revoke(const Shards& shards, Shard& here, std::vector<policy::Revocation> revocations,
            log::Done<void> done);

// Reads the records of revocations that follow `after`, up to `limit` (DirectoryStore::list_entries).
using ReadRevocations = std::function<Result<std::vector<log::DirectoryEntry>>(
    const std::string& after, std::size_t limit)>;

// What was revoked before a start. kCorrupt if a record is damaged. Needs no loop.
Result<std::vector<policy::Revocation>> stored_revocations(const ReadRevocations& read);

// Asks the copy of the loop on which somebody presents a token. From any loop.
class RevocationsOfLoops final : public policy::RevocationCheck {
 public:
  // `shards` gives those of the node, when somebody asks; nullptr: nobody is let in yet.
  explicit RevocationsOfLoops(std::function<const Shards*()> shards) : shards_(std::move(shards)) {}

  Result<void> check(const policy::Principal& principal, const Scheduler& loop) const override;

 private:
  const std::function<const Shards*()> shards_;
};

}  // namespace syncline::node
