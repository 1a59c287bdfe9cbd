#include "identity/api_key_book.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"

namespace syncline::identity {
namespace {

constexpr std::size_t kLoadedAtOnce = 1000;

bool belongs_to(const KeyOwner& owner, const ApiKey& key) {
  return !owner || *owner == key.tenant;
}

// When it ended; 0: it has not.
std::uint64_t end_of_key(const ApiKey& key, std::uint64_t now_ms) {
  if (key.revoked_ms != 0) return key.revoked_ms;
  return key.expires_ms != 0 && key.expires_ms <= now_ms ? key.expires_ms : 0;
}

log::DirectoryChange record_of_key(const ApiKey& key) {
  return {log::DirectoryKind::kKey, key.id, encode_api_key(key)};
}

}  // namespace

ApiKey ApiKeyBook::Entry::present() const {
  ApiKey now = key;
  now.used_ms = std::max(key.used_ms, used_ms.load(std::memory_order_relaxed));
  if (is_mutated(Mutation::keep_revoked_key)) now.revoked_ms = 0;
  return now;
}

Result<void> ApiKeyBook::load(const ReadRecords& read) {
  std::string after;
  for (;;) {
    auto page = read(after, kLoadedAtOnce);
    if (!page) return std::unexpected(std::move(page.error()));
    for (const log::DirectoryEntry& record : *page) {
      auto key = decode_api_key(record.id, record.value);
      if (!key)
        return fail(ErrorCode::kCorrupt,
                    "the API key " + record.id + " cannot be read: " + key.error().message);
      entries_.try_emplace(record.id, std::move(*key));
    }
    if (page->size() < kLoadedAtOnce) return {};
    after = page->back().id;
  }
}

Result<Principal> ApiKeyBook::judge(std::string_view token, std::uint64_t now_ms) const {
  const auto text = parse_key(token);
  if (!text) return fail(ErrorCode::kUnauthorized, "unknown token");
  const auto found = entries_.find(text->id);
  // An id that is not known takes as long as a wrong secret.
  if (found == entries_.end()) return judge_key(ApiKey{}, text->secret, now_ms);
  auto who = judge_key(found->second.key, text->secret, now_ms);
  if (who) found->second.used_ms.store(now_ms, std::memory_order_relaxed);
  return who;
}

bool ApiKeyBook::is_withdrawn(std::string_view token) const {
  const auto id = key_id_of(token);
  if (!token.starts_with(token_of_key("")) || !id) return false;
  const auto found = entries_.find(*id);
  return found == entries_.end() || found->second.key.revoked_ms != 0;
}

bool ApiKeyBook::any_valid(std::uint64_t now_ms) const {
  return std::ranges::any_of(
      entries_, [&](const auto& entry) { return end_of_key(entry.second.key, now_ms) == 0; });
}

std::vector<ApiKey> ApiKeyBook::list(const KeyOwner& owner, const std::string& after,
                                     std::size_t limit) const {
  std::vector<ApiKey> page;
  for (auto next = entries_.upper_bound(after); next != entries_.end() && page.size() < limit;
       ++next)
    if (belongs_to(owner, next->second.key)) page.push_back(next->second.present());
  return page;
}

Result<log::DirectoryChange> ApiKeyBook::begin_add(const ApiKey& key) {
  if (entries_.contains(key.id)) return fail(ErrorCode::kConflict, "there is a key with this id");
  if (entries_.size() + adding_ >= max_keys_)
    return fail(ErrorCode::kTooLarge, "this server has as many API keys as it takes");
  ++adding_;
  return record_of_key(key);
}

void ApiKeyBook::added(ApiKey key, bool stored) {
  --adding_;
  const std::string id = key.id;
  if (stored) entries_.try_emplace(id, std::move(key));
}

bool ApiKeyBook::revoke(const KeyOwner& owner, const std::string& id, std::uint64_t now_ms) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || !belongs_to(owner, found->second.key)) return false;
  if (found->second.key.revoked_ms == 0) found->second.key.revoked_ms = now_ms;
  return true;
}

std::optional<log::DirectoryChange> ApiKeyBook::record(const std::string& id) const {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  return record_of_key(found->second.present());
}

std::vector<log::DirectoryChange> ApiKeyBook::upkeep(std::uint64_t now_ms) {
  std::vector<log::DirectoryChange> changes;
  auto next = entries_.upper_bound(swept_);
  std::size_t looked = 0;
  for (; next != entries_.end() && changes.size() < kAtOnce && looked < 10 * kAtOnce; ++looked) {
    Entry& entry = next->second;
    const std::uint64_t end = end_of_key(entry.key, now_ms);
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
      changes.push_back(record_of_key(entry.key));
    }
    ++next;
  }
  if (next == entries_.end()) swept_.clear();
  return changes;
}

}  // namespace syncline::identity
