// ApiKeyTable: the API keys of this server (identity/api_key_book.h) for all loops, and in the directory of the store.
//
// Everything that is stored goes through one loop, so that no older state of a key overwrites a newer one.
//
// Thread-safety: any thread, unless stated otherwise. It must outlive the loops.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_keys.h"
#include "identity/api_key_book.h"
#include "identity/authenticator.h"
#include "log/directory_store.h"
#include "store/tables.h"
#include "syncline/error.h"

namespace syncline::backend {

class ApiKeyTable final : public identity::Authenticator, public api::ApiKeys {
 public:
  static constexpr std::size_t kMaxKeys = identity::ApiKeyBook::kMaxKeys;
  static constexpr std::uint64_t kKeptMs = identity::ApiKeyBook::kKeptMs;

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
  void authenticate(const identity::Credential& credential, Scheduler& loop,
                    Done done) const override;

  // True if the token with this id is a key that was revoked, or is forgotten.
  bool is_withdrawn(std::string_view token) const;

  // True if a key could let somebody in at this moment.
  bool any_valid(std::uint64_t now_ms) const;

  // ---- the keys
  void add(identity::ApiKey key, log::Done<void> done) override;
  std::vector<identity::ApiKey> list(const api::KeyOwner& owner, const std::string& after,
                                     std::size_t limit) const override;
  void revoke(const api::KeyOwner& owner, const std::string& id, std::uint64_t now_ms,
              log::Done<void> done) override;

  // Stores what was used, and forgets what ended long ago. To be called every minute or so.
  void keep_up(std::uint64_t now_ms);

 private:
  explicit ApiKeyTable(Options options) : options_(std::move(options)), book_(options_.max_keys) {}

  // On the loop of the directory.
  void store_new(log::DirectoryStore& directory, identity::ApiKey key, log::Done<void> done);

  const Options options_;
  mutable std::shared_mutex mutex_;
  identity::ApiKeyBook book_;  // guarded
};

}  // namespace syncline::backend
