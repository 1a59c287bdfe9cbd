#include "state/author_store.h"

#include <utility>

#include "log/event_log.h"

namespace syncline::state {
namespace {

constexpr const char* kAuthorsType = "authors";

}  // namespace

std::string authors_name(const std::string& object) {
  return std::string(log::kAuthorsPrefix) + object;
}

void load_authors(log::SnapshotStore& snapshots, const std::string& workspace,
                  const std::string& object, std::uint64_t generation,
                  std::move_only_function<void(std::optional<AuthorIndex>)> done) {
  std::string name = authors_name(object);
  if (name.size() > log::kMaxObjectIdBytes) return done(std::nullopt);
  snapshots.load_snapshot(
      workspace, std::move(name), log::kNow,
      [generation, done = std::move(done)](Result<std::optional<log::Snapshot>> found) mutable {
        if (!found || !*found || (*found)->type != kAuthorsType || (*found)->base != 0)
          return done(std::nullopt);
        auto index = AuthorIndex::decode((*found)->bytes);
        if (!index || index->generation() != generation) return done(std::nullopt);
        done(std::move(*index));
      });
}

void store_authors(log::SnapshotStore& snapshots, const std::string& workspace,
                   const std::string& object, const AuthorIndex& index) {
  std::string name = authors_name(object);
  if (name.size() > log::kMaxObjectIdBytes) return;
  log::Snapshot snapshot{.position = index.position(),
                         .bytes = index.encode(),
                         .bytes_since_milestone = 1,
                         .type = kAuthorsType,
                         .generation = index.generation()};
  if (snapshot.bytes.size() > log::kMaxSnapshotBytes) return;
  snapshots.put_snapshot(workspace, std::move(name), std::move(snapshot), [](Result<void>) {});
}

}  // namespace syncline::state
