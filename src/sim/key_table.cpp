#include "sim/key_table.h"

#include <utility>

#include "base/assert.h"
#include "store/directory.h"

namespace syncline::sim {
namespace {

Result<void> load(identity::ApiKeyBook& book, const store::Tables& tables) {
  return book.load([&](const std::string& after, std::size_t limit) {
    return store::read_directory(tables, log::DirectoryKind::kKey, "", after, limit);
  });
}

}  // namespace

Result<void> KeyTable::check(const store::Tables& tables) {
  identity::ApiKeyBook book;
  return load(book, tables);
}

KeyTable::KeyTable(const store::Tables& tables, std::function<log::DirectoryStore&()> directory)
    : directory_(std::move(directory)) {
  const bool loaded = load(book_, tables).has_value();
  SYNCLINE_ASSERT(loaded);
}

void KeyTable::add(identity::ApiKey key, log::Done<void> done) {
  auto change = book_.begin_add(key);
  if (!change) return done(std::unexpected(std::move(change.error())));
  directory_().change_directory(
      {std::move(*change)},
      [this, key = std::move(key), done = std::move(done)](Result<void> stored) mutable {
        book_.added(std::move(key), stored.has_value());
        done(std::move(stored));
      });
}

void KeyTable::revoke(const api::KeyOwner& owner, const std::string& id, std::uint64_t now_ms,
                      log::Done<void> done) {
  if (!book_.revoke(owner, id, now_ms))
    return done(fail(ErrorCode::kNotFound, "there is no such key"));
  directory_().change_directory({*book_.record(id)}, std::move(done));
}

void KeyTable::keep_up(std::uint64_t now_ms) {
  auto changes = book_.upkeep(now_ms);
  if (!changes.empty()) directory_().change_directory(std::move(changes), [](Result<void>) {});
}

}  // namespace syncline::sim
