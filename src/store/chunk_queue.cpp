#include "store/chunk_queue.h"

#include <utility>

#include "store/files.h"

namespace syncline::store {

log::StoredChunk stored_as(const ChunkRequest& request) {
  log::StoredChunk stored{.name = chunk_name(request.tenant, request.bytes),
                          .hashed = request.before};
  if (request.bytes.size() != log::kFileChunkBytes) return stored;
  Sha256 hash(request.before);
  hash.update(request.bytes);
  stored.hashed = hash.state();
  return stored;
}

bool ChunkQueue::push(ChunkRequest& request) {
  if (!waiting_.empty() && bytes_ + request.bytes.size() > most_) return false;
  bytes_ += request.bytes.size();
  waiting_.push_back(std::move(request));
  return true;
}

void ChunkQueue::release(const std::vector<BlobName>& names) {
  released_.insert(released_.end(), names.begin(), names.end());
}

void ChunkQueue::let_go(const BlobName& name) {
  const auto held = holds_.find(name);
  if (held == holds_.end() || --held->second > 0) return;
  holds_.erase(held);
  released_.push_back(name);
}

std::optional<ChunkQueue::Job> ChunkQueue::begin() {
  const bool may_remove = !released_.empty() && !held_;
  if (busy_ || (waiting_.empty() && !may_remove)) return std::nullopt;
  busy_ = true;
  wrote_ = !waiting_.empty() && !(may_remove && wrote_);
  if (!wrote_) {
    const BlobName name = released_.front();
    released_.pop_front();
    return name;
  }
  ChunkRequest request = std::move(waiting_.front());
  waiting_.pop_front();
  bytes_ -= request.bytes.size();
  return request;
}

void write_chunk(Blobs& chunks, log::StoredChunk stored, Bytes bytes,
                 std::move_only_function<void()> over, log::Done<log::StoredChunk> done) {
  const BlobName name = stored.name;
  if (is_mutated(Mutation::version_before_chunks)) std::exchange(done, [](auto) {})(stored);
  chunks.write(name, std::move(bytes),
               [stored = std::move(stored), over = std::move(over),
                done = std::move(done)](Result<void> written) mutable {
                 over();
                 if (!written) return done(std::unexpected(std::move(written.error())));
                 done(std::move(stored));
               });
}

bool remove_unnamed_chunk(const Tables& tables, Blobs& chunks, const BlobName& name) {
  const auto named = is_chunk_named(tables, name);
  return named && !*named && chunks.remove(name).has_value();
}

Result<std::vector<BlobName>> unnamed_chunks(const Tables& tables, const Blobs& chunks) {
  auto names = chunks.list();
  if (!names) return names;
  std::vector<BlobName> unnamed;
  for (const BlobName& name : *names) {
    const auto named = is_chunk_named(tables, name);
    if (!named) return std::unexpected(named.error());
    if (!*named) unnamed.push_back(name);
  }
  return unnamed;
}

}  // namespace syncline::store
