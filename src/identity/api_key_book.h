// ApiKeyBook: the API keys of a server in memory, and what must be stored of them. A state machine over the time that
// its callers pass; somebody else stores.
//
// A key is looked up at each handshake and each request, so all keys are in memory: about half a kilobyte each, at
// most kMaxKeys. A new key is good when its record is durable. A revoked key is good for nothing from the moment in
// which it is revoked, before that is durable: whoever revokes a key is in a hurry.
//
// When a key was last used is stored some minutes later, for many keys together, and at most once in kUsePaceMs for
// each: a request must not cause a write. A crash loses the last minutes of it. Keys that were revoked or expired
// kKeptMs ago are forgotten.
//
// Thread-safety: functions that are const may run at the same time, also judge(); the others need the book alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/api_key.h"
#include "identity/principal.h"
#include "log/directory_store.h"
#include "syncline/error.h"

namespace syncline::identity {

// Whose keys somebody sees: those of one tenant, or, for the operator on this machine, all.
using KeyOwner = std::optional<std::string>;

class ApiKeyBook {
 public:
  static constexpr std::size_t kMaxKeys = 100'000;
  static constexpr std::uint64_t kUsePaceMs = 5 * 60'000;
  static constexpr std::uint64_t kKeptMs = std::uint64_t{30} * 86'400'000;
  static constexpr std::size_t kAtOnce = 1000;  // records of one write of upkeep

  explicit ApiKeyBook(std::size_t max_keys = kMaxKeys) : max_keys_(max_keys) {}

  // Takes over all keys of a store, before anybody asks. `read` gives the records of keys that follow `after`, up to
  // `limit` (DirectoryStore::list_entries). kCorrupt, with the id, if one is damaged.
  using ReadRecords = std::function<Result<std::vector<log::DirectoryEntry>>(
      const std::string& after, std::size_t limit)>;
  Result<void> load(const ReadRecords& read);

  // ---- who has a key

  // Errors as judge_key(). Notes that the key is used.
  Result<Principal> judge(std::string_view token, std::uint64_t now_ms) const;
  // True if the token with this id (Identity::token) is a key that was revoked, or is forgotten.
  bool is_withdrawn(std::string_view token) const;
  // True if a key could let somebody in at this moment.
  bool any_valid(std::uint64_t now_ms) const;

  // ---- the keys

  // Those whose ids follow `after`, in byte order.
  std::vector<ApiKey> list(const KeyOwner& owner, const std::string& after,
                           std::size_t limit) const;

  // Keeps a place for a new key, and says what must be stored for it. added() must follow, when that is over.
  //   kConflict   there is a key with this id
  //   kTooLarge   there are too many keys
  Result<log::DirectoryChange> begin_add(const ApiKey& key);
  void added(ApiKey key, bool stored);

  // False if the owner has no such key. A key that was revoked stays revoked since then.
  bool revoke(const KeyOwner& owner, const std::string& id, std::uint64_t now_ms);

  // What must be stored of this key now; nullopt: there is no such key.
  std::optional<log::DirectoryChange> record(const std::string& id) const;

  // What must be stored of uses, and which records are to be erased. A part of the keys at a time, with the next call
  // those that follow. What cannot be stored is stored after the next use.
  std::vector<log::DirectoryChange> upkeep(std::uint64_t now_ms);

 private:
  struct Entry {
    explicit Entry(ApiKey known) : key(std::move(known)), used_ms(key.used_ms) {}
    // With the time of its last use.
    ApiKey present() const;

    ApiKey key;
    mutable std::atomic<std::uint64_t> used_ms;
  };

  const std::size_t max_keys_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::size_t adding_ = 0;  // keys that are not durable yet
  std::string swept_;       // upkeep goes on after this key
};

}  // namespace syncline::identity
