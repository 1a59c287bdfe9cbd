#include "cli/load/hostile/crowd.h"

#include <algorithm>

namespace syncline::cli {

void Crowd::tick(std::uint64_t now_us) {
  std::erase_if(peers_, [](const std::unique_ptr<Peer>& peer) { return peer->has_ended(); });
  const std::uint64_t most = std::min(size_.peers, field_.ground.connections);
  for (std::uint64_t due = pace_.take(now_us); due > 0 && peers_.size() < most; --due) {
    peers_.push_back(make_(field_));
    peers_.back()->begin();
  }
  for (const auto& peer : peers_) peer->tick(now_us);
}

}  // namespace syncline::cli
