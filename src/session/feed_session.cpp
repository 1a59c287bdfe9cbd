#include "session/feed_session.h"

#include "base/qualified_name.h"

namespace syncline::session {

Result<void> FeedSession::take_place() {
  // The token was judged on another loop.
  if (auto valid = seat_.check(caller_.principal, host_.scheduler()); !valid) return valid;
  auto place = host_.take_place(workspace_);
  if (!place) return std::unexpected(std::move(place.error()));
  place_ = *std::move(place);
  seat_.take(*this);
  life_ = TokenLife::watch(host_.scheduler(), caller_.principal, *this);
  return {};
}

SessionInfo FeedSession::info_about(std::string_view protocol, const std::string& object) const {
  return {.protocol = protocol,
          .workspace = std::string(split_name(workspace_).workspace),
          .address = caller_.peer,
          .documents = {{.object = object, .principal = caller_.principal}}};
}

void FeedSession::kick() {
  if (ended_) return;
  ++counters_.ended_kicked;
  finish(std::unexpected(kicked()));
}

void FeedSession::end_revoked(const identity::Revocations& revocations) {
  if (ended_) return;
  const auto valid = revocations.check(caller_.principal);
  if (valid) return;
  ++counters_.ended_revoked;
  finish(std::unexpected(valid.error()));
}

void FeedSession::look_again(const identity::Revocations& outdated) {
  if (ended_ || outdated.check(caller_.principal)) return;
  ++counters_.ended_outdated;
  finish(std::unexpected(outdated_token()));
}

void FeedSession::token_expired() {
  if (ended_) return;
  ++counters_.ended_expired;
  finish(std::unexpected(expired_token()));
}

}  // namespace syncline::session
