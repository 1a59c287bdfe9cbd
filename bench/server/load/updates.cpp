#include "load/updates.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "base/byte_reader.h"

namespace syncline::bench {
namespace {

// The info byte: the kind of content in the low bits, then flags for the fields before it.
constexpr std::uint8_t kGarbage = 0;
constexpr std::uint8_t kDeleted = 1;
constexpr std::uint8_t kString = 4;
constexpr std::uint8_t kSkip = 10;
constexpr std::uint8_t kKindBits = 0x1f;
constexpr std::uint8_t kHasKey = 0x20;
constexpr std::uint8_t kHasRightOrigin = 0x40;
constexpr std::uint8_t kHasOrigin = 0x80;

constexpr std::string_view kRoot = "t";

// Received updates of at least this size are compared with the one before.
constexpr std::size_t kLarge = 4096;

void write_head(ByteWriter& out, std::uint64_t structs, std::uint64_t client, std::uint32_t clock) {
  out.var_uint(1);
  out.var_uint(structs);
  out.var_uint(client);
  out.var_uint(clock);
}

void write_root_parent(ByteWriter& out) {
  out.var_uint(1);
  out.var_string(kRoot);
}

// Lengths are in UTF-16 units: one for each code point, one more for those of four bytes.
std::uint32_t utf16_length(ByteView text) {
  std::uint32_t length = 0;
  for (const std::uint8_t byte : text) length += ((byte & 0xc0) != 0x80) + (byte >= 0xf0);
  return length;
}

void skip_id(ByteReader& in) {
  in.var_uint();
  in.var_uint();
}

void skip_place(ByteReader& in, std::uint8_t info) {
  if ((info & kHasOrigin) != 0) skip_id(in);
  if ((info & kHasRightOrigin) != 0) skip_id(in);
  if ((info & (kHasOrigin | kHasRightOrigin)) != 0) return;
  if (in.var_uint() == 1) {
    in.var_buffer();
  } else {
    skip_id(in);
  }
  if ((info & kHasKey) != 0) in.var_buffer();
}

// Text that resembles what people write: words with plausible lengths but without meaning.
std::string words(std::mt19937_64& random, std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) {
    const std::uint64_t roll = random() % 31;
    text += roll < 26 ? static_cast<char>('a' + roll) : ' ';
  }
  return text;
}

// Characters that were typed one after the other at one place.
struct TypedRun {
  std::uint32_t first = 0;  // clock
  std::string text;
  std::optional<std::uint32_t> left;   // the clocks of the characters
  std::optional<std::uint32_t> right;  // between which it was typed
  bool deleted = false;

  std::uint32_t end() const { return first + static_cast<std::uint32_t>(text.size()); }
};

struct Typing {
  std::vector<TypedRun> runs;
  // The clocks before which something was typed later, in the middle of a run. Replicas hold and
  // send the run in pieces that are cut there.
  std::set<std::uint32_t> cuts;

  std::size_t cuts_in(const TypedRun& run) const {
    return static_cast<std::size_t>(
        std::distance(cuts.upper_bound(run.first), cuts.lower_bound(run.end())));
  }
};

Typing type(std::size_t runs) {
  std::mt19937_64 random(runs);
  Typing typing;
  std::vector<std::uint32_t> order;  // the clocks of all characters in text order
  std::uint32_t clock = 0;
  for (std::size_t i = 0; i < runs; ++i) {
    const std::size_t at = order.empty() ? 0 : random() % (order.size() + 1);
    TypedRun run{.first = clock, .text = words(random, 1 + random() % 10)};
    if (at > 0) run.left = order[at - 1];
    if (at < order.size()) run.right = order[at];
    if (run.left && run.right && *run.left + 1 == *run.right) typing.cuts.insert(*run.right);
    run.deleted = random() % 8 == 0;
    clock = run.end();
    std::vector<std::uint32_t> typed(run.text.size());
    std::iota(typed.begin(), typed.end(), run.first);
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), typed.begin(), typed.end());
    typing.runs.push_back(std::move(run));
  }
  return typing;
}

void write_id(ByteWriter& out, std::uint64_t client, std::uint32_t clock) {
  out.var_uint(client);
  out.var_uint(clock);
}

