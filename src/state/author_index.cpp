#include "state/author_index.h"

#include <algorithm>

namespace syncline::state {

void AuthorIndex::note(const merge::ObjectType& type, const log::Event& event,
                       bool any_generation) {
  position_ = event.position;
  if (event.kind != log::EventKind::kChange) return;
  if (!any_generation && std::max<std::uint64_t>(event.generation, 1) != generation_) {
    skipped_ = true;
    return;
  }
  const auto ids = type.ids_of(event.intent);
  if (!ids || ids->empty()) return;
  entries_.push_back({event.position, event.accepted_ms(), who(event)});
  for (const merge::IdRange& range : *ids)
    own(clients_[range.client], range.clock, range.clock + range.length);
}

std::uint32_t AuthorIndex::who(const log::Event& event) {
  const auto [known, is_new] =
      known_.try_emplace({event.principal, event.actor}, static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.push_back(&known->first);
  return known->second;
}

// Gives [begin, end) to the last entry, except the parts that have one.
void AuthorIndex::own(std::vector<Range>& ranges, crdt::Clock begin, crdt::Clock end) {
  const auto entry = static_cast<std::uint32_t>(entries_.size() - 1);
  auto next = ranges.empty() || ranges.back().end <= begin
                  ? ranges.end()
                  : std::ranges::upper_bound(ranges, begin, {}, &Range::end);
  while (begin < end) {
    const crdt::Clock stop = next == ranges.end() ? end : std::min(end, next->begin);
    if (begin < stop) {
      next = std::next(ranges.insert(next, {begin, stop, entry}));
      ++ranges_;
    }
    if (next == ranges.end()) return;
    begin = std::max(begin, next->end);
    ++next;
  }
}

AuthorIndex::Found AuthorIndex::find(crdt::ClientId client, crdt::Clock clock,
                                     crdt::Clock limit) const {
  const auto ranges = clients_.find(client);
  if (ranges == clients_.end()) return {{}, limit};
  const auto next = std::ranges::upper_bound(ranges->second, clock, {}, &Range::end);
  if (next == ranges->second.end()) return {{}, limit};
  if (next->begin > clock) return {{}, std::min(limit, next->begin)};
  const Entry& entry = entries_[next->entry];
  const Who& who = *names_[entry.who];
  return {{entry.position, entry.accepted_ms, &who.first, &who.second}, std::min(limit, next->end)};
}

std::size_t AuthorIndex::memory_bytes() const {
  return sizeof(*this) + ranges_ * sizeof(Range) + entries_.capacity() * sizeof(Entry) +
         clients_.size() * 64 + known_.size() * 128;
}

std::shared_ptr<AuthorIndexes::Kept> AuthorIndexes::get(const std::string& workspace,
                                                        const std::string& object) {
  const auto [found, is_new] = places_.try_emplace({workspace, object});
  Place& place = found->second;
  if (is_new) {
    place.kept = std::make_shared<Kept>();
    place.use = uses_.insert(uses_.end(), found->first);
  } else {
    uses_.splice(uses_.end(), uses_, place.use);
  }
  return place.kept;
}

std::shared_ptr<AuthorIndexes::Kept> AuthorIndexes::renew(const std::string& workspace,
                                                          const std::string& object) {
  if (const auto found = places_.find({workspace, object}); found != places_.end()) drop(found);
  return get(workspace, object);
}

void AuthorIndexes::grown(const std::string& workspace, const std::string& object) {
  if (const auto found = places_.find({workspace, object}); found != places_.end()) {
    Kept& kept = *found->second.kept;
    bytes_ -= kept.counted;
    bytes_ += kept.counted = kept.index.memory_bytes();
  }
  while (bytes_ > budget_bytes_ && !uses_.empty()) drop(places_.find(uses_.front()));
  charge_.set(bytes_);
}

void AuthorIndexes::drop(std::map<Key, Place>::iterator place) {
  bytes_ -= place->second.kept->counted;
  uses_.erase(place->second.use);
  places_.erase(place);
}

}  // namespace syncline::state
