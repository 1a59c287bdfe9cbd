#include "store/file_commit.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "store/directory.h"

namespace syncline::store {
namespace {

constexpr int kPagesAtOnce = 4;

void put_empty(Writes& writes, const std::string& key) {
  writes.put(Family::kMeta, key, encode_directory(key, {}));
}

void put_upload(const std::string& tenant, const log::Upload& upload, Writes& writes) {
  const std::string key = upload.done ? over_key(tenant, upload.id) : upload_key(tenant, upload.id);
  writes.put(Family::kMeta, key, encode_upload(key, upload));
}

std::unexpected<Error> changed_meanwhile() {
  return fail(ErrorCode::kConflict, "something else changes this upload");
}

}  // namespace

Result<void> FileCommit::stage(const std::string& tenant, FileChange& change_of,
                               ReleasedFiles& released, Writes& writes) {
  return std::visit([&](auto& each) { return change(tenant, each, released, writes); }, change_of);
}

void FileCommit::name_versions(const std::string& tenant, WorkspaceId id,
                               const std::vector<log::EncodedEvent>& events, Writes& writes) {
  for (const log::EncodedEvent& event : events) {
    if (!event.file) continue;
    const std::string key = version_key(id, event.object, event.position);
    writes.put(Family::kMeta, key,
               encode_version(key, {event.object, event.position, event.generation, *event.file}));
    put_empty(writes, holder_key(tenant, *event.file, id, event.position));
    touched_.insert(file_key(tenant, *event.file));
  }
}

Result<void> FileCommit::release_version(const std::string& tenant, WorkspaceId id,
                                         const std::string& object, log::Position position,
                                         ReleasedFiles& released, Writes& writes) {
  const auto version = read_version(tables_, id, object, position);
  if (!version) return std::unexpected(version.error());
  if (!*version) return {};
  writes.remove(Family::kMeta, version_key(id, object, position));
  writes.remove(Family::kMeta, holder_key(tenant, (*version)->file, id, position));
  released.files.push_back({tenant, (*version)->file});
  return {};
}

// The upload, which nothing else in this batch may change from here on.
Result<log::Upload> FileCommit::take_upload(const std::string& tenant, const std::string& id) {
  if (!touched_.insert(upload_key(tenant, id)).second) return changed_meanwhile();
  auto upload = read_upload(tables_, tenant, id);
  if (!upload) return std::unexpected(std::move(upload.error()));
  if (!*upload) return fail(ErrorCode::kNotFound, "there is no such upload");
  return std::move(**upload);
}

Result<void> FileCommit::change(const std::string& tenant, BeginUpload& begin, ReleasedFiles&,
                                Writes& writes) {
  const auto there = take_upload(tenant, begin.upload.id);
  if (there) return fail(ErrorCode::kConflict, "there is an upload with this id");
  if (there.error().code != ErrorCode::kNotFound) return std::unexpected(there.error());
  put_upload(tenant, begin.upload, writes);
  return {};
}

Result<void> FileCommit::change(const std::string& tenant, AdvanceUpload& advance,
                                ReleasedFiles& released, Writes& writes) {
  const log::Upload& now = advance.upload;
  const auto before = take_upload(tenant, now.id);
  if (!before) return std::unexpected(before.error());
  if (before->file || before->done || before->chunks + advance.more.size() != now.chunks)
    return changed_meanwhile();
  if (before->tail && before->tail != now.tail) {
    writes.remove(Family::kMeta, chunk_key(before->tail->chunk, now.id));
    released.chunks.push_back(before->tail->chunk);
  }
  if (auto ok = append_chunks(tenant, now.id, before->chunks, advance.more, writes); !ok) return ok;
  if (now.tail) put_empty(writes, chunk_key(now.tail->chunk, now.id));
  put_upload(tenant, now, writes);
  return {};
}

// `before`: how many chunks the list has.
Result<void> FileCommit::append_chunks(const std::string& tenant, const std::string& list,
                                       std::uint64_t before, const std::vector<Hash256>& more,
                                       Writes& writes) {
  auto next = more.begin();
  while (next != more.end()) {
    const auto page = static_cast<std::uint32_t>(before / kChunksOfPage);
    std::vector<Hash256> names;
    if (before % kChunksOfPage > 0) {
      auto there = read_page(tables_, tenant, list, page);
      if (!there) return std::unexpected(std::move(there.error()));
      names = std::move(*there);
    }
    if (names.size() != before % kChunksOfPage)
      return fail(ErrorCode::kCorrupt, "the list of an upload is damaged");
    for (; next != more.end() && names.size() < kChunksOfPage; ++next, ++before) {
      names.push_back(*next);
      put_empty(writes, chunk_key(*next, list));
    }
    const std::string key = page_key(tenant, list, page);
    writes.put(Family::kMeta, key, encode_page(key, names));
  }
  return {};
}

// If the tenant has this file already, the upload keeps that one, and its own list dies.
Result<void> FileCommit::change(const std::string& tenant, FinishUpload& finish,
                                ReleasedFiles& released, Writes& writes) {
  const std::string key = file_key(tenant, finish.file);
  auto upload = take_upload(tenant, finish.id);
  if (!upload) return std::unexpected(std::move(upload.error()));
  if (upload->done) return changed_meanwhile();
  if (upload->file) return *upload->file == finish.file ? Result<void>() : changed_meanwhile();
  if (!touched_.insert(key).second) return changed_meanwhile();
  const auto there = read_file(tables_, tenant, finish.file);
  if (!there) return std::unexpected(there.error());
  const std::uint64_t bytes = upload->bytes();
  if (upload->tail && !*there) {
    auto ok = append_chunks(tenant, upload->id, upload->chunks, {upload->tail->chunk}, writes);
    if (!ok) return ok;
  }
  if (*there) {
    if (upload->tail) {
      writes.remove(Family::kMeta, chunk_key(upload->tail->chunk, upload->id));
      released.chunks.push_back(upload->tail->chunk);
    }
    let_list_die(tenant, upload->id, released, writes);
  } else {
    writes.put(Family::kMeta, key, encode_file(key, {upload->id, bytes}));
  }
  put_empty(writes, holder_key(tenant, finish.file, upload->id));
  upload->length = bytes;
  upload->file = finish.file;
  put_upload(tenant, *upload, writes);
  return {};
}

Result<void> FileCommit::change(const std::string& tenant, CloseUpload& close,
                                ReleasedFiles& released, Writes& writes) {
  const auto upload = take_upload(tenant, close.id);
  if (!upload) return std::unexpected(upload.error());
  if (!upload->file) return changed_meanwhile();
  writes.remove(Family::kMeta, holder_key(tenant, *upload->file, close.id));
  released.files.push_back({tenant, *upload->file});
  const log::Upload left{.id = upload->id,
                         .workspace = upload->workspace,
                         .object = upload->object,
                         .principal = upload->principal,
                         .length = upload->length,
                         .expires_ms = upload->expires_ms,
                         .done = true};
  writes.remove(Family::kMeta, upload_key(tenant, close.id));
  put_upload(tenant, left, writes);
  return {};
}

Result<void> FileCommit::change(const std::string& tenant, EndUpload& end, ReleasedFiles& released,
                                Writes& writes) {
  const auto upload = take_upload(tenant, end.id);
  if (!upload && upload.error().code == ErrorCode::kNotFound) return {};
  if (!upload) return std::unexpected(upload.error());
  writes.remove(Family::kMeta, upload_key(tenant, end.id));
  writes.remove(Family::kMeta, over_key(tenant, end.id));
  if (upload->done) return {};  // its list is that of a file
  if (upload->file) {
    writes.remove(Family::kMeta, holder_key(tenant, *upload->file, end.id));
    released.files.push_back({tenant, *upload->file});
    return {};
  }
  if (upload->tail) {
    writes.remove(Family::kMeta, chunk_key(upload->tail->chunk, end.id));
    released.chunks.push_back(upload->tail->chunk);
  }
  let_list_die(tenant, end.id, released, writes);
  return {};
}

void FileCommit::let_list_die(const std::string& tenant, const std::string& list,
                              ReleasedFiles& released, Writes& writes) {
  put_empty(writes, dead_list_key(tenant, list));
  released.lists.push_back({tenant, list});
}

Result<void> FileCommit::change(const std::string& tenant, CollectFile& collect,
                                ReleasedFiles& released, Writes& writes) {
  const std::string key = file_key(tenant, collect.file);
  if (!touched_.insert(key).second) {
    released.files.push_back({tenant, collect.file});  // again, when the tables show it
    return {};
  }
  const auto file = read_file(tables_, tenant, collect.file);
  if (!file) return std::unexpected(file.error());
  if (!*file) return {};
  const auto held = has_holder(tables_, tenant, collect.file);
  if (!held) return std::unexpected(held.error());
  if (*held && !is_mutated(Mutation::collect_held_file)) return {};
  writes.remove(Family::kMeta, key);
  let_list_die(tenant, (*file)->list, released, writes);
  return {};
}

// From its end. The list of the largest file has 64 pages.
Result<void> FileCommit::change(const std::string& tenant, ShrinkList& shrink,
                                ReleasedFiles& released, Writes& writes) {
  const std::string prefix = file_prefix(FileKey::kPage, tenant) + shrink.list;
  const auto cursor = tables_.cursor(Family::kMeta, after_prefix(prefix));
  std::vector<std::string> pages;
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next())
    pages.emplace_back(cursor->key());
  if (auto read = cursor->status(); !read) return read;
  const std::size_t gone = std::min<std::size_t>(pages.size(), kPagesAtOnce);
  for (std::size_t i = pages.size() - gone; i < pages.size(); ++i) {
    const auto names = read_page(tables_, tenant, shrink.list, static_cast<std::uint32_t>(i));
    if (!names) return std::unexpected(names.error());
    for (const Hash256& name : *names) {
      writes.remove(Family::kMeta, chunk_key(name, shrink.list));
      released.chunks.push_back(name);
    }
    writes.remove(Family::kMeta, pages[i]);
  }
  if (gone < pages.size()) {
    released.lists.push_back({tenant, shrink.list});
  } else {
    writes.remove(Family::kMeta, dead_list_key(tenant, shrink.list));
  }
  return {};
}

}  // namespace syncline::store
