#include "crdt/update_writer.h"

#include <algorithm>
#include <string>

#include "base/assert.h"
#include "base/utf8.h"
#include "crdt/id_codec.h"
#include "crdt/update_sink.h"

namespace syncline::crdt {

namespace {

// A block without its first `offset` clocks.
class BlockFields {
 public:
  BlockFields(const Block& block, Clock offset) : block_(block), offset_(offset) {
    SYNCLINE_ASSERT(offset < block.len);
  }

  BlockKind kind() const { return block_.kind; }
  Clock len() const { return block_.len - offset_; }
  bool has_origin() const { return block_.has_origin || offset_ != 0; }
  Id origin() const {
    return offset_ == 0 ? block_.origin : Id{block_.client, block_.clock + offset_ - 1};
  }
  bool has_right_origin() const { return block_.has_right_origin; }
  Id right_origin() const { return block_.right_origin; }
  bool has_key() const { return block_.has_parent_sub; }
  bool in_root() const {
    SYNCLINE_ASSERT(block_.parent_kind != ParentKind::kNone);
    return block_.parent_kind == ParentKind::kRoot;
  }
  std::string_view root_name() const { return block_.parent_name; }
  Id holder() const { return block_.parent_id; }
  std::string_view key() const { return block_.parent_sub; }

  std::string_view text(std::string& scratch) const {
    const std::string_view text = as_text(block_.payload);
    if (offset_ == 0) return text;
    bool inside_pair;
    const std::size_t start = utf8_offset(text, offset_, inside_pair);
    if (!inside_pair) return text.substr(start);
    return scratch.assign(kReplacementCharacter).append(text.substr(start + 4));
  }
  ByteView values() const {
    if (offset_ == 0) return block_.payload;
    ByteReader in(block_.payload);
    for (Clock skip = offset_; skip != 0; --skip) scan_any(in);
    return in.rest();
  }
  ByteView value() const { return block_.payload; }
  std::string_view name() const { return block_.name; }
  TypeKind type() const { return block_.type; }

 private:
  const Block& block_;
  Clock offset_;
};

}  // namespace

UpdateWriter::UpdateWriter(UpdateVersion version) {
  if (version == UpdateVersion::kV1)
    v1_ = std::make_unique<V1Sink>();
  else
    v2_ = std::make_unique<V2Sink>();
}

UpdateWriter::UpdateWriter(UpdateWriter&&) noexcept = default;
UpdateWriter& UpdateWriter::operator=(UpdateWriter&&) noexcept = default;
UpdateWriter::~UpdateWriter() = default;

void UpdateWriter::reserve(std::size_t text) {
  // The other fields of a block take about as much as its text, unless that is long.
  constexpr std::size_t kMostOther = std::size_t{1} << 20;
  if (v1_)
    v1_->rest.reserve(text + std::min(text, kMostOther));
  else
    v2_->strings.reserve(text);
}

void UpdateWriter::begin_clients(std::uint64_t clients) {
  (v1_ ? v1_->rest : v2_->rest).var_uint(clients);
}

void UpdateWriter::begin_client(std::uint64_t blocks, ClientId client, Clock first_clock) {
  ByteWriter& rest = v1_ ? v1_->rest : v2_->rest;
  rest.var_uint(blocks);
  if (v1_)
    v1_->client(client);
  else
    v2_->client(client);
  rest.var_uint(first_clock);
}

void UpdateWriter::write(const Block& block, Clock offset) {
  if (v1_)
    write_struct(*v1_, BlockFields(block, offset));
  else
    write_struct(*v2_, BlockFields(block, offset));
}

DeleteSetWriter UpdateWriter::deletes() {
  return v1_ ? DeleteSetWriter(v1_->rest, V1Sink::kVersion)
             : DeleteSetWriter(v2_->rest, V2Sink::kVersion);
}

void UpdateWriter::write_deletes(const DeleteSet& deletes) {
  if (v1_)
    write_delete_set(deletes, V1Sink::kVersion, v1_->rest);
  else
    write_delete_set(deletes, V2Sink::kVersion, v2_->rest);
}

std::size_t UpdateWriter::memory_bytes() const {
  return v1_ ? v1_->memory_bytes() : v2_->memory_bytes();
}

Bytes UpdateWriter::take() {
  Bytes out;
  take(out);
  return out;
}

// The writer stays for the next update. After a large one, its memory is released.
void UpdateWriter::take(Bytes& out) {
  constexpr std::size_t kKeptBytes = std::size_t{64} << 10;
  (v1_ ? v1_->finish() : v2_->finish()).take(out);
  if (v2_ && out.size() > kKeptBytes) v2_ = std::make_unique<V2Sink>();
}

}  // namespace syncline::crdt
