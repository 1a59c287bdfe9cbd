#include "streams/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/mutation.h"
#include "streams/content_type.h"
#include "streams/fork_codec.h"
#include "syncline/crdt/any.h"

namespace syncline::streams {
namespace {

constexpr std::uint8_t kStreamSnapshotVersion = 2;
constexpr std::uint8_t kSinceForkNotes = 2;

// Flags of a snapshot.
constexpr std::uint64_t kIsClosed = 1;
constexpr std::uint64_t kIsHidden = 2;
constexpr std::uint64_t kHasTtl = 4;
constexpr std::uint64_t kHasExpiry = 8;
constexpr std::uint64_t kHasFork = 16;
constexpr std::uint64_t kHasCloser = 32;
constexpr std::uint64_t kHasSeq = 64;
constexpr std::uint64_t kEndsWithContent = 128;
constexpr std::uint64_t kAllFlags = 255;

// The name of what a policy rules: docs/durable-streams.md.
constexpr std::string_view kStreamRoot = "stream";
constexpr std::string_view kContentRoot = "content";

merge::Touch touch_of_key(std::string_view key) {
  return {.operation = merge::Operation::kSetKey,
          .container = {std::string(kStreamRoot), {}},
          .key = std::string(key)};
}

merge::Touch touch_of_content(std::uint64_t index, std::size_t length) {
  return {.operation = merge::Operation::kInsert,
          .container = {std::string(kContentRoot), {}},
          .index = index,
          .length = length};
}

std::size_t memory_of_fork(const std::string& name) {
  constexpr std::size_t kNode = 96;
  return kNode + name.size();
}

std::unexpected<Error> no_stream() {
  return fail(ErrorCode::kNotFound, "there is no such stream");
}

std::unexpected<Error> deleted() {
  return fail(ErrorCode::kGone, "this stream was deleted");
}

class StreamType final : public merge::ObjectType {
 public:
  std::string_view name() const override { return kStreamType; }
  std::span<const std::string_view> faces() const override { return {}; }
  bool can_be_renamed() const override { return false; }
  std::unique_ptr<merge::Object> create() const override { return std::make_unique<Stream>(); }
  Result<std::unique_ptr<merge::Object>> restore(ByteView snapshot) const override {
    auto stream = std::make_unique<Stream>();
    if (auto restored = stream->restore(snapshot); !restored)
      return std::unexpected(std::move(restored.error()));
    return stream;
  }
};

}  // namespace

// ---- judging

AppendVerdict Stream::judge(const Append& append, std::string_view content_type) const {
  using Kind = AppendVerdict::Kind;
  AppendVerdict verdict;
  if (closed_) {
    const bool same = append.producer && append.producer == closed_by_;
    if (append.producer) verdict.producer = producers_.judge(*append.producer);
    if (same)
      verdict.kind = Kind::kDuplicate;
    else
      verdict.kind = append.content.empty() && append.closes && !append.producer
                         ? Kind::kClosedBefore
                         : Kind::kClosed;
    return verdict;
  }
  if (!append.content.empty() && essence_of(content_type) != essence_of(config_.content_type))
    return {Kind::kOtherType};
  if (append.producer) {
    verdict.producer = producers_.judge(*append.producer);
    switch (verdict.producer.judgement) {
      case Producers::Judgement::kNew: break;
      case Producers::Judgement::kDuplicate: verdict.kind = Kind::kDuplicate; return verdict;
      case Producers::Judgement::kStaleEpoch: verdict.kind = Kind::kStaleEpoch; return verdict;
      case Producers::Judgement::kBadFirst: verdict.kind = Kind::kBadFirst; return verdict;
      case Producers::Judgement::kGap: verdict.kind = Kind::kGap; return verdict;
    }
  }
  if (append.stream_seq && any_seq_ && *append.stream_seq <= stream_seq_)
    verdict.kind = Kind::kNotBehind;
  return verdict;
}

// ---- preparing

const merge::ObjectType& Stream::type() const {
  return stream_type();
}

Result<bool> Stream::admit(const StreamChange& change) const {
  return std::visit([this](const auto& one) { return admit_one(one); }, change);
}

// Who asks for what is there already changes nothing. The content that it would begin with does not count.
Result<bool> Stream::admit_one(const CreateStream& change) const {
  if (!exists()) return true;
  const bool same = !hidden_ && change.closed == closed_ &&
                    essence_of(change.config.content_type) == essence_of(config_.content_type) &&
                    change.config.ttl_s == config_.ttl_s &&
                    change.config.expires_at_ms == config_.expires_at_ms &&
                    (change.fork ? std::optional(change.fork->from) : std::nullopt) ==
                        (fork_ ? std::optional(fork_->from) : std::nullopt);
  if (same) return false;
  return fail(ErrorCode::kConflict, "there is another stream of that name already");
}

Result<bool> Stream::admit_one(const Append& change) const {
  if (!exists()) return no_stream();
  if (hidden_) return deleted();
  using Kind = AppendVerdict::Kind;
  const Kind kind = judge(change, config_.content_type).kind;
  if (kind == Kind::kDuplicate || kind == Kind::kClosedBefore) return false;
  if (kind == Kind::kAccepted) return true;
  return fail(ErrorCode::kConflict, "the stream does not take this append");
}

Result<bool> Stream::admit_one(const ReferStream& change) const {
  if (!exists()) return no_stream();
  if (hidden_) return deleted();
  if (forks_.contains(change.fork)) return false;
  if (forks_.size() >= kMostForks)
    return fail(ErrorCode::kTooLarge, fmt::format("a stream has at most {} forks", kMostForks));
  return true;
}

Result<bool> Stream::admit_one(const HideStream&) const {
  if (!exists()) return no_stream();
  return !hidden_;
}

Result<bool> Stream::admit_one(const ConfirmFork& change) const {
  if (!exists()) return no_stream();
  if (hidden_) return deleted();
  if (forks_.contains(change.fork)) return true;
  return fail(ErrorCode::kConflict, "the stream does not know of this fork");
}

Result<bool> Stream::admit_one(const ForgetForks& change) const {
  if (!exists()) return no_stream();
  return std::ranges::any_of(change.forks, [&](const auto& fork) { return forks_.contains(fork); });
}

Result<merge::Prepared> Stream::prepare(ByteView intent) const {
  const auto change = decode_change(intent);
  if (!change) return std::unexpected(change.error());
  const auto changes = admit(*change);
  if (!changes) return std::unexpected(changes.error());
  merge::Prepared prepared;
  prepared.changes = *changes;
  if (!*changes) return prepared;
  auto& touches = prepared.effect.touches;
  if (std::holds_alternative<CreateStream>(*change)) touches.push_back(touch_of_key("config"));
  const ByteView content = content_of(*change);
  if (!content.empty()) touches.push_back(touch_of_content(bytes_, content.size()));
  if (closes(*change)) touches.push_back(touch_of_key("closed"));
  const bool of_forks = std::holds_alternative<ReferStream>(*change) ||
                        std::holds_alternative<ConfirmFork>(*change) ||
                        std::holds_alternative<ForgetForks>(*change);
  if (of_forks) touches.push_back(touch_of_key("forks"));
  if (std::holds_alternative<HideStream>(*change)) touches.push_back(touch_of_key("deleted"));
  return prepared;
}

// ---- applying

Result<void> Stream::apply(ByteView recorded) {
  const auto change = decode_change(recorded);
  if (!change) return std::unexpected(change.error());
  const auto changes = admit(*change);
  if (!changes) return std::unexpected(changes.error());
  if (*changes) std::visit([this](const auto& one) { take(one); }, *change);
  return {};
}

void Stream::add(ByteView content, Offset tail) {
  ends_with_content_ = !content.empty();
  tail_ = tail;
  bytes_ += content.size();
  appends_ += content.empty() ? 0 : 1;
}

void Stream::take(const CreateStream& change) {
  config_ = change.config;
  closed_ = change.closed;
  fork_ = change.fork;
  if (config_.ttl_s) written_ms_ = change.unix_ms;
  const bool inherits = fork_ && !fork_->parts.empty();
  add(change.content, inherits ? fork_->parts.back().end() : 0);
}

void Stream::take(const Append& change) {
  if (change.producer) producers_.take(*change.producer);
  if (change.stream_seq) {
    stream_seq_ = *change.stream_seq;
    any_seq_ = true;
  }
  if (config_.ttl_s) written_ms_ = std::max(written_ms_, change.unix_ms);
  if (change.closes) {
    closed_ = true;
    closed_by_ = change.producer;
  }
  add(change.content, change.tail);
}

void Stream::take(const ReferStream& change) {
  ++fork_notes_;
  fork_bytes_ += memory_of_fork(change.fork);
  forks_.insert(change.fork);
  add({}, change.tail);
}

void Stream::take(const HideStream& change) {
  hidden_ = true;
  add({}, change.tail);
}

void Stream::take(const ConfirmFork& change) {
  ++fork_notes_;
  add({}, change.tail);
}

void Stream::take(const ForgetForks& change) {
  ++fork_notes_;
  for (const std::string& fork : change.forks)
    if (forks_.erase(fork) > 0) fork_bytes_ -= memory_of_fork(fork);
  add({}, change.tail);
}

// ---- the state as bytes

Bytes Stream::snapshot() const {
  ByteWriter out;
  out.u8(kStreamSnapshotVersion);
  out.var_uint((closed_ ? kIsClosed : 0) | (hidden_ ? kIsHidden : 0) |
               (config_.ttl_s ? kHasTtl : 0) | (config_.expires_at_ms ? kHasExpiry : 0) |
               (fork_ ? kHasFork : 0) | (closed_by_ ? kHasCloser : 0) | (any_seq_ ? kHasSeq : 0) |
               (ends_with_content_ ? kEndsWithContent : 0));
  out.var_string(config_.content_type);
  if (config_.ttl_s) out.var_uint(*config_.ttl_s);
  if (config_.expires_at_ms) out.var_uint(*config_.expires_at_ms);
  if (fork_) write_fork(out, *fork_);
  if (closed_by_) {
    out.var_string(closed_by_->id);
    out.var_uint(closed_by_->epoch);
    out.var_uint(closed_by_->seq);
  }
  if (any_seq_) out.var_string(stream_seq_);
  for (const std::uint64_t number : {tail_, written_ms_, bytes_, appends_}) out.var_uint(number);
  out.var_uint(forks_.size());
  for (const std::string& fork : forks_) out.var_string(fork);
  producers_.write(out);
  out.var_uint(fork_notes_);
  return out.take();
}

void Stream::read_state(ByteReader& in, std::uint8_t version) {
  const std::uint64_t flags = in.var_uint();
  if (flags > kAllFlags) in.fail();
  closed_ = (flags & kIsClosed) != 0;
  hidden_ = (flags & kIsHidden) != 0;
  ends_with_content_ = (flags & kEndsWithContent) != 0;
  config_.content_type = in.var_string();
  if (config_.content_type.size() > kMostContentTypeBytes) in.fail();
  if ((flags & kHasTtl) != 0) config_.ttl_s = in.var_uint();
  if ((flags & kHasExpiry) != 0) config_.expires_at_ms = in.var_uint();
  if ((flags & kHasFork) != 0) fork_ = read_fork(in);
  if ((flags & kHasCloser) != 0) {
    ProducerMark& closer = closed_by_.emplace();
    closer.id = in.var_string();
    closer.epoch = in.var_uint();
    closer.seq = in.var_uint();
  }
  any_seq_ = (flags & kHasSeq) != 0;
  if (any_seq_) stream_seq_ = in.var_string();
  for (std::uint64_t* number : {&tail_, &written_ms_, &bytes_, &appends_}) *number = in.var_uint();
  const std::uint64_t forks = in.var_uint();
  if (forks > kMostForks) in.fail();
  for (std::uint64_t i = 0; i < forks && in.ok(); ++i) {
    std::string fork(in.var_string());
    if (fork.size() > kMostNameBytes) in.fail();
    fork_bytes_ += memory_of_fork(fork);
    if (!forks_.insert(std::move(fork)).second) in.fail();
  }
  producers_.read(in);
  if (version >= kSinceForkNotes) fork_notes_ = in.var_uint();
}

Result<void> Stream::restore(ByteView snapshot) {
  ByteReader in(snapshot);
  const std::uint8_t version = in.u8();
  if (in.ok() && (version == 0 || version > kStreamSnapshotVersion))
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("this build does not know snapshots of streams of version {}", version));
  read_state(in, version);
  if (is_mutated(Mutation::forget_producers)) producers_ = Producers();
  if (is_mutated(Mutation::reopen_stream)) closed_ = false;
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::kMalformed, "a snapshot of a stream is cut short, or bytes follow it");
  return {};
}

