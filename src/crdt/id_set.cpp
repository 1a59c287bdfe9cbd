#include "syncline/crdt/id_set.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace syncline::crdt {

namespace {

using Ranges = IdSet::Ranges;

ClockRange range_between(Clock begin, Clock end) {
  return {begin, end - begin};
}

// The first range that ends at or after `clock`. So it is the first that touches a range beginning
// there.
Ranges::iterator first_touching(Ranges& ranges, Clock clock) {
  return std::ranges::lower_bound(ranges, clock, {}, &ClockRange::end);
}

void insert_range(Ranges& ranges, ClockRange range) {
  if (range.len == 0) return;
  if (ranges.empty() || ranges.back().end() < range.clock) {
    ranges.push_back(range);
    return;
  }
  const auto first = first_touching(ranges, range.clock);
  auto last = first;
  Clock begin = range.clock;
  Clock end = range.end();
  for (; last != ranges.end() && last->clock <= end; ++last) {
    begin = std::min(begin, last->clock);
    end = std::max(end, last->end());
  }
  if (first == last) {
    ranges.insert(first, range);
    return;
  }
  *first = range_between(begin, end);
  ranges.erase(std::next(first), last);
}

bool is_normal(const Ranges& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i)
    if (ranges[i].len == 0 || (i != 0 && ranges[i - 1].end() >= ranges[i].clock)) return false;
  return true;
}

// Sorts and merges ranges, so that they satisfy the invariant of IdSet.
void normalize(Ranges& ranges) {
  if (is_normal(ranges)) return;
  std::erase_if(ranges, [](const ClockRange& range) { return range.len == 0; });
  std::ranges::sort(ranges, {}, &ClockRange::clock);
  std::size_t kept = 0;
  for (const ClockRange& range : ranges) {
    if (kept != 0 && ranges[kept - 1].end() >= range.clock) {
      ClockRange& left = ranges[kept - 1];
      left = range_between(left.clock, std::max(left.end(), range.end()));
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

Ranges merged(const Ranges& a, const Ranges& b) {
  Ranges all;
  all.reserve(a.size() + b.size());
  std::ranges::merge(a, b, std::back_inserter(all), {}, &ClockRange::clock, &ClockRange::clock);
  normalize(all);
  return all;
}

// `from` minus everything in `taken`.
Ranges without(const Ranges& from, const Ranges& taken) {
  Ranges left;
  auto hole = taken.begin();
  for (const ClockRange& range : from) {
    Clock begin = range.clock;
    while (hole != taken.end() && hole->end() <= begin) ++hole;
    for (auto it = hole; it != taken.end() && it->clock < range.end(); ++it) {
      if (begin < it->clock) left.push_back(range_between(begin, it->clock));
      begin = std::max(begin, it->end());
    }
    if (begin < range.end()) left.push_back(range_between(begin, range.end()));
  }
  return left;
}

}  // namespace

void IdSet::add(ClientId client, Clock clock, Clock len) {
  if (len != 0) insert_range(clients_[client], {clock, len});
}

void IdSet::add(ClientId client, Ranges ranges) {
  normalize(ranges);
  if (ranges.empty()) return;
  const auto [it, inserted] = clients_.try_emplace(client);
  it->second = inserted ? std::move(ranges) : merged(it->second, ranges);
}

void IdSet::add(const IdSet& other) {
  for (const auto& [client, ranges] : other.clients_) {
    Ranges& mine = clients_[client];
    if (ranges.size() == 1)
      insert_range(mine, ranges.front());
    else
      mine = mine.empty() ? ranges : merged(mine, ranges);
  }
}

IdSet::Ranges IdSet::take(ClientId client) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return {};
  Ranges ranges = std::move(found->second);
  clients_.erase(found);
  return ranges;
}

void IdSet::remove(const IdSet& other) {
  for (const auto& [client, ranges] : other.clients_) {
    const auto mine = clients_.find(client);
    if (mine == clients_.end()) continue;
    mine->second = without(mine->second, ranges);
    if (mine->second.empty()) clients_.erase(mine);
  }
}

bool IdSet::contains(Id id) const {
  const Ranges* ranges = find(id.client);
  if (ranges == nullptr) return false;
  const auto behind = std::ranges::upper_bound(*ranges, id.clock, {}, &ClockRange::clock);
  return behind != ranges->begin() && id.clock < std::prev(behind)->end();
}

const IdSet::Ranges* IdSet::find(ClientId client) const {
  const auto it = clients_.find(client);
  return it == clients_.end() ? nullptr : &it->second;
}

Clock StateVector::get(ClientId client) const {
  const auto it = clients_.find(client);
  return it == clients_.end() ? 0 : it->second;
}

void StateVector::set(ClientId client, Clock clock) {
  if (clock == 0)
    clients_.erase(client);
  else
    clients_[client] = clock;
}

void StateVector::raise(ClientId client, Clock clock) {
  if (clock == 0) return;
  Clock& mine = clients_[client];
  mine = std::max(mine, clock);
}

bool StateVector::covers(const StateVector& other) const {
  return std::ranges::all_of(
      other.clients_, [this](const auto& entry) { return get(entry.first) >= entry.second; });
}

}  // namespace syncline::crdt
