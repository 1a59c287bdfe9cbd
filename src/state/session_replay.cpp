#include "state/session_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>

#include "log/session_record.h"

namespace syncline::state {

Result<void> SessionReplay::take(const log::Event& event) {
  const std::size_t principal = std::hash<std::string>{}(event.principal);
  if (event.session_at > 0) {
    const auto found = std::ranges::lower_bound(records_, event.session_at, {},
                                                &std::pair<log::Position, std::size_t>::first);
    if (found == records_.end() || found->first != event.session_at)
      return fail(
          ErrorCode::kInvalid,
          fmt::format("it names a session record at {}, where there is none", event.session_at));
    if (found->second != principal)
      return fail(ErrorCode::kInvalid,
                  fmt::format("it names the session record at {}, which is of somebody else",
                              event.session_at));
  }
  if (event.kind != log::EventKind::kSession) return {};
  records_.emplace_back(event.position, principal);
  if (event.dropped_payload) return {};
  const auto record = log::session_in(event);
  // A later version of the server may write more.
  if (!record && record.error().code != ErrorCode::kUnsupported)
    return std::unexpected(record.error());
  return {};
}

}  // namespace syncline::state
