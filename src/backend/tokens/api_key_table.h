// ApiKeyTable: the API keys of this server, in memory for all loops and in the directory of the store.
//
// A key is looked up at each handshake and each request, on any loop, so all keys are in memory: about half a
// kilobyte each, at most kMaxKeys. Everything that is stored goes through one loop, so that no older state of a key
// overwrites a newer one.
//
// When a key was last used is stored some minutes later, for many keys together, and at most once in kUsePaceMs for
// each: a request must not cause a write. A crash loses the last minutes of it. Keys that were revoked or expired
// kKeptMs ago are forgotten.
//
// Thread-safety: any thread, unless stated otherwise. It must outlive the loops.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_keys.h"
#include "log/directory_store.h"
#include "policy/authenticator.h"
#include "store/tables.h"
#include "syncline/error.h"

namespace syncline::backend {

class ApiKeyTable final : public policy::Authenticator, public api::ApiKeys {
 public:
  static constexpr std::size_t kMaxKeys = 100'000;
  static constexpr std::uint64_t kUsePaceMs = 5 * 60'000;
  static constexpr std::uint64_t kKeptMs = std::uint64_t{30} * 86'400'000;
  static constexpr std::size_t kAtOnce = 1000;  // records of one write of upkeep

  struct Options {
    // Calls the function with the directory, always on the same loop; never, if the store has ended.
    std::function<void(std::move_only_function<void(log::DirectoryStore&)>)> with_directory;
    std::size_t max_keys = kMaxKeys;
  };

  // Reads all keys. kCorrupt, with the id, if one is damaged.
  static Result<std::unique_ptr<ApiKeyTable>> open(const syncline::store::Tables& tables,
                                                   Options options);

  // ---- who has a key
  bool open() const override { return false; }
  void authenticate(const policy::Credential& credential, Scheduler& loop,
                    Done done) const override;

  // True if the token with this id is a key that was revoked, or is forgotten.
  bool is_withdrawn(std::string_view token) const;

  // True if a key could let somebody in at this moment.
  bool any_valid(std::uint64_t now_ms) const;

  // ---- the keys
  void add(policy::ApiKey key, log::Done<void> done) override;
  std::vector<policy::ApiKey> list(const api::KeyOwner& owner, const std::string& after,
                                   std::size_t limit) const override;
  void revoke(const api::KeyOwner& owner, const std::string& id, std::uint64_t now_ms,
              log::Done<void> done) override;

  // Stores what was used, and forgets what ended long ago. To be called every minute or so.
  void keep_up(std::uint64_t now_ms);

 private:
  struct Entry {
    explicit Entry(policy::ApiKey known) : key(std::move(known)), used_ms(key.used_ms) {}
    // With the time of its last use.
    policy::ApiKey present() const;

    policy::ApiKey key;
    mutable std::atomic<std::uint64_t> used_ms;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  explicit ApiKeyTable(Options options) : options_(std::move(options)) {}

  Result<policy::Principal> judge(std::string_view token, std::uint64_t now_ms) const;
  bool mark_revoked(const api::KeyOwner& owner, const std::string& id, std::uint64_t now_ms);
  std::vector<log::DirectoryChange> upkeep(std::uint64_t now_ms);
  // On the loop of the directory.
  void store_new(log::DirectoryStore& directory, policy::ApiKey key, log::Done<void> done);

  const Options options_;
  mutable std::shared_mutex mutex_;
  Entries entries_;         // guarded
  std::size_t adding_ = 0;  // guarded; keys that are not durable yet
  std::string swept_;       // guarded; upkeep goes on after this key
};

}  // namespace syncline::backend