std::string Stream::to_json() const {
  using crdt::Any;
  Any::Object json{{"content_type", Any(config_.content_type)},
                   {"closed", Any(closed_)},
                   {"deleted", Any(hidden_)},
                   {"bytes", Any(static_cast<double>(bytes_))},
                   {"appends", Any(static_cast<double>(appends_))},
                   {"producers", Any(static_cast<double>(producers_.size()))}};
  if (config_.ttl_s) json.emplace_back("ttl_s", Any(static_cast<double>(*config_.ttl_s)));
  if (config_.expires_at_ms)
    json.emplace_back("expires_at_ms", Any(static_cast<double>(*config_.expires_at_ms)));
  if (fork_) json.emplace_back("forked_from", Any(fork_->from.source));
  return crdt::to_json(Any(std::move(json)));
}

std::size_t Stream::memory_bytes() const {
  std::size_t bytes = sizeof *this + config_.content_type.size() + stream_seq_.size() +
                      fork_bytes_ + producers_.memory_bytes();
  if (fork_)
    for (const Inherited& part : fork_->parts) bytes += sizeof part + part.object.size();
  return bytes;
}

// ---- the type

const merge::ObjectType& stream_type() {
  static const StreamType type;
  return type;
}

const Stream* as_stream(const merge::Object& object) {
  return dynamic_cast<const Stream*>(&object);
}

}  // namespace syncline::streams
