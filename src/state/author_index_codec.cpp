// The stored form of an AuthorIndex: docs/formats/authors.md.
#include <algorithm>
#include <limits>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "state/author_index.h"

namespace syncline::state {
namespace {

constexpr std::uint8_t kAuthorsVersion = 1;

// Small differences of either sign are small numbers.
std::uint64_t zigzag(std::uint64_t now, std::uint64_t before) {
  const auto step = static_cast<std::int64_t>(now - before);
  return (static_cast<std::uint64_t>(step) << 1) ^ static_cast<std::uint64_t>(step >> 63);
}

std::uint64_t unzigzag(std::uint64_t before, std::uint64_t step) {
  return before + ((step >> 1) ^ (~(step & 1) + 1));
}

// A count of what has at least `least` bytes each.
std::uint64_t read_count(ByteReader& in, std::size_t least) {
  const std::uint64_t count = in.var_uint();
  if (count > in.remaining() / least) in.fail();
  return in.ok() ? count : 0;
}

}  // namespace

Bytes AuthorIndex::encode() const {
  ByteWriter out;
  out.reserve(16 + entries_.size() * 4 + ranges_ * 4);
  out.u8(kAuthorsVersion);
  out.var_uint(generation_);
  out.var_uint(position_);
  out.var_uint(names_.size());
  for (const Who* who : names_) {
    out.var_string(who->first);
    out.var_string(who->second);
  }
  out.var_uint(entries_.size());
  Entry before;
  for (const Entry& entry : entries_) {
    out.var_uint(entry.position - before.position);
    out.var_uint(zigzag(entry.accepted_ms, before.accepted_ms));
    out.var_uint(entry.who);
    before = entry;
  }
  std::vector<crdt::ClientId> clients;
  for (const auto& each : clients_) clients.push_back(each.first);
  std::ranges::sort(clients);
  out.var_uint(clients.size());
  for (const crdt::ClientId client : clients) {
    const std::vector<Range>& ranges = clients_.at(client);
    out.var_uint(client);
    out.var_uint(ranges.size());
    Range last;
    for (const Range& range : ranges) {
      out.var_uint(range.begin - last.end);
      out.var_uint(range.end - range.begin);
      out.var_uint(zigzag(range.entry, last.entry));
      last = range;
    }
  }
  return out.take();
}

Result<AuthorIndex> AuthorIndex::decode(ByteView stored) {
  ByteReader in(stored);
  if (in.u8() != kAuthorsVersion && in.ok())
    return fail(ErrorCode::kUnsupported, "an index of authors of a later version");
  AuthorIndex index;
  index.generation_ = in.var_uint();
  index.position_ = in.var_uint();
  for (std::uint64_t left = read_count(in, 2); left > 0 && in.ok(); --left) {
    Who who{in.var_string(), in.var_string()};
    const auto [known, is_new] =
        index.known_.try_emplace(std::move(who), static_cast<std::uint32_t>(index.names_.size()));
    if (!is_new) in.fail();
    index.names_.push_back(&known->first);
  }
  index.read_entries(in);
  index.read_ranges(in);
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::kMalformed, "an index of authors does not decode");
  return index;
}

void AuthorIndex::read_entries(ByteReader& in) {
  Entry entry;
  std::uint64_t left = read_count(in, 3);
  if (left > std::numeric_limits<std::uint32_t>::max()) in.fail();
  entries_.reserve(in.ok() ? left : 0);
  for (; left > 0 && in.ok(); --left) {
    const std::uint64_t step = in.var_uint();
    entry.accepted_ms = unzigzag(entry.accepted_ms, in.var_uint());
    const std::uint64_t who = in.var_uint();
    if (step == 0 || step > position_ - entry.position || who >= names_.size()) return in.fail();
    entry.position += step;
    entry.who = static_cast<std::uint32_t>(who);
    entries_.push_back(entry);
  }
}

void AuthorIndex::read_ranges(ByteReader& in) {
  constexpr std::uint64_t kMaxClock = std::numeric_limits<crdt::Clock>::max();
  for (std::uint64_t clients = read_count(in, 5); clients > 0 && in.ok(); --clients) {
    const crdt::ClientId client = in.var_uint();
    const auto [place, is_new] = clients_.try_emplace(client);
    std::uint64_t left = read_count(in, 3);
    if (!is_new || left == 0) return in.fail();
    std::vector<Range>& ranges = place->second;
    ranges.reserve(left);
    Range range;
    for (; left > 0 && in.ok(); --left) {
      const std::uint64_t gap = in.var_uint();
      const std::uint64_t length = in.var_uint();
      const std::uint64_t entry = unzigzag(range.entry, in.var_uint());
      if (gap > kMaxClock - range.end || length == 0 || length > kMaxClock - range.end - gap ||
          entry >= entries_.size())
        return in.fail();
      range.begin = range.end + static_cast<crdt::Clock>(gap);
      range.end = range.begin + static_cast<crdt::Clock>(length);
      range.entry = static_cast<std::uint32_t>(entry);
      ranges.push_back(range);
    }
    ranges_ += ranges.size();
  }
}

}  // namespace syncline::state
