#include "streams/change.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "streams/fork_codec.h"

namespace syncline::streams {
namespace {

enum Kind : std::uint8_t {
  kCreate = 1,
  kAppend = 2,
  kRefer = 3,
  kHide = 4,
  kConfirm = 5,
  kForget = 6,
};

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

std::string read_fork_name(ByteReader& in) {
  std::string name(in.var_string());
  if (name.empty() || name.size() > kMostNameBytes) in.fail();
  return name;
}

// ReferStream, ConfirmFork.
template <typename AboutFork>
AboutFork read_about_fork(ByteReader& in) {
  AboutFork change;
  change.fork = read_fork_name(in);
  change.tail = in.var_uint();
  if (!in.at_end()) in.fail();
  return change;
}

ForgetForks read_forget(ByteReader& in) {
  ForgetForks change;
  const std::uint64_t count = in.var_uint();
  if (count == 0 || count > kMostForks) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) change.forks.push_back(read_fork_name(in));
  change.tail = in.var_uint();
  if (!in.at_end()) in.fail();
  return change;
}

Bytes encode_about_fork(Kind kind, const std::string& fork, Offset tail) {
  ByteWriter out;
  out.u8(kind);
  out.var_string(fork);
  out.var_uint(tail);
  return out.take();
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
  return encode_about_fork(kRefer, change.fork, change.tail);
}

Bytes encode(const ConfirmFork& change) {
  return encode_about_fork(kConfirm, change.fork, change.tail);
}

Bytes encode(const ForgetForks& change) {
  ByteWriter out;
  out.u8(kForget);
  out.var_uint(change.forks.size());
  for (const std::string& fork : change.forks) out.var_string(fork);
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
  if (in.ok() && (kind < kCreate || kind > kForget))
    return fail(ErrorCode::kUnsupported, "this build does not know this change of a stream");
  Result<StreamChange> change = HideStream{};
  if (kind == kCreate) change = read_create(in, intent);
  if (kind == kAppend) change = read_append(in, intent);
  if (kind == kRefer) change = read_about_fork<ReferStream>(in);
  if (kind == kConfirm) change = read_about_fork<ConfirmFork>(in);
  if (kind == kForget) change = read_forget(in);
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
