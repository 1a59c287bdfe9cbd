// Stream: the state of a durable stream, which is an object of the type "stream" (merge/object.h).
//
// The state is what appends are judged by: the content type, whether the stream is closed, where it ends, and what its
// producers have appended. The content itself stands in the log alone: whoever reads a stream reads the events of its
// object. So an append costs what it has bytes, and a stream of any length takes little memory.
//
// Where a stream ends. The offset of its end is the position of its last event with content. An event without content
// (a stream is closed) says where the stream ended before it, because an object does not know positions.
//
// docs/durable-streams.md describes streams to users; docs/formats/stream.md has the bytes. Thread-safety: that of
// merge::Object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "merge/object.h"
#include "streams/change.h"
#include "streams/producers.h"

namespace syncline::streams {

inline constexpr std::string_view kStreamType = "stream";

// What an append would be.
struct AppendVerdict {
  enum class Kind : std::uint8_t {
    kAccepted,
    kDuplicate,     // its producer has sent it before
    kClosedBefore,  // it only closes, and the stream is closed
    kClosed,        // the stream is closed
    kOtherType,     // its content type is another one
    kNotBehind,     // its Stream-Seq is not behind the last one
    kStaleEpoch,
    kBadFirst,
    kGap,
  };
  Kind kind = Kind::kAccepted;
  Producers::Verdict producer = {};
};

class Stream final : public merge::Object {
 public:
  Stream() = default;

  // ---- what readers and writers ask

  bool exists() const { return !config_.content_type.empty(); }
  const StreamConfig& config() const { return config_; }
  bool closed() const { return closed_; }
  bool hidden() const { return hidden_; }  // deleted, while forks need it
  const std::optional<Fork>& fork() const { return fork_; }
  // That were begun, or were to begin: they may be gone.
  const std::set<std::string>& forks() const { return forks_; }
  // How many changes were about forks: whoever looks for forks knows by it whether he must look again.
  std::uint64_t fork_notes() const { return fork_notes_; }
  std::uint64_t written_ms() const { return written_ms_; }  // the last write; 0 without a TTL
  // Where it ends; nullopt: at its last event.
  std::optional<Offset> end() const {
    return ends_with_content_ ? std::nullopt : std::optional(tail_);
  }
  // The same, if its last event has that position.
  Offset tail(Offset position) const { return end().value_or(position); }

  // How it judges an append that has content of that type, or none (then the type means nothing).
  AppendVerdict judge(const Append& append, std::string_view content_type) const;

  // ---- merge::Object

  const merge::ObjectType& type() const override;
  Result<merge::Prepared> prepare(ByteView intent) const override;
  Result<void> apply(ByteView recorded) override;
  Bytes snapshot() const override;
  std::string to_json() const override;
  std::size_t memory_bytes() const override;

  // From what snapshot() returned.
  Result<void> restore(ByteView snapshot);

 private:
  // Whether the change fits, and changes anything.
  Result<bool> admit(const StreamChange& change) const;
  Result<bool> admit_one(const CreateStream& change) const;
  Result<bool> admit_one(const Append& change) const;
  Result<bool> admit_one(const ReferStream& change) const;
  Result<bool> admit_one(const HideStream& change) const;
  Result<bool> admit_one(const ConfirmFork& change) const;
  Result<bool> admit_one(const ForgetForks& change) const;
  void take(const CreateStream& change);
  void take(const Append& change);
  void take(const ReferStream& change);
  void take(const HideStream& change);
  void take(const ConfirmFork& change);
  void take(const ForgetForks& change);
  void add(ByteView content, Offset tail);
  void read_state(ByteReader& in, std::uint8_t version);

  StreamConfig config_;  // without a content type: there is no stream yet
  bool closed_ = false;
  bool hidden_ = false;
  std::optional<ProducerMark> closed_by_;
  std::string stream_seq_;
  bool any_seq_ = false;
  bool ends_with_content_ = false;
  Offset tail_ = 0;  // if its last event has no content
  std::uint64_t written_ms_ = 0;
  std::uint64_t bytes_ = 0;    // of its own content
  std::uint64_t appends_ = 0;  // events with content
  std::optional<Fork> fork_;
  std::set<std::string> forks_;
  std::size_t fork_bytes_ = 0;    // memory of the names
  std::uint64_t fork_notes_ = 0;  // changes that were about forks
  Producers producers_;
};

// Stateless; lives as long as the program. Its objects are opened through no face.
const merge::ObjectType& stream_type();

// nullptr: the object is of another type.
const Stream* as_stream(const merge::Object& object);

}  // namespace syncline::streams
