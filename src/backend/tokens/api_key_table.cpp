#include "backend/tokens/api_key_table.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "store/directory.h"

namespace syncline::backend {
namespace {

using policy::ApiKey;

constexpr std::size_t kKeysAtOnce = 1000;

bool is_of(const api::KeyOwner& owner, const ApiKey& key) {
  return !owner || *owner == key.tenant;
}

// When it ended; 0: it has not.
std::uint64_t end_of(const ApiKey& key, std::uint64_t now_ms) {
  if (key.revoked_ms != 0) return key.revoked_ms;
  return key.expires_ms != 0 && key.expires_ms <= now_ms ? key.expires_ms : 0;
}

log::DirectoryChange record_of(const ApiKey& key) {
  return {log::DirectoryKind::kKey, key.id, policy::encode_api_key(key)};
}

}  // namespace

ApiKey ApiKeyTable::Entry::present() const {
  ApiKey now = key;
  now.used_ms = std::max(key.used_ms, used_ms.load(std::memory_order_relaxed));
  return now;
}

Result<std::unique_ptr<ApiKeyTable>> ApiKeyTable::open(const syncline::store::Tables& tables,
                                                       Options options) {
  auto table = std::unique_ptr<ApiKeyTable>(new ApiKeyTable(std::move(options)));
  std::string after;
  for (;;) {
    auto page =
        syncline::store::read_directory(tables, log::DirectoryKind::kKey, "", after, kKeysAtOnce);
    if (!page) return std::unexpected(std::move(page.error()));
    for (const log::DirectoryEntry& record : *page) {
      auto key = policy::decode_api_key(record.id, record.value);
      if (!key)
        return fail(ErrorCode::kCorrupt,
                    "the API key " + record.id + " cannot be read: " + key.error().message);
      table->entries_.try_emplace(record.id, std::move(*key));
    }
    if (page->size() < kKeysAtOnce) return table;
    after = page->back().id;
  }
}

void ApiKeyTable::authenticate(const policy::Credential& credential, Scheduler& loop,
                               Done done) const {
  done(judge(credential.token, loop.unix_ms()));
}

Result<policy::Principal> ApiKeyTable::judge(std::string_view token, std::uint64_t now_ms) const {
  const auto text = policy::parse_key(token);
  if (!text) return fail(ErrorCode::kUnauthorized, "unknown token");
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(text->id);
  // An id that is not known takes as long as a wrong secret.
  if (found == entries_.end()) return policy::judge_key(ApiKey{}, text->secret, now_ms);
  auto who = policy::judge_key(found->second.key, text->secret, now_ms);
  if (who) found->second.used_ms.store(now_ms, std::memory_order_relaxed);
  return who;
}

bool ApiKeyTable::is_withdrawn(std::string_view token) const {
  const auto id = policy::key_id_of(token);
  if (!token.starts_with(policy::token_of_key("")) || !id) return false;
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(*id);
  return found == entries_.end() || found->second.key.revoked_ms != 0;
}

bool ApiKeyTable::any_valid(std::uint64_t now_ms) const {
  const std::shared_lock lock(mutex_);
  return std::ranges::any_of(
      entries_, [&](const auto& entry) { return end_of(entry.second.key, now_ms) == 0; });
}

void ApiKeyTable::add(ApiKey key, log::Done<void> done) {
  options_.with_directory(
      [this, key = std::move(key), done = std::move(done)](log::DirectoryStore& directory) mutable {
        store_new(directory, std::move(key), std::move(done));
      });
}

void ApiKeyTable::store_new(log::DirectoryStore& directory, ApiKey key, log::Done<void> done) {
  {
    const std::unique_lock lock(mutex_);
    const bool exists = entries_.contains(key.id);
    const bool full = entries_.size() + adding_ >= options_.max_keys;
    if (!exists && !full) {
      ++adding_;
    } else {
      const Error refused =
          exists ? Error{ErrorCode::kConflict, "there is a key with this id"}
                 : Error{ErrorCode::kTooLarge, "this server has as many API keys as it takes"};
      return done(std::unexpected(refused));
    }
  }
  std::vector<log::DirectoryChange> changes;
  changes.push_back(record_of(key));
  directory.change_directory(std::move(changes), [this, key = std::move(key),
                                                  done = std::move(done)](auto stored) mutable {
    {
      const std::unique_lock lock(mutex_);
      --adding_;
      const std::string id = key.id;
      if (stored) entries_.try_emplace(id, std::move(key));
    }
    done(std::move(stored));
  });
}

std::vector<ApiKey> ApiKeyTable::list(const api::KeyOwner& owner, const std::string& after,
                                      std::size_t limit) const {
  std::vector<ApiKey> page;
  const std::shared_lock lock(mutex_);
  for (auto next = entries_.upper_bound(after); next != entries_.end() && page.size() < limit;
       ++next)
    if (is_of(owner, next->second.key)) page.push_back(next->second.present());
  return page;
}

// Nobody gets in with it any more before it is durable: whoever revokes a key is in a hurry.
void ApiKeyTable::revoke(const api::KeyOwner& owner, const std::string& id, std::uint64_t now_ms,
                         log::Done<void> done) {
  if (!mark_revoked(owner, id, now_ms))
    return done(fail(ErrorCode::kNotFound, "there is no such key"));
  options_.with_directory(
      [this, id, done = std::move(done)](log::DirectoryStore& directory) mutable {
        std::vector<log::DirectoryChange> changes;
        {
          const std::shared_lock lock(mutex_);
          if (const auto found = entries_.find(id); found != entries_.end())
            changes.push_back(record_of(found->second.present()));
        }
        directory.change_directory(std::move(changes), std::move(done));
      });
}

bool ApiKeyTable::mark_revoked(const api::KeyOwner& owner, const std::string& id,
                               std::uint64_t now_ms) {
  const std::unique_lock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || !is_of(owner, found->second.key)) return false;
  if (found->second.key.revoked_ms == 0) found->second.key.revoked_ms = now_ms;
  return true;
}

void ApiKeyTable::keep_up(std::uint64_t now_ms) {
  options_.with_directory([this, now_ms](log::DirectoryStore& directory) {
    auto changes = upkeep(now_ms);
    // What cannot be stored now is stored after the next use.
    if (!changes.empty()) directory.change_directory(std::move(changes), [](Result<void>) {});
  });
}

// A part of the keys at a time, the next time those that follow.
std::vector<log::DirectoryChange> ApiKeyTable::upkeep(std::uint64_t now_ms) {
  std::vector<log::DirectoryChange> changes;
  const std::unique_lock lock(mutex_);
  auto next = entries_.upper_bound(swept_);
  std::size_t looked = 0;
  for (; next != entries_.end() && changes.size() < kAtOnce && looked < 10 * kAtOnce; ++looked) {
    Entry& entry = next->second;
    const std::uint64_t end = end_of(entry.key, now_ms);
    swept_ = next->first;
    if (end != 0 && now_ms >= end + kKeptMs) {
      changes.push_back({log::DirectoryKind::kKey, next->first, std::nullopt});
      next = entries_.erase(next);
      continue;
    }
    const std::uint64_t used = entry.used_ms.load(std::memory_order_relaxed);
    const bool due = entry.key.used_ms == 0 ? used != 0 : used >= entry.key.used_ms + kUsePaceMs;
    if (due) {
      entry.key.used_ms = used;
      changes.push_back(record_of(entry.key));
    }
    ++next;
  }
  if (next == entries_.end()) swept_.clear();
  return changes;
}

}  // namespace syncline::backend
