#include "store/waiting.h"

#include <utility>

#include "base/big_endian.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/crc32c.h"

namespace syncline::store {
namespace {

constexpr char kWaitingVersion = '\1';
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kCrcBytes = 4;
constexpr std::size_t kPageBytes = std::size_t{4} << 20;

// Calls `take` for each key and value with `prefix`, starting at `from`, until it returns that it
// has enough.
template <typename Take>
Result<void> walk_waiting(const Tables& tables, const std::string& prefix, const std::string& from,
                          Take take) {
  const auto cursor = tables.cursor(Family::kMeta);
  for (cursor->seek(from); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    const auto key = parse_waiting_key(cursor->key());
    if (!key) return fail(ErrorCode::kCorrupt, "a key of a change that waits is damaged");
    if (!take(*key, cursor->key(), cursor->value())) break;
  }
  if (const auto read = cursor->status(); !read)
    return fail_while("reading changes that wait", read.error());
  return {};
}

}  // namespace

std::string waiting_prefix(std::string_view workspace) {
  return std::string(kWaitingPrefix).append(workspace) + '\0';
}

std::string waiting_prefix(std::string_view workspace, std::string_view object) {
  return waiting_prefix(workspace).append(object) + '\0';
}

std::string waiting_key(std::string_view workspace, std::string_view object, std::uint64_t number) {
  std::string key = waiting_prefix(workspace, object);
  put_big_endian(key, number, kNumberBytes);
  return key;
}

std::optional<WaitingKey> parse_waiting_key(std::string_view key) {
  if (!key.starts_with(kWaitingPrefix)) return std::nullopt;
  key.remove_prefix(kWaitingPrefix.size());
  const std::size_t workspace = key.find('\0');
  if (workspace == 0 || workspace == key.npos) return std::nullopt;
  const std::string_view rest = key.substr(workspace + 1);
  const std::size_t object = rest.find('\0');
  if (object == 0 || object == rest.npos || rest.size() != object + 1 + kNumberBytes)
    return std::nullopt;
  return WaitingKey{key.substr(0, workspace), rest.substr(0, object),
                    get_big_endian(rest.substr(object + 1))};
}

std::string encode_waiting(std::string_view key, const log::WaitingChange& change) {
  ByteWriter out;
  out.var_uint(change.unix_ms);
  out.var_string(change.tenant);
  out.var_string(change.principal);
  out.var_string(change.actor);
  out.var_uint(change.actor_seq);
  out.var_uint(change.further_seqs);
  out.var_uint(change.actor_named ? 1 : 0);
  out.var_string(change.type);
  out.var_uint(change.generation);
  out.var_buffer(change.intent);
  out.var_buffer(change.waits_for);
  std::string value(1, kWaitingVersion);
  const std::uint32_t start = crc32c(as_bytes(value), crc32c(as_bytes(key)));
  put_big_endian(value, crc32c(out.view(), start), kCrcBytes);
  return value.append(as_text(out.view()));
}

std::optional<log::WaitingChange> decode_waiting(std::string_view key, std::string_view value) {
  const auto parsed = parse_waiting_key(key);
  if (!parsed || value.size() < 1 + kCrcBytes || value[0] != kWaitingVersion) return std::nullopt;
  const ByteView fields = as_bytes(value.substr(1 + kCrcBytes));
  const std::uint32_t start = crc32c(as_bytes(value.substr(0, 1)), crc32c(as_bytes(key)));
  if (get_big_endian(value.substr(1, kCrcBytes)) != crc32c(fields, start)) return std::nullopt;
  ByteReader in(fields);
  log::WaitingChange change{.number = parsed->number, .unix_ms = in.var_uint()};
  change.tenant = in.var_string();
  change.principal = in.var_string();
  change.actor = in.var_string();
  change.actor_seq = in.var_uint();
  change.further_seqs = in.var_uint();
  const std::uint64_t named = in.var_uint();
  if (named > 1) return std::nullopt;
  change.actor_named = named == 1;
  change.type = in.var_string();
  change.generation = in.var_uint();
  change.intent = to_bytes(in.var_buffer());
  change.waits_for = to_bytes(in.var_buffer());
  if (!in.ok() || !in.at_end() || !log::check_waiting(parsed->workspace, parsed->object, change))
    return std::nullopt;
  return change;
}

Result<log::WaitingPage> read_waiting(const Tables& tables, const std::string& workspace,
                                      const std::string& object, std::uint64_t after,
                                      std::size_t limit) {
  log::WaitingPage page;
  std::size_t bytes = 0;
  std::uint64_t last = 0;
  const auto walked = walk_waiting(
      tables, waiting_prefix(workspace, object), waiting_key(workspace, object, after + 1),
      [&](const WaitingKey& key, std::string_view stored, std::string_view value) {
        const std::size_t taken = page.changes.size() + page.damaged.size();
        if (taken > 0 && (taken >= limit || bytes + value.size() > kPageBytes)) {
          page.next = last;
          return false;
        }
        bytes += value.size();
        last = key.number;
        if (auto change = decode_waiting(stored, value))
          page.changes.push_back(std::move(*change));
        else
          page.damaged.push_back(key.number);
        return true;
      });
  if (!walked) return std::unexpected(walked.error());
  return page;
}

Result<log::WaitingUsage> read_waiting_usage(const Tables& tables, const std::string& workspace) {
  const auto counts = WaitingCounts::read(tables, workspace);
  if (!counts) return std::unexpected(counts.error());
  return counts->workspace();
}

Result<std::vector<log::WaitingObject>> read_waiting_objects(const Tables& tables,
                                                             const std::string& workspace,
                                                             const std::string& after,
                                                             std::size_t limit) {
  std::vector<log::WaitingObject> objects;
  const std::string prefix = waiting_prefix(workspace);
  const std::string from =
      after.empty() ? prefix : waiting_key(workspace, after, ~std::uint64_t{0});
  const auto walked =
      walk_waiting(tables, prefix, from,
                   [&](const WaitingKey& key, std::string_view stored, std::string_view value) {
                     if (key.object == after) return true;
                     if (objects.empty() || objects.back().object != key.object) {
                       if (objects.size() == limit) return false;
                       const auto first = decode_waiting(stored, value);
                       objects.push_back({std::string(key.object), {}, first ? first->unix_ms : 0});
                     }
                     ++objects.back().usage.changes;
                     objects.back().usage.bytes += stored.size() + value.size();
                     return true;
                   });
  if (!walked) return std::unexpected(walked.error());
  return objects;
}

Result<std::vector<std::string>> read_waiting_workspaces(const Tables& tables,
                                                         const std::string& after,
                                                         std::size_t limit) {
  std::vector<std::string> names;
  const auto cursor = tables.cursor(Family::kMeta);
  // The key after all keys of a name has \1 in place of the separator.
  const auto behind = [](std::string_view name) {
    return std::string(kWaitingPrefix).append(name) + '\1';
  };
  cursor->seek(after.empty() ? std::string(kWaitingPrefix) : behind(after));
  while (cursor->valid() && names.size() < limit) {
    const auto key = parse_waiting_key(cursor->key());
    if (!key) break;
    if (key->workspace > after) names.emplace_back(key->workspace);
    cursor->seek(behind(std::string(key->workspace)));
  }
  if (const auto read = cursor->status(); !read)
    return fail_while("listing changes that wait", read.error());
  return names;
}

Result<WaitingCounts> WaitingCounts::read(const Tables& tables, const std::string& workspace) {
  WaitingCounts counts;
  const std::string prefix = waiting_prefix(workspace);
  const auto walked =
      walk_waiting(tables, prefix, prefix,
                   [&](const WaitingKey& key, std::string_view stored, std::string_view value) {
                     counts.add(std::string(key.object), key.number, stored.size() + value.size());
                     return true;
                   });
  if (!walked) return std::unexpected(walked.error());
  return counts;
}

log::WaitingUsage WaitingCounts::object(const std::string& object) const {
  const auto found = objects_.find(object);
  return found == objects_.end() ? log::WaitingUsage{} : found->second.usage;
}

void WaitingCounts::add(const std::string& object, std::uint64_t number, std::uint64_t bytes) {
  Object& added = objects_[object];
  added.bytes[number] = bytes;
  for (log::WaitingUsage* usage : {&added.usage, &total_}) {
    ++usage->changes;
    usage->bytes += bytes;
  }
  last_number_ = std::max(last_number_, number);
}

bool WaitingCounts::remove(const std::string& object, std::uint64_t number) {
  const auto found = objects_.find(object);
  if (found == objects_.end()) return false;
  const auto kept = found->second.bytes.find(number);
  if (kept == found->second.bytes.end()) return false;
  for (log::WaitingUsage* usage : {&found->second.usage, &total_}) {
    --usage->changes;
    usage->bytes -= kept->second;
  }
  found->second.bytes.erase(kept);
  if (found->second.bytes.empty()) objects_.erase(found);
  return true;
}

}  // namespace syncline::store
