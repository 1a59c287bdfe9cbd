// The part of the group commit that records which changes of named actors the log contains.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "log/actor_store.h"
#include "store/actors.h"
#include "store/group_commit.h"

namespace syncline::store {
namespace {

// Makes room for many new actors at once, because finding the oldest ones reads all.
constexpr std::size_t kForgottenAtOnce = log::kMaxActors / 8;

}  // namespace

// Reads the entries of the actors in an append, before anything of the append is staged.
Result<void> GroupCommit::read_actors(Known& workspace, const AppendRequest& request) {
  for (const log::EncodedEvent& event : request.append.events) {
    if (!event.numbered) continue;
    std::string key = actor_key(workspace.id, event.numbered->by);
    if (workspace.actors.contains(key)) continue;
    auto numbers = kept_actor(tables_, key);
    if (!numbers) return fail_while("workspace " + request.workspace, numbers.error());
    workspace.actors.emplace(std::move(key), std::move(*numbers));
    ++known_actors_;
  }
  return {};
}

// If a principal of a tenant has too many actors, new ones displace those with the oldest events.
Result<void> GroupCommit::make_room_for_actors(Known& workspace, const AppendRequest& request,
                                               Writes& writes) {
  std::map<std::string, std::set<std::string_view>> added;  // by the prefix of their keys
  for (const log::EncodedEvent& event : request.append.events)
    if (event.numbered &&
        workspace.actors.at(actor_key(workspace.id, event.numbered->by)).ranges().empty())
      added[actors_prefix(workspace.id, event.numbered->by)].insert(event.numbered->by.actor);
  for (const auto& [prefix, actors] : added) {
    auto [count, unknown] = workspace.actor_counts.try_emplace(prefix, 0);
    count->second += actors.size();
    if (!unknown && count->second <= log::kMaxActors) continue;
    auto left = forget_actors(workspace, prefix, actors.size(), writes);
    if (!left) return fail_while("workspace " + request.workspace, left.error());
    count->second = *left + actors.size();
  }
  return {};
}

// Makes room for `more` actors. Returns how many are left.
Result<std::size_t> GroupCommit::forget_actors(Known& workspace, const std::string& prefix,
                                               std::size_t more, Writes& writes) {
  std::vector<std::pair<log::Position, std::string>> kept;
  const auto cursor = tables_.cursor(Family::kMeta);
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    std::string key(cursor->key());
    const auto known = workspace.actors.find(key);  // newer than the stored entry
    const auto numbers = known == workspace.actors.end() ? decode_actor(key, cursor->value())
                                                         : std::optional(known->second);
    kept.emplace_back(numbers ? numbers->last_position() : 0, std::move(key));
  }
  if (const auto read = cursor->status(); !read)
    return fail_while("reading what is recorded of actors", read.error());
  if (kept.size() + more <= log::kMaxActors) return kept.size();
  std::ranges::sort(kept);
  const std::size_t forgotten = std::min(kept.size(), std::max(more, kForgottenAtOnce));
  for (const auto& [position, key] : std::span(kept).first(forgotten)) {
    writes.remove(Family::kMeta, key);
    known_actors_ -= workspace.actors.erase(key);
  }
  return kept.size() - forgotten;
}

void GroupCommit::record_actors(Known& workspace, const AppendRequest& request, Writes& writes) {
  std::set<std::string> changed;
  for (const log::EncodedEvent& event : request.append.events) {
    if (!event.numbered) continue;
    const auto& [by, first, last] = *event.numbered;
    std::string key = actor_key(workspace.id, by);
    workspace.actors[key].add(first, last, event.position);
    changed.insert(std::move(key));
  }
  for (const std::string& key : changed)
    writes.put(Family::kMeta, key, encode_actor(key, workspace.actors[key]));
}

}  // namespace syncline::store
