#include "node/revoke.h"

#include <memory>
#include <string>
#include <utility>

#include "base/mutation.h"

namespace syncline::node {
namespace {

constexpr std::size_t kForgottenAtOnce = 1000;  // that are over, with each change
constexpr std::size_t kStoredPage = 1000;

// A change of what is revoked, for all loops.
struct Revoking {
  std::vector<identity::Revocation> added;
  std::vector<std::string> over;
  std::size_t loops_left = 0;  // used on the loop that asked
  log::Done<void> done;
};

void apply_to(Shard& shard, const Revoking& revoking) {
  for (const identity::Revocation& each : revoking.added) shard.revocations.add(each);
  for (const std::string& key : revoking.over) shard.revocations.forget(key);
}

void tell_loops(const Shards& shards, Scheduler& asker, std::shared_ptr<Revoking> revoking) {
  revoking->loops_left = shards.size();
  for (std::size_t i = 0; i < shards.size(); ++i) {
    shards.on(i, [&asker, revoking](Shard& shard) {
      apply_to(shard, *revoking);
      shard.sessions.end_revoked([&asker, revoking] {
        asker.post([revoking] {
          if (--revoking->loops_left == 0) revoking->done({});
        });
      });
    });
  }
}

std::vector<log::DirectoryChange> records_of(const Revoking& revoking) {
  std::vector<log::DirectoryChange> changes;
  if (is_mutated(Mutation::forget_revocations)) return changes;
  for (const std::string& key : revoking.over)
    changes.push_back({log::DirectoryKind::kRevocation, key, std::nullopt});
  for (const identity::Revocation& each : revoking.added)
    changes.push_back({log::DirectoryKind::kRevocation, identity::revocation_key(each),
                       identity::encode_revocation(each)});
  return changes;
}

Result<void> check_room(const identity::Revocations& present,
                        const std::vector<identity::Revocation>& revocations, std::size_t over) {
  if (revocations.size() > kMostRevokedAtOnce)
    return fail(ErrorCode::kInvalid, "too much is revoked at once");
  for (const identity::Revocation& each : revocations)
    if (auto valid = identity::check_revocation(each); !valid) return valid;
  if (present.size() - over + revocations.size() > identity::Revocations::kMost)
    return fail(ErrorCode::kTooLarge,
                "too much is revoked already; change the keys that sign tokens");
  return {};
}

}  // namespace

void revoke(const Shards& shards, Shard& here, std::vector<identity::Revocation> revocations,
            log::Done<void> done) {
  auto revoking = std::make_shared<Revoking>();
  revoking->over = here.revocations.over(here.scheduler.unix_ms(), kForgottenAtOnce);
  if (auto room = check_room(here.revocations, revocations, revoking->over.size()); !room)
    return done(std::move(room));
  for (identity::Revocation& each : revocations)
    revoking->added.push_back(here.revocations.merged(std::move(each)));
  revoking->done = std::move(done);
  here.store->directory().change_directory(
      records_of(*revoking), [&shards, &asker = here.scheduler, revoking](Result<void> stored) {
        if (!stored) return revoking->done(std::move(stored));
        tell_loops(shards, asker, revoking);
      });
}

void look_again(const Shards& shards, std::vector<identity::Revocation> outdated) {
  if (outdated.empty()) return;
  const auto list = std::make_shared<identity::Revocations>();
  for (const identity::Revocation& each : outdated) list->add(each);
  for (std::size_t i = 0; i < shards.size(); ++i)
    shards.on(i, [list](Shard& shard) { shard.sessions.look_again(list); });
}

namespace {

// Somebody may have revoked the same again meanwhile, and told the loops before they forgot it.
void restore_if_stored(const Shards& shards, Shard& here, const std::string& key,
                       log::Done<void> done) {
  here.store->directory().load_entry(
      log::DirectoryKind::kRevocation, key,
      [&shards, &asker = here.scheduler,
       done = std::move(done)](const Result<std::optional<Bytes>>& stored) mutable {
        auto again = stored && *stored
                         ? identity::decode_revocation(**stored)
                         : Result<identity::Revocation>(fail(ErrorCode::kNotFound, ""));
        if (!again) return done({});
        const auto revoking = std::make_shared<Revoking>();
        revoking->added.push_back(std::move(*again));
        revoking->done = std::move(done);
        tell_loops(shards, asker, revoking);
      });
}

}  // namespace

void allow_again(const Shards& shards, Shard& here, const std::string& key, log::Done<void> done) {
  if (!here.revocations.has(key))
    return done(fail(ErrorCode::kNotFound, "there is no such revocation"));
  const auto revoking = std::make_shared<Revoking>();
  const auto answer = std::make_shared<log::Done<void>>(std::move(done));
  revoking->over.push_back(key);
  revoking->done = [&shards, &here, key, answer](Result<void>) {
    restore_if_stored(shards, here, key, std::move(*answer));
  };
  here.store->directory().change_directory(
      records_of(*revoking),
      [&shards, &asker = here.scheduler, revoking, answer](Result<void> stored) {
        if (!stored) return (*answer)(std::move(stored));
        tell_loops(shards, asker, revoking);
      });
}

Result<std::vector<identity::Revocation>> stored_revocations(const ReadRevocations& read) {
  std::vector<identity::Revocation> revocations;
  std::string after;
  while (true) {
    const auto page = read(after, kStoredPage);
    if (!page) return std::unexpected(page.error());
    for (const log::DirectoryEntry& entry : *page) {
      auto revocation = identity::decode_revocation(entry.value);
      if (!revocation) return fail(ErrorCode::kCorrupt, revocation.error().message);
      // Those that are over are erased with the next change.
      revocations.push_back(std::move(*revocation));
      after = entry.id;
    }
    if (page->size() < kStoredPage) return revocations;
  }
}

Result<void> RevocationsOfLoops::check(const identity::Principal& principal,
                                       const Scheduler& loop) const {
  if (is_mutated(Mutation::admit_revoked)) return {};
  const Shards* const shards = shards_();
  for (std::size_t i = 0; shards != nullptr && i < shards->size(); ++i) {
    if (&shards->loop(i) != &loop) continue;
    const Shard* const shard = shards->at(i);
    return shard == nullptr ? Result<void>() : shard->revocations.check(principal);
  }
  return {};
}

}  // namespace syncline::node
