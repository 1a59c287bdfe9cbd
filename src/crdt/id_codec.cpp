#include "crdt/id_codec.h"

#include <algorithm>
#include <limits>
#include <ranges>

#include "crdt/update_writer.h"

namespace syncline::crdt {

namespace {

std::unexpected<Error> too_large() {
  return fail(ErrorCode::kTooLarge, "update: a clock beyond 32 bits");
}

std::unexpected<Error> malformed(std::string message) {
  return fail(ErrorCode::kMalformed, std::move(message));
}

Result<IdSet::Ranges> read_ranges(ByteReader& in, UpdateVersion version) {
  IdSet::Ranges ranges;
  const std::uint64_t count = in.var_uint();
  ranges.reserve(std::min<std::uint64_t>(count, in.remaining() / 2));
  std::uint64_t end = 0;  // the end of the range before
  for (std::uint64_t left = count; left != 0 && in.ok(); --left) {
    std::uint64_t clock = in.var_uint();
    std::uint64_t len = in.var_uint();
    if (version == UpdateVersion::kV2) {
      clock += end;
      len += 1;
    }
    end = clock + len;
    if (end > kMaxClock) return too_large();
    ranges.push_back({static_cast<Clock>(clock), static_cast<Clock>(len)});
  }
  return ranges;
}

}  // namespace

void write_state_vector(const StateVector& vector, ByteWriter& out) {
  out.var_uint(vector.clients().size());
  for (const auto& [client, clock] : vector.clients() | std::views::reverse) {
    out.var_uint(client);
    out.var_uint(clock);
  }
}

Result<StateVector> read_state_vector(ByteReader& in) {
  StateVector vector;
  for (std::uint64_t left = in.var_uint(); left != 0 && in.ok(); --left) {
    const ClientId client = in.var_uint();
    const std::uint64_t clock = in.var_uint();
    if (clock > kMaxClock) return too_large();
    if (in.ok()) vector.set(client, static_cast<Clock>(clock));
  }
  if (!in.ok()) return malformed("state vector: truncated, or a number out of range");
  return vector;
}

void write_delete_set(const DeleteSet& deletes, UpdateVersion version, ByteWriter& out) {
  DeleteSetWriter writer(out, version);
  writer.begin(deletes.clients().size());
  for (const auto& [client, ranges] : deletes.clients() | std::views::reverse) {
    writer.begin_client(client, ranges.size());
    for (const ClockRange& range : ranges) writer.range(range);
  }
}

Result<void> read_delete_set(ByteReader& in, UpdateVersion version, DeleteSet& deletes) {
  for (std::uint64_t left = in.var_uint(); left != 0 && in.ok(); --left) {
    const ClientId client = in.var_uint();
    Result<IdSet::Ranges> ranges = read_ranges(in, version);
    if (!ranges) return std::unexpected(std::move(ranges.error()));
    if (deletes.find(client) != nullptr) return malformed("delete set: a client comes twice");
    if (in.ok()) deletes.add(client, std::move(*ranges));
  }
  if (!in.ok()) return malformed("delete set: truncated, or a number out of range");
  return {};
}

Bytes encode_state_vector(const StateVector& vector) {
  ByteWriter out;
  write_state_vector(vector, out);
  return out.take();
}

Result<StateVector> decode_state_vector(ByteView bytes) {
  ByteReader in(bytes);
  Result<StateVector> vector = read_state_vector(in);
  if (vector && !in.at_end()) return malformed("state vector: bytes behind its end");
  return vector;
}

Bytes encode_delete_set(const DeleteSet& deletes, UpdateVersion version) {
  ByteWriter out;
  write_delete_set(deletes, version, out);
  return out.take();
}

Result<DeleteSet> decode_delete_set(ByteView bytes, UpdateVersion version) {
  ByteReader in(bytes);
  DeleteSet deletes;
  if (Result<void> read = read_delete_set(in, version, deletes); !read)
    return std::unexpected(std::move(read.error()));
  if (!in.at_end()) return malformed("delete set: bytes behind its end");
  return deletes;
}

}  // namespace syncline::crdt
