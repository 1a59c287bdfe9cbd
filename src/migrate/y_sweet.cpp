#include "migrate/y_sweet.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/byte_reader.h"

namespace syncline::migrate {
namespace {

constexpr std::uint8_t kVersion = 0;
constexpr std::uint8_t kNames = 0;  // spaces of keys
constexpr std::uint8_t kDocuments = 1;
constexpr std::uint8_t kState = 0;  // what a document has
constexpr std::uint8_t kUpdate = 2;
constexpr std::uint8_t kMeta = 3;

std::uint64_t take_length(ByteReader& in) {
  const ByteView bytes = in.bytes(8);
  std::uint64_t length = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) length = length << 8 | bytes[i - 1];
  return length;
}

std::uint32_t take_big_endian(ByteReader& in) {
  std::uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | in.u8();
  return number;
}

// The stored updates while the entries of the file are read.
struct Found {
  std::optional<std::uint32_t> document;  // the id of the entries so far
  StoredUpdates states;
  std::vector<std::pair<std::uint32_t, Bytes>> updates;  // with their numbers

  // False: not an entry that y-sweet writes.
  bool add(ByteView key, ByteView value) {
    ByteReader in(key);
    if (in.u8() != kVersion) return false;
    const std::uint8_t space = in.u8();
    if (space == kNames) return in.ok() && value.size() == 4;
    const std::uint32_t id = take_big_endian(in);
    const std::uint8_t what = in.u8();
    if (!in.ok() || space != kDocuments || document.value_or(id) != id) return false;
    document = id;
    if (what == kState) states.push_back({to_bytes(value)});
    if (what == kUpdate) updates.emplace_back(take_big_endian(in), to_bytes(value));
    return in.ok() && what <= kMeta && (what != kState || states.size() == 1);
  }
};

}  // namespace

Result<StoredUpdates> read_y_sweet(ByteView file) {
  ByteReader in(file);
  Found found;
  const std::uint64_t entries = take_length(in);
  for (std::uint64_t i = 0; i < entries && in.ok(); ++i) {
    const ByteView key = in.bytes(take_length(in));
    const ByteView value = in.bytes(take_length(in));
    if (!in.ok() || !found.add(key, value)) in.fail();
  }
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::kMalformed, "not a data.ysweet file, or a part of one");
  std::ranges::stable_sort(found.updates, {}, &std::pair<std::uint32_t, Bytes>::first);
  for (auto& [number, bytes] : found.updates) found.states.push_back({std::move(bytes)});
  return std::move(found.states);
}

}  // namespace syncline::migrate
