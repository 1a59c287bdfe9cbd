#include "store/file_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "store/files.h"

namespace syncline::store {
namespace {

struct NamedFile {
  std::string tenant;
  Hash256 file{};
};

// What a key that begins with "f/f" names; nullopt: it is none of a file.
std::optional<NamedFile> parse_file_key(std::string_view key) {
  key.remove_prefix(kFilesPrefix.size() + 1);
  const std::size_t end = key.find('\0');
  NamedFile named;
  if (end == key.npos || key.size() - end - 1 != named.file.size()) return std::nullopt;
  named.tenant = key.substr(0, end);
  std::ranges::copy(as_bytes(key.substr(end + 1)), named.file.begin());
  return named;
}

std::unexpected<Error> damaged(const NamedFile& named, std::string_view how) {
  return fail(ErrorCode::kCorrupt,
              fmt::format("the file {}{}{} {}", to_hex(named.file),
                          named.tenant.empty() ? "" : " of tenant ", named.tenant, how));
}

Result<void> check_file(const Tables& tables, const NamedFile& named, const log::StoredFile& stored,
                        CheckedFiles& checked,
                        const std::function<bool(const CheckedFiles&)>& go_on) {
  Sha256 hash;
  std::uint64_t bytes = 0;
  for (std::uint64_t index = 0; index < stored.chunks(); ++index) {
    const auto chunk = read_chunk(tables, named.tenant, stored.list, index);
    if (!chunk && chunk.error().code == ErrorCode::kIo) return std::unexpected(chunk.error());
    if (!chunk) return damaged(named, "is damaged: " + chunk.error().message);
    hash.update(*chunk);
    bytes += chunk->size();
    checked.bytes += chunk->size();
    if (!go_on(checked)) return fail(ErrorCode::kUnavailable, "verification stopped");
  }
  if (bytes != stored.bytes) return damaged(named, "has another length than it should");
  if (hash.finish() != named.file) return damaged(named, "has other bytes than it should");
  ++checked.files;
  return {};
}

}  // namespace

Result<CheckedFiles> check_files(const Tables& tables,
                                 const std::function<bool(const CheckedFiles&)>& go_on) {
  CheckedFiles checked;
  std::string prefix(kFilesPrefix);
  prefix.push_back(static_cast<char>(FileKey::kFile));
  const auto cursor = tables.cursor(Family::kMeta, after_prefix(prefix));
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    const auto named = parse_file_key(cursor->key());
    if (!named) return fail(ErrorCode::kCorrupt, "what names a file is damaged");
    const auto stored = read_file(tables, named->tenant, named->file);
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) continue;  // it was removed meanwhile
    if (auto ok = check_file(tables, *named, **stored, checked, go_on); !ok)
      return std::unexpected(std::move(ok.error()));
  }
  if (auto read = cursor->status(); !read) return std::unexpected(std::move(read.error()));
  return checked;
}

}  // namespace syncline::store
