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

#include "identity/authenticator.h"
#include "identity/revocations.h"
#include "log/directory_store.h"
#include "log/done.h"
#include "node/shards.h"
#include "syncline/error.h"

namespace syncline::node {

// At most so many at once.
inline constexpr std::size_t kMostRevokedAtOnce = 256;

// Must be called on the loop of `here`. `done` is called there, when the revocations are durable, every loop
// refuses what is revoked, and no session with it is left. It is not called if the node ends meanwhile.
//   kInvalid   one of them is malformed, or there are too many at once
//   kTooLarge  there are Revocations::kMost
//   kUnavailable, kIo  as in EventLog::append; nothing is revoked
void revoke(const Shards& shards, Shard& here, std::vector<identity::Revocation> revocations,
            log::Done<void> done);

// Has sessions bring new tokens whose present ones these would revoke (session::LiveSession::look_again). Nothing is
// revoked, and nothing kept. From any loop; returns at once.
void look_again(const Shards& shards, std::vector<identity::Revocation> outdated);

// Undoes a revocation, by its key (identity::revocation_key): the token is good again, unless another one revokes it.
// Must be called on the loop of `here`. `done` is called there, when that is durable and every loop knows it.
//   kNotFound  nothing with this key is revoked
//   kUnavailable, kIo  as in EventLog::append; it stays revoked
void allow_again(const Shards& shards, Shard& here, const std::string& key, log::Done<void> done);

// Reads the records of revocations that follow `after`, up to `limit` (DirectoryStore::list_entries).
using ReadRevocations = std::function<Result<std::vector<log::DirectoryEntry>>(
    const std::string& after, std::size_t limit)>;

// What was revoked before a start. kCorrupt if a record is damaged. Needs no loop.
Result<std::vector<identity::Revocation>> stored_revocations(const ReadRevocations& read);

// Asks the copy of the loop on which somebody presents a token. From any loop.
class RevocationsOfLoops final : public identity::RevocationCheck {
 public:
  // `shards` gives those of the node, when somebody asks; nullptr: nobody is let in yet.
  explicit RevocationsOfLoops(std::function<const Shards*()> shards) : shards_(std::move(shards)) {}

  Result<void> check(const identity::Principal& principal, const Scheduler& loop) const override;

 private:
  const std::function<const Shards*()> shards_;
};

}  // namespace syncline::node
