#include "streams/change.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "streams/fork_codec.h"

namespace syncline::streams {
namespace {

enum Kind : std::uint8_t { kCreate = 1, kAppend = 2, kRefer = 3, kHide = 4 };

// Flags of a beginning, and of an append.
constexpr std::uint64_t kCloses = 1;
constexpr std::uint64_t kTtl = 2;
constexpr std::uint64_t kExpires = 4;
constexpr std::uint64_t kForked = 8;
constexpr std::uint64_t kProducer = 2;
constexpr std::uint64_t kSequence = 4;
constexpr std::uint64_t kTime = 8;
constexpr std::uint64_t kAllOfBoth = 15;

void write_config(ByteWriter& out, const StreamConfig& config) {
  out.var_string(config.content_type);
  if (config.ttl_s) out.var_uint(*config.ttl_s);
  if (config.expires_at_ms) out.var_uint(*config.expires_at_ms);
}

ByteView rest_of(ByteReader& in, ByteView all) {
  return in.ok() ? all.subspan(in.position()) : ByteView();
}

Result<StreamChange> read_create(ByteReader& in, ByteView all) {
  CreateStream change;
  const std::uint64_t flags = in.var_uint();
  if (flags > kAllOfBoth) in.fail();
  change.closed = (flags & kCloses) != 0;
  change.config.content_type = in.var_string();
  if ((flags & kTtl) != 0) change.config.ttl_s = in.var_uint();
  if ((flags & kExpires) != 0) change.config.expires_at_ms = in.var_uint();
  change.unix_ms = in.var_uint();
  if ((flags & kForked) != 0) change.fork = read_fork(in);
  change.content = rest_of(in, all);
  if (change.config.content_type.empty() ||
      change.config.content_type.size() > kMostContentTypeBytes)
    in.fail();
  return change;
}

Result<StreamChange> read_append(ByteReader& in, ByteView all) {
  Append change;
  const std::uint64_t flags = in.var_uint();
  if (flags > kAllOfBoth) in.fail();
  change.closes = (flags & kCloses) != 0;
  if ((flags & kProducer) != 0) {
    ProducerMark& producer = change.producer.emplace();
    producer.id = in.var_string();
    producer.epoch = in.var_uint();
    producer.seq = in.var_uint();
    if (producer.id.empty() || producer.id.size() > kMostProducerIdBytes ||
        producer.epoch > kMaxSafeInteger || producer.seq > kMaxSafeInteger)
      in.fail();
  }
  if ((flags & kSequence) != 0) change.stream_seq = in.var_string();
  if (change.stream_seq && change.stream_seq->size() > kMostStreamSeqBytes) in.fail();
  if ((flags & kTime) != 0) change.unix_ms = in.var_uint();
  change.tail = in.var_uint();
  change.content = rest_of(in, all);
  // What has content ends where its event is.
  if (change.content.empty() ? !change.closes : change.tail != 0) in.fail();
  return change;
}

Result<StreamChange> read_refer(ByteReader& in) {
  ReferStream change;
  change.fork = in.var_string();
  change.tail = in.var_uint();
  if (change.fork.empty() || change.fork.size() > kMostNameBytes || !in.at_end()) in.fail();
  return change;
}

}  // namespace

Bytes encode(const CreateStream& change) {
  ByteWriter out;
  out.reserve(change.config.content_type.size() + change.content.size() + 64);
  out.u8(kCreate);
  out.var_uint((change.closed ? kCloses : 0) | (change.config.ttl_s ? kTtl : 0) |
               (change.config.expires_at_ms ? kExpires : 0) | (change.fork ? kForked : 0));
  write_config(out, change.config);
  out.var_uint(change.unix_ms);
  if (change.fork) write_fork(out, *change.fork);
  out.append(change.content);
  return out.take();
}

Bytes encode(const Append& change) {
  ByteWriter out;
  out.reserve(change.content.size() + 64 +
              (change.producer ? change.producer->id.size() : std::size_t{0}));
  out.u8(kAppend);
  out.var_uint((change.closes ? kCloses : 0) | (change.producer ? kProducer : 0) |
               (change.stream_seq ? kSequence : 0) | (change.unix_ms != 0 ? kTime : 0));
  if (change.producer) {
    out.var_string(change.producer->id);
    out.var_uint(change.producer->epoch);
    out.var_uint(change.producer->seq);
  }
  if (change.stream_seq) out.var_string(*change.stream_seq);
  if (change.unix_ms != 0) out.var_uint(change.unix_ms);
  out.var_uint(change.content.empty() ? change.tail : 0);
  out.append(change.content);
  return out.take();
}

Bytes encode(const ReferStream& change) {
  ByteWriter out;
  out.u8(kRefer);
  out.var_string(change.fork);
  out.var_uint(change.tail);
  return out.take();
}

Bytes encode(const HideStream& change) {
  ByteWriter out;
  out.u8(kHide);
  out.var_uint(change.tail);
  return out.take();
}

Result<StreamChange> decode_change(ByteView intent) {
  ByteReader in(intent);
  const std::uint8_t kind = in.u8();
  if (in.ok() && (kind < kCreate || kind > kHide))
    return fail(ErrorCode::kUnsupported, "this build does not know this change of a stream");
  Result<StreamChange> change = HideStream{};
  if (kind == kCreate) change = read_create(in, intent);
  if (kind == kAppend) change = read_append(in, intent);
  if (kind == kRefer) change = read_refer(in);
  if (kind == kHide) {
    change = HideStream{in.var_uint()};
    if (!in.at_end()) in.fail();
  }
  if (!in.ok()) return fail(ErrorCode::kMalformed, "this is no change of a stream");
  return change;
}

ByteView content_of(const StreamChange& change) {
  if (const auto* create = std::get_if<CreateStream>(&change)) return create->content;
  const auto* append = std::get_if<Append>(&change);
  return append == nullptr ? ByteView() : append->content;
}

bool closes(const StreamChange& change) {
  if (const auto* create = std::get_if<CreateStream>(&change)) return create->closed;
  const auto* append = std::get_if<Append>(&change);
  return append != nullptr && append->closes;
}

}  // namespace syncline::streams