// Clocks [first, end) of the run.
void write_piece(ByteWriter& out, std::uint64_t client, const TypedRun& run, std::uint32_t first,
                 std::uint32_t end) {
  const std::optional<std::uint32_t> left = first == run.first ? run.left : first - 1;
  out.u8((run.deleted ? kDeleted : kString) | (left ? kHasOrigin : 0) |
         (run.right ? kHasRightOrigin : 0));
  if (left) write_id(out, client, *left);
  if (run.right) write_id(out, client, *run.right);
  if (!left && !run.right) write_root_parent(out);
  if (run.deleted) {
    out.var_uint(end - first);
  } else {
    out.var_string(std::string_view(run.text).substr(first - run.first, end - first));
  }
}

void write_run(ByteWriter& out, std::uint64_t client, const TypedRun& run, const Typing& typing) {
  std::uint32_t first = run.first;
  for (auto cut = typing.cuts.upper_bound(first); cut != typing.cuts.end() && *cut < run.end();
       ++cut) {
    write_piece(out, client, run, first, *cut);
    first = *cut;
  }
  write_piece(out, client, run, first, run.end());
}

}  // namespace

void write_insertion(ByteWriter& out, std::uint64_t client, std::uint32_t clock,
                     std::string_view text) {
  write_head(out, 1, client, clock);
  if (clock == 0) {
    out.u8(kString);
    write_root_parent(out);
  } else {
    out.u8(kString | kHasOrigin);
    out.var_uint(client);
    out.var_uint(clock - 1);
  }
  out.var_string(text);
  out.var_uint(0);
}

History make_history(std::uint64_t client, std::size_t runs) {
  const Typing typing = type(runs);
  ByteWriter out;
  std::size_t structs = 0;
  for (const TypedRun& run : typing.runs) structs += 1 + typing.cuts_in(run);
  write_head(out, structs, client, 0);
  for (const TypedRun& run : typing.runs) write_run(out, client, run, typing);
  std::vector<ClockRange> deleted;
  for (const TypedRun& run : typing.runs)
    if (run.deleted) deleted.push_back({client, run.first, run.end()});
  out.var_uint(1);
  out.var_uint(client);
  out.var_uint(deleted.size());
  for (const ClockRange& range : deleted) {
    out.var_uint(range.first);
    out.var_uint(range.end - range.first);
  }
  return {to_bytes(out.view()), {client, 0, typing.runs.back().end()}};
}

void write_state_vector(ByteWriter& out, const std::vector<ClockRange>& known) {
  out.var_uint(known.size());
  for (const ClockRange& range : known) {
    out.var_uint(range.client);
    out.var_uint(range.end);
  }
}

const std::vector<ClockRange>* UpdateReader::read(ByteView update) {
  if (update.size() >= kLarge && std::ranges::equal(update, large_)) return &large_ranges_;
  ranges_.clear();
  if (!parse(update)) return nullptr;
  if (update.size() >= kLarge) {
    large_ = to_bytes(update);
    large_ranges_ = ranges_;
  }
  return &ranges_;
}

bool UpdateReader::parse(ByteView update) {
  ByteReader in(update);
  for (std::uint64_t clients = in.var_uint(); in.ok() && clients > 0; --clients) {
    std::uint64_t structs = in.var_uint();
    const std::uint64_t client = in.var_uint();
    auto clock = static_cast<std::uint32_t>(in.var_uint());
    for (; in.ok() && structs > 0; --structs) {
      const std::uint8_t info = in.u8();
      const std::uint8_t kind = info & kKindBits;
      if (kind == kDeleted || kind == kString) skip_place(in, info);
      std::uint32_t length = 0;
      if (kind == kString) {
        length = utf16_length(in.var_buffer());
      } else if (kind == kGarbage || kind == kDeleted || kind == kSkip) {
        length = static_cast<std::uint32_t>(in.var_uint());
      } else {
        return false;
      }
      if (!in.ok()) return false;
      const std::uint32_t end = clock + length;
      if (kind != kSkip) {
        if (!ranges_.empty() && ranges_.back().client == client && ranges_.back().end == clock) {
          ranges_.back().end = end;
        } else {
          ranges_.push_back({client, clock, end});
        }
      }
      clock = end;
    }
  }
  return in.ok();
}

}  // namespace syncline::bench
