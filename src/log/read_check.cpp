#include "log/read_check.h"

#include <fmt/format.h>

#include "base/mutation.h"

namespace syncline::log {

Result<Event> decode_stored(std::string_view workspace, Position position, ByteView record) {
  Result<Event> event = decode_event(record);
  if (!event) {
    const ErrorCode code = event.error().code == ErrorCode::kUnsupported ? ErrorCode::kUnsupported
                                                                         : ErrorCode::kCorrupt;
    return fail(code, fmt::format("workspace {}, event {}: {}", workspace, position,
                                  event.error().message));
  }
  if (event->position != position)
    return fail(ErrorCode::kCorrupt, fmt::format("workspace {}, event {}: holds the record of {}",
                                                 workspace, position, event->position));
  return event;
}

Result<void> check_chained(std::string_view workspace, const Event& event, Position last_position,
                           const Hash256& last_hash) {
  if (is_mutated(Mutation::skip_chain_check)) return {};
  if (event.position != last_position + 1)
    return fail(ErrorCode::kCorrupt,
                fmt::format("workspace {}, event {}: missing", workspace, last_position + 1));
  if (event.previous_hash != last_hash)
    return fail(ErrorCode::kCorrupt,
                fmt::format("workspace {}, event {}: does not continue the hash of event {}",
                            workspace, event.position, last_position));
  return {};
}

void EventReader::expect_after(Position after, ByteView record) {
  last_ = Link{};
  if (after == 0) return;
  Result<Event> event = decode_stored(workspace_, after, record);
  if (event)
    last_ = Link{after, event->hash};
  else
    error_ = std::move(event.error());
}

bool EventReader::take(Position position, ByteView record) {
  if (error_ || position > limits_.to) return false;
  const bool full =
      events_.size() >= limits_.max_events || bytes_ + record.size() > limits_.max_bytes;
  if (!events_.empty() && full) return false;
  Result<Event> event = decode_stored(workspace_, position, record);
  if (!event) {
    error_ = std::move(event.error());
    return false;
  }
  if (last_) {
    if (auto ok = check_chained(workspace_, *event, last_->position, last_->hash); !ok) {
      error_ = std::move(ok.error());
      return false;
    }
    last_ = Link{event->position, event->hash};
  }
  bytes_ += record.size();
  events_.push_back(std::move(*event));
  return true;
}

Result<std::vector<Event>> EventReader::finish() {
  if (error_) return std::unexpected(std::move(*error_));
  return std::move(events_);
}

}  // namespace syncline::log
