#include "workspace/session_records.h"

#include <functional>
#include <string_view>
#include <utility>

#include "identity/recorded_session.h"
#include "log/session_record.h"

namespace syncline::workspace {
namespace {

std::string key_of_record(const identity::Caller& caller, ByteView record) {
  std::string key = caller.principal.id;
  key += '\0';
  key += as_text(record);
  return key;
}

}  // namespace

SessionRecords::Recent& SessionRecords::place_of(const identity::Caller& caller) {
  return recent_[std::hash<std::string_view>{}(caller.actor) % recent_.size()];
}

SessionRecords::Found SessionRecords::find(const identity::Caller& caller, std::uint64_t now_ms) {
  // A single request has no actor, and is known by its record alone.
  const Recent& recent = place_of(caller);
  if (!caller.actor.empty() && recent.position > 0 && recent.actor == caller.actor &&
      recent.identity == caller.principal.identity && recent.rights == caller.rights &&
      recent.principal == caller.principal.id && now_ms < recent.until_ms)
    return {.position = recent.position};
  Bytes record = log::encode_session(identity::record_of(caller));
  const auto found = known_.find(key_of_record(caller, record));
  if (found == known_.end() || now_ms >= found->second.until_ms)
    return {.record = std::move(record)};
  note(caller, found->second);
  return {.position = found->second.position};
}

void SessionRecords::add(const identity::Caller& caller, ByteView record, log::Position position,
                         std::uint64_t now_ms) {
  // Whoever is forgotten is recorded again.
  if (known_.size() >= kMostKnown) known_.clear();
  const Known known{position, now_ms + kAgainMs};
  known_.insert_or_assign(key_of_record(caller, record), known);
  note(caller, known);
}

void SessionRecords::note(const identity::Caller& caller, const Known& known) {
  if (caller.actor.empty()) return;
  place_of(caller) = {.identity = caller.principal.identity,
                      .rights = caller.rights,
                      .principal = caller.principal.id,
                      .actor = caller.actor,
                      .position = known.position,
                      .until_ms = known.until_ms};
}

}  // namespace syncline::workspace
