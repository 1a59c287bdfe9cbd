#include "migrate/update_pieces.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/byte_reader.h"
#include "crdt/block.h"
#include "crdt/packed.h"
#include "crdt/update_writer.h"

namespace syncline::migrate {
namespace {

using crdt::Block;
using crdt::BlockKind;
using crdt::ClientId;
using crdt::Clock;

constexpr std::size_t kBytesOfHead = 48;   // of a struct without its content: ids, lengths, flags
constexpr std::size_t kBytesOfRange = 10;  // of a delete set

bool is_values(const Block& block) {
  return block.kind == BlockKind::kAny || block.kind == BlockKind::kJson;
}

// The first `bytes` bytes of a block's content as whole characters or values: how many clocks, and how many bytes.
struct Head {
  Clock clocks = 0;
  std::size_t bytes = 0;
};

Head head_of_text(ByteView payload, std::size_t bytes) {
  std::size_t end = std::min(bytes, payload.size());
  while (end > 0 && end < payload.size() && (payload[end] & 0xc0) == 0x80) --end;
  Head head{.clocks = 0, .bytes = end};
  // A character of four bytes is two UTF-16 units.
  for (std::size_t i = 0; i < end; ++i)
    if ((payload[i] & 0xc0) != 0x80) head.clocks += payload[i] >= 0xf0 ? 2 : 1;
  return head;
}

Head head_of_values(ByteView payload, std::size_t bytes) {
  ByteReader in(payload);
  Head head;
  while (!in.at_end()) {
    crdt::scan_any(in);
    if (!in.ok() || in.position() > bytes) break;
    ++head.clocks;
    head.bytes = in.position();
  }
  return head;
}

// The bytes of the first `clocks` clocks of a block's content.
std::size_t bytes_of_clocks(const Block& block, Clock clocks) {
  if (block.kind == BlockKind::kString) {
    bool inside_pair = false;
    return crdt::utf8_offset(as_text(block.payload), clocks, inside_pair);
  }
  ByteReader in(block.payload);
  for (Clock i = 0; i < clocks; ++i) crdt::scan_any(in);
  return in.position();
}

// A block from `offset` on; the block itself keeps its beginning, which the writer needs.
struct Part {
  Block block;
  Clock offset = 0;

  Clock clock() const { return block.clock + offset; }
};

class Cutter {
 public:
  Cutter(const crdt::DecodedUpdate& update, const PiecePlan& plan)
      : update_(update), plan_(plan), deletes_(wanted_deletes()) {
    for (const auto& client : update.clients) {
      Source source{.next = client.first, .end = client.first + client.count};
      source.known = plan.from.get(client.client);
      sources_.emplace(client.client, source);
    }
    for (auto& [client, source] : sources_) settle(client, source);
  }

  Result<std::vector<Bytes>> run() {
    for (auto source = sources_.rbegin(); source != sources_.rend(); ++source)
      while (left(source->second))
        if (auto ok = take_with_needs(source->first); !ok)
          return std::unexpected(std::move(ok.error()));
    if (!parts_.empty()) flush();
    while (!deletes_.empty()) flush();
    return std::move(pieces_);
  }

 private:
  struct Source {
    std::uint32_t next = 0;
    std::uint32_t end = 0;
    Clock known = 0;  // everything before is in a piece, or the receiver has it
    bool waiting = false;
  };

  static bool left(const Source& source) { return source.next < source.end; }

  // What the receiver lacks of the deletions of what the document has.
  crdt::DeleteSet wanted_deletes() const {
    crdt::DeleteSet deletes;
    for (const auto& [client, ranges] : update_.deletes.clients()) {
      const Clock end = plan_.to.get(client);
      for (const crdt::ClockRange& range : ranges)
        if (range.clock < end)
          deletes.add(client, range.clock, std::min(range.end(), end) - range.clock);
    }
    deletes.remove(plan_.deleted);
    deletes.remove(without_content());
    return deletes;
  }

  // Blocks that count as deleted by themselves.
  crdt::IdSet without_content() const {
    crdt::IdSet ids;
    for (const Block& block : update_.blocks)
      if (block.kind == BlockKind::kGc || block.kind == BlockKind::kDeleted)
        if (block.clock >= plan_.from.get(block.client))
          ids.add(block.client, block.clock, block.len);
    return ids;
  }

  // Goes over blocks that are known, and ends where the document ends.
  void settle(ClientId client, Source& source) {
    const Clock end = plan_.to.get(client);
    while (left(source)) {
      const Block& block = update_.blocks[source.next];
      const bool gap = block.clock > source.known ||
                       (block.kind == BlockKind::kSkip && block.end() > source.known);
      if (source.known >= end || gap) {
        source.next = source.end;
        return;
      }
      if (block.end() > source.known) return;
      ++source.next;
    }
  }

  Clock known(ClientId client) const {
    const auto found = sources_.find(client);
    return found == sources_.end() ? plan_.from.get(client) : found->second.known;
  }

  // The client of a struct that must come before; nullopt: none.
  std::optional<ClientId> need_of(const Block& block) const {
    const auto lacks = [&](crdt::Id id) {
      return id.client != block.client && id.clock >= known(id.client);
    };
    if (block.has_origin && lacks(block.origin)) return block.origin.client;
    if (block.has_right_origin && lacks(block.right_origin)) return block.right_origin.client;
    if (block.parent_kind == crdt::ParentKind::kItem && lacks(block.parent_id))
      return block.parent_id.client;
    return std::nullopt;
  }

