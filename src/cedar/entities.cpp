#include "cedar/entities.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace syncline::cedar {

namespace {

constexpr std::size_t kFewAncestors = 8;

bool uid_before(const Uid* a, const Uid* b) {
  return compare(*a, *b) < 0;
}

bool same_uids(std::span<const Uid* const> a, std::span<const Uid* const> b) {
  return std::ranges::equal(a, b, [](const Uid* x, const Uid* y) { return same(*x, *y); });
}

// Sorted, each once.
std::vector<const Uid*> distinct_uids(std::vector<const Uid*> uids) {
  std::ranges::sort(uids, uid_before);
  const auto rest =
      std::ranges::unique(uids, [](const Uid* a, const Uid* b) { return same(*a, *b); });
  uids.erase(rest.begin(), rest.end());
  return uids;
}

}  // namespace

bool Entity::is_in(const Uid& other) const {
  if (ancestors.size() <= kFewAncestors) {
    return std::ranges::any_of(ancestors, [&](const Uid* each) { return same(*each, other); });
  }
  return std::ranges::binary_search(ancestors, &other, uid_before);
}

const Entity* Entities::find(const Uid& uid) const {
  if (!slots_.empty()) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = uid.hash & mask; slots_[at] != nullptr; at = (at + 1) & mask) {
      if (same(*slots_[at]->uid, uid)) return slots_[at];
    }
  }
  return below_ == nullptr ? nullptr : below_->find(uid);
}

EntitiesBuilder::EntitiesBuilder(const EntitySource* below)
    : arena_(std::make_unique<Arena>()), below_(below), empty_(make_record(*arena_, {})) {}

Entity* EntitiesBuilder::own(const Uid& uid) const {
  const auto [first, last] = by_hash_.equal_range(uid.hash);
  for (auto at = first; at != last; ++at) {
    if (same(*at->second->uid, uid)) return at->second;
  }
  return nullptr;
}

Result<void> EntitiesBuilder::add(const Uid* uid, const Record* attributes, const Record* tags,
                                  std::span<const Uid* const> parents) {
  if (attributes == nullptr) attributes = empty_;
  if (tags == nullptr) tags = empty_;
  const std::vector<const Uid*> sorted = distinct_uids({parents.begin(), parents.end()});
  if (const Entity* known = own(*uid); known != nullptr) {
    if (same(Value::of(known->attributes), Value::of(attributes)) &&
        same(Value::of(known->tags), Value::of(tags)) && same_uids(known->parents, sorted))
      return {};
    return fail(ErrorCode::kConflict, "the entity " + to_cedar(*uid) + " is there twice");
  }
  Entity* entity = arena_->make<Entity>(uid, attributes, tags, arena_->copy(sorted));
  all_.push_back(entity);
  by_hash_.emplace(uid->hash, entity);
  return {};
}

Result<void> EntitiesBuilder::add_action(const Uid* uid, std::span<const Uid* const> ancestors) {
  return own(*uid) == nullptr ? add(uid, nullptr, nullptr, ancestors) : Result<void>();
}

// Follows the parents of one entity and theirs. Each entity is visited once, so a graph of many paths
// costs no more than its edges; and nothing recurses.
Result<void> EntitiesBuilder::close(Entity& entity) {
  std::vector<const Uid*> found(entity.parents.begin(), entity.parents.end());
  std::vector<const Uid*> open = found;
  std::unordered_multimap<std::uint64_t, const Uid*> seen;
  const auto is_new = [&](const Uid* uid) {
    const auto [first, last] = seen.equal_range(uid->hash);
    if (std::any_of(first, last, [&](const auto& each) { return same(*each.second, *uid); }))
      return false;
    seen.emplace(uid->hash, uid);
    return true;
  };
  for (const Uid* uid : found) is_new(uid);
  while (!open.empty()) {
    const Uid* uid = open.back();
    open.pop_back();
    if (same(*uid, *entity.uid))
      return fail(ErrorCode::kInvalid, "the entity " + to_cedar(*uid) + " is in itself");
    std::span<const Uid* const> next;
    if (const Entity* known = own(*uid); known != nullptr)
      next = known->parents;
    else if (const Entity* other = below_ == nullptr ? nullptr : below_->find(*uid))
      next = other->ancestors;
    for (const Uid* parent : next) {
      if (!is_new(parent)) continue;
      if (++ancestors_ > kMaxAncestors)
        return fail(ErrorCode::kTooLarge, "the entities are in too many others");
      found.push_back(parent);
      open.push_back(parent);
    }
  }
  entity.ancestors = arena_->copy(distinct_uids(std::move(found)));
  return {};
}

Result<Entities> EntitiesBuilder::build() {
  Entities entities;
  for (Entity* entity : all_) {
    if (const auto closed = close(*entity); !closed) return std::unexpected(closed.error());
    entities.all_.push_back(entity);
  }
  if (!all_.empty()) entities.slots_.resize(std::bit_ceil(2 * all_.size()));
  for (const Entity* entity : all_) {
    const std::size_t mask = entities.slots_.size() - 1;
    std::size_t at = entity->uid->hash & mask;
    while (entities.slots_[at] != nullptr) at = (at + 1) & mask;
    entities.slots_[at] = entity;
  }
  entities.arena_ = std::move(arena_);
  entities.below_ = below_;
  return entities;
}

}  // namespace syncline::cedar
