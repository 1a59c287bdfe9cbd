// KeyTable: the API keys of a simulated process: identity/api_key_book.h over the store, as backend/tokens/api_key_table.h
// is in production. Here, everything is on one thread.
//
// Thread-safety: none. The directory must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_keys.h"
#include "identity/api_key_book.h"
#include "identity/authenticator.h"
#include "log/directory_store.h"
#include "store/tables.h"

namespace syncline::sim {

class KeyTable final : public identity::Authenticator, public api::ApiKeys {
 public:
  // The records of all keys. kCorrupt if one is damaged.
  static Result<void> check(const store::Tables& tables);

  // Reads all keys, which check() has accepted. `directory`: where they are stored, asked when one is.
  KeyTable(const store::Tables& tables, std::function<log::DirectoryStore&()> directory);

  bool open() const override { return false; }
  void authenticate(const identity::Credential& credential, Scheduler& loop,
                    Done done) const override {
    done(book_.judge(credential.token, loop.unix_ms()));
  }
  bool is_withdrawn(std::string_view token) const { return book_.is_withdrawn(token); }

  void add(identity::ApiKey key, log::Done<void> done) override;
  std::vector<identity::ApiKey> list(const api::KeyOwner& owner, const std::string& after,
                                     std::size_t limit) const override {
    return book_.list(owner, after, limit);
  }
  void revoke(const api::KeyOwner& owner, const std::string& id, std::uint64_t now_ms,
              log::Done<void> done) override;

  // Stores what was used.
  void keep_up(std::uint64_t now_ms);

 private:
  const std::function<log::DirectoryStore&()> directory_;
  identity::ApiKeyBook book_;
};

}  // namespace syncline::sim