  // Puts the next block of the client into pieces, after those that it needs.
  Result<void> take_with_needs(ClientId client) {
    std::vector<ClientId> stack{client};
    auto result = take_stack(stack);
    for (const ClientId waiting : stack) sources_[waiting].waiting = false;
    return result;
  }

  Result<void> take_stack(std::vector<ClientId>& stack) {
    sources_[stack.back()].waiting = true;
    while (!stack.empty()) {
      Source& source = sources_[stack.back()];
      const Block& block = update_.blocks[source.next];
      const auto need = need_of(block);
      if (!need) {
        if (auto ok = take(block, source); !ok) return ok;
        source.waiting = false;
        stack.pop_back();
        continue;
      }
      const auto other = sources_.find(*need);
      if (other == sources_.end() || !left(other->second) || other->second.waiting)
        return fail(ErrorCode::kInvalid,
                    fmt::format("client {}, clock {}: depends on what is not there", block.client,
                                block.clock));
      other->second.waiting = true;
      stack.push_back(*need);
    }
    return {};
  }

  // Puts a whole block into pieces: into one if it fits.
  Result<void> take(const Block& block, Source& source) {
    while (source.known < block.end()) {
      Part part{block, source.known > block.clock ? source.known - block.clock : 0};
      std::size_t skipped = part.offset == 0 ? 0 : bytes_of_clocks(block, part.offset);
      std::size_t bytes = block.payload.size() - std::min(skipped, block.payload.size());
      const std::size_t head =
          kBytesOfHead + block.name.size() + block.parent_name.size() + block.parent_sub.size();
      if (bytes_ + head + bytes > plan_.max_bytes) {
        if (!parts_.empty()) flush();
        if (head + bytes > plan_.max_bytes) {
          const std::size_t room = plan_.max_bytes - std::min(head, plan_.max_bytes);
          const auto cut = head_of(block, skipped, room);
          if (!cut)
            return fail(ErrorCode::kTooLarge,
                        fmt::format("a value of {} bytes is larger than one request may be ({})",
                                    block.payload.size(), plan_.max_bytes));
          part.block.len = part.offset + cut->clocks;
          part.block.payload = block.payload.first(skipped + cut->bytes);
          bytes = cut->bytes;
        }
      }
      bytes_ += head + bytes;
      source.known = part.block.end();
      parts_[block.client].push_back(std::move(part));
    }
    settle(block.client, source);
    return {};
  }

  // What fits into `room`; nullopt if nothing does.
  static std::optional<Head> head_of(const Block& block, std::size_t skipped, std::size_t room) {
    const ByteView rest = block.payload.subspan(skipped);
    Head head;
    if (block.kind == BlockKind::kString) head = head_of_text(rest, room);
    if (is_values(block)) head = head_of_values(rest, room);
    return head.clocks == 0 ? std::nullopt : std::optional(head);
  }

  void flush() {
    const crdt::DeleteSet deletes =
        take_deletes(plan_.max_bytes - std::min(bytes_, plan_.max_bytes));
    if (parts_.empty() && deletes.empty()) return;
    crdt::UpdateWriter writer(crdt::UpdateVersion::kV1);
    writer.begin_clients(parts_.size());
    for (auto client = parts_.rbegin(); client != parts_.rend(); ++client) {
      const std::vector<Part>& parts = client->second;
      writer.begin_client(parts.size(), client->first, parts.front().clock());
      for (const Part& part : parts) writer.write(part.block, part.offset);
    }
    writer.write_deletes(deletes);
    pieces_.push_back(writer.take());
    parts_.clear();
    bytes_ = 0;
  }

  // Deletions of what is in the pieces so far, as many as fit; some at least if nothing else is in this one.
  crdt::DeleteSet take_deletes(std::size_t room) {
    std::size_t ranges_left = std::max(room / kBytesOfRange, std::size_t{parts_.empty()});
    crdt::DeleteSet now;
    for (const auto& [client, ranges] : deletes_.clients()) {
      const Clock end = known(client);
      for (const crdt::ClockRange& range : ranges) {
        if (ranges_left == 0 || range.clock >= end) break;
        now.add(client, range.clock, std::min(range.end(), end) - range.clock);
        --ranges_left;
      }
    }
    deletes_.remove(now);
    // What is left over at the end is of clocks that are in no block, such as those of a damaged store.
    if (now.empty() && parts_.empty()) deletes_.clear();
    return now;
  }

  const crdt::DecodedUpdate& update_;
  const PiecePlan& plan_;
  crdt::DeleteSet deletes_;  // that are in no piece yet
  std::map<ClientId, Source> sources_;
  std::map<ClientId, std::vector<Part>> parts_;  // of the piece that is being made
  std::size_t bytes_ = 0;
  std::vector<Bytes> pieces_;
};

}  // namespace

Result<std::vector<Bytes>> cut_update(ByteView update, const PiecePlan& plan) {
  crdt::DecodedUpdate decoded;
  if (auto ok = crdt::decode_update(update, crdt::UpdateVersion::kV1, decoded); !ok)
    return std::unexpected(std::move(ok.error()));
  return Cutter(decoded, plan).run();
}

}  // namespace syncline::migrate
