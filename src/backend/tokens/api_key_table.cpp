#include "backend/tokens/api_key_table.h"

#include <mutex>
#include <utility>

#include "store/directory.h"

namespace syncline::backend {

using identity::ApiKey;

Result<std::unique_ptr<ApiKeyTable>> ApiKeyTable::open(const syncline::store::Tables& tables,
                                                       Options options) {
  auto table = std::unique_ptr<ApiKeyTable>(new ApiKeyTable(std::move(options)));
  auto loaded = table->book_.load([&](const std::string& after, std::size_t limit) {
    return syncline::store::read_directory(tables, log::DirectoryKind::kKey, "", after, limit);
  });
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  return table;
}

void ApiKeyTable::authenticate(const identity::Credential& credential, Scheduler& loop,
                               Done done) const {
  auto judged = [&] {
    const std::shared_lock lock(mutex_);
    return book_.judge(credential.token, loop.unix_ms());
  }();
  done(std::move(judged));
}

bool ApiKeyTable::is_withdrawn(std::string_view token) const {
  const std::shared_lock lock(mutex_);
  return book_.is_withdrawn(token);
}

bool ApiKeyTable::any_valid(std::uint64_t now_ms) const {
  const std::shared_lock lock(mutex_);
  return book_.any_valid(now_ms);
}

void ApiKeyTable::add(ApiKey key, log::Done<void> done) {
  options_.with_directory(
      [this, key = std::move(key), done = std::move(done)](log::DirectoryStore& directory) mutable {
        store_new(directory, std::move(key), std::move(done));
      });
}

void ApiKeyTable::store_new(log::DirectoryStore& directory, ApiKey key, log::Done<void> done) {
  auto change = [&] {
    const std::unique_lock lock(mutex_);
    return book_.begin_add(key);
  }();
  if (!change) return done(std::unexpected(std::move(change.error())));
  directory.change_directory({std::move(*change)}, [this, key = std::move(key),
                                                    done = std::move(done)](auto stored) mutable {
    {
      const std::unique_lock lock(mutex_);
      book_.added(std::move(key), stored.has_value());
    }
    done(std::move(stored));
  });
}

std::vector<ApiKey> ApiKeyTable::list(const api::KeyOwner& owner, const std::string& after,
                                      std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  return book_.list(owner, after, limit);
}

void ApiKeyTable::revoke(const api::KeyOwner& owner, const std::string& id, std::uint64_t now_ms,
                         log::Done<void> done) {
  const bool found = [&] {
    const std::unique_lock lock(mutex_);
    return book_.revoke(owner, id, now_ms);
  }();
  if (!found) return done(fail(ErrorCode::kNotFound, "there is no such key"));
  options_.with_directory(
      [this, id, done = std::move(done)](log::DirectoryStore& directory) mutable {
        std::vector<log::DirectoryChange> changes;
        {
          const std::shared_lock lock(mutex_);
          if (auto record = book_.record(id)) changes.push_back(std::move(*record));
        }
        directory.change_directory(std::move(changes), std::move(done));
      });
}

void ApiKeyTable::keep_up(std::uint64_t now_ms) {
  options_.with_directory([this, now_ms](log::DirectoryStore& directory) {
    auto changes = [&] {
      const std::unique_lock lock(mutex_);
      return book_.upkeep(now_ms);
    }();
    if (!changes.empty()) directory.change_directory(std::move(changes), [](Result<void>) {});
  });
}

}  // namespace syncline::backend
