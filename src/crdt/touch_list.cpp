#include "crdt/touch_list.h"

#include <algorithm>
#include <utility>

namespace syncline::crdt {
namespace {

// The same operation on a whole type; and on the document.
FoundTouch type_touch(const FoundTouch& touch, TypeIndex type) {
  return {.kind = touch.kind,
          .extent = Touch::Extent::kType,
          .target = {Target::Kind::kType, type},
          .order = touch.order};
}

FoundTouch document_touch(const FoundTouch& touch) {
  return {.kind = touch.kind, .extent = Touch::Extent::kDocument, .order = touch.order};
}

// A number that identifies an operation on a target.
std::uint64_t touch_slot(const FoundTouch& touch) {
  return static_cast<std::uint64_t>(touch.target.index) << 8 |
         static_cast<std::uint64_t>(touch.target.kind) << 4 |
         static_cast<std::uint64_t>(touch.kind);
}

}  // namespace

void TouchList::add(FoundTouch touch) {
  ++calls_;
  if (rules_ == EffectRules::kVersion1) {
    if (found_.size() <= kMaxTouchesVersion1 && !joins_last(touch)) found_.push_back(touch);
    return;
  }
  confine(touch);
  if (is_covered(touch) || joins_last(touch)) return;
  touch.order = static_cast<std::uint32_t>(calls_);
  found_.push_back(touch);
  if (found_.size() >= 2 * Effect::kMaxTouches) coarsen();
}

bool TouchList::joins_last(const FoundTouch& touch) {
  if (found_.empty()) return false;
  FoundTouch& last = found_.back();
  if (last.kind != touch.kind || last.target != touch.target) return false;
  if (last.extent >= Touch::Extent::kType) return true;
  if (touch.extent >= Touch::Extent::kType || last.key != touch.key) return false;
  const bool deletes = touch.kind == Touch::Kind::kDelete;
  const bool precedes = deletes && touch.index + touch.length == last.index;
  if (touch.index != (deletes ? last.index + last.length : last.index) && !precedes) return false;
  if (precedes) last.index = touch.index;
  last.length += touch.length;
  last.extent = std::max(last.extent, touch.extent);
  return true;
}

// True if a touch that coarsening made already covers this one.
bool TouchList::is_covered(const FoundTouch& touch) const {
  return !covered_.empty() && (covered_.contains(touch_slot(touch)) ||
                               covered_.contains(touch_slot(document_touch(touch))));
}

// Replaces a touch that is too deep, or too far from its root, by one of what is above it.
void TouchList::confine(FoundTouch& touch) {
  if (touch.target.kind != Target::Kind::kType) return;
  const std::optional<Way> way = way_to(touch.target.index);
  if (!way) {
    touch = document_touch(touch);
  } else if (way->told != touch.target.index) {
    touch = type_touch(touch, way->told);
  }
}

bool TouchList::goes(TypeIndex type) {
  ++calls_;
  const std::optional<Way> way = way_to(type);
  return way && way->goes;
}

// nullopt: too far from the root.
std::optional<TouchList::Way> TouchList::way_to(TypeIndex type) {
  walked_.clear();
  const Way* above = nullptr;
  while (true) {
    const auto found = ways_.find(type);
    if (found != ways_.end()) {
      above = &found->second;
      break;
    }
    if (steps_ >= kFreeSteps + kStepsPerCall * calls_) return std::nullopt;
    ++steps_;
    walked_.push_back(type);
    const Handle holder = store_.types[type].item;
    if (holder == kNoItem) break;
    type = store_[holder].parent;
  }
  Way way = above != nullptr ? *above : Way{};
  for (auto next = walked_.rbegin(); next != walked_.rend(); ++next) {
    way = way_below(above, *next);
    above = &ways_.emplace(*next, way).first->second;
  }
  return way;
}

// `above` is the way of the type that contains this one; nullptr for a root.
TouchList::Way TouchList::way_below(const Way* above, TypeIndex type) const {
  const TypeState& state = store_.types[type];
  if (above == nullptr) {
    const std::size_t name = state.name == kNoKey ? 0 : store_.keys[state.name].size();
    return {.told = type, .path_bytes = name};
  }
  const Item& holder = store_[state.item];
  Way way = *above;
  way.parent = holder.parent;
  ++way.depth;
  way.goes |= !holder.deleted && deletes_.contains(store_.id(holder.id()));
  if (way.depth > Effect::kMaxPathSteps) return way;
  way.told = type;
  way.path_bytes += sizeof(Path::steps[0]);
  if (holder.keyed) way.path_bytes += store_.keys[holder.place].size();
  return way;
}

// ---- too many touches

std::size_t TouchList::depth_of(const FoundTouch& touch) const {
  return touch.target.kind == Target::Kind::kType ? ways_.find(touch.target.index)->second.depth
                                                  : 0;
}

TouchList::Weight TouchList::weight_of(const Level& level) const {
  Weight weight{.touches = level.size()};
  for (const FoundTouch& touch : level) {
    weight.bytes += sizeof(Touch) + touch.key.size();
    if (touch.target.kind == Target::Kind::kType)
      weight.bytes += ways_.find(touch.target.index)->second.path_bytes;
    if (touch.target.kind == Target::Kind::kNewRoot)
      weight.bytes += new_roots_[touch.target.index].size();
  }
  return weight;
}

// Widens each touch with `widen`, and keeps one for each operation and type.
template <typename Widen>
TouchList::Level TouchList::once_each(const Level& level, Widen&& widen) {
  boost::unordered_flat_map<std::uint64_t, std::size_t> places;
  Level wider;
  for (const FoundTouch& touch : level) {
    const FoundTouch wide = widen(touch);
    const auto [place, added] = places.try_emplace(touch_slot(wide), wider.size());
    if (added)
      wider.push_back(wide);
    else
      wider[place->second].order = std::min(wider[place->second].order, wide.order);
  }
  return wider;
}

void TouchList::coarsen() {
  std::vector<Level> levels(1);
  Level document;
  for (const FoundTouch& touch : found_) {
    const std::size_t depth = depth_of(touch);
    if (depth >= levels.size()) levels.resize(depth + 1);
    (touch.extent == Touch::Extent::kDocument ? document : levels[depth]).push_back(touch);
  }
  Weight total = weight_of(found_);
  const auto replace = [&](Level& level, Level wider) {
    const Weight before = weight_of(level);
    const Weight after = weight_of(wider);
    total = {total.touches - before.touches + after.touches,
             total.bytes - before.bytes + after.bytes};
    level = std::move(wider);
  };
  for (std::size_t depth = levels.size(); depth-- > 0 && !total.fits();) {
    Level& level = levels[depth];
    replace(level, once_each(level, [](FoundTouch touch) {
              touch.extent = Touch::Extent::kType;
              touch.key = {};
              touch.index = touch.length = 0;
              return touch;
            }));
    if (total.fits() || depth == 0) break;
    Level& above = levels[depth - 1];
    Level both = above;
    for (const FoundTouch& touch : once_each(level, [&](const FoundTouch& inner) {
           return type_touch(inner, ways_.find(inner.target.index)->second.parent);
         }))
      both.push_back(touch);
    replace(level, {});
    replace(above, std::move(both));
  }
  if (!total.fits()) {
    for (const FoundTouch& touch : levels[0]) document.push_back(document_touch(touch));
    document = once_each(document, [](const FoundTouch& touch) { return touch; });
    levels[0].clear();
  }
  found_ = std::move(document);
  for (const Level& level : levels) found_.insert(found_.end(), level.begin(), level.end());
  std::ranges::sort(found_, {}, &FoundTouch::order);
  for (const FoundTouch& touch : found_)
    if (touch.extent >= Touch::Extent::kType) covered_.insert(touch_slot(touch));
}

// ---- paths

Result<std::vector<Touch>> TouchList::take() {
  if (rules_ == EffectRules::kCurrent && !weight_of(found_).fits()) coarsen();
  std::vector<Touch> touches;
  touches.reserve(found_.size());
  for (const FoundTouch& found : found_) {
    Touch& touch = touches.emplace_back(Touch{.kind = found.kind, .type = {}, .key = {}});
    if (found.extent != Touch::Extent::kDocument && !make_path(found.target, touch.type))
      return fail(ErrorCode::kTooLarge, "the update touches too deep types");
    touch.key = found.key;
    touch.index = found.index;
    touch.length = found.length;
    touch.extent = found.extent;
  }
  return touches;
}

// Makes the path from the type up to its root. False if it is too deep.
bool TouchList::make_path(Target target, Path& path) const {
  while (true) {
    if (path.steps.size() > Effect::kMaxPathSteps) return false;
    if (target.kind == Target::Kind::kBlock) {
      const Place& place = places_[target.index];
      if (place.keyed) {
        path.steps.emplace_back(std::string(place.key));
      } else {
        path.steps.emplace_back(place.position);
      }
      target = place.target;
      continue;
    }
    if (target.kind == Target::Kind::kNewRoot) {
      path.root = new_roots_[target.index];
      break;
    }
    const TypeState& type = store_.types[target.index];
    if (type.item == kNoItem) {
      path.root = store_.keys[type.name];
      break;
    }
    const Item& item = store_[type.item];
    if (item.keyed) {
      path.steps.emplace_back(std::string(store_.keys[item.place]));
    } else {
      path.steps.emplace_back(
          store_.sequences.position(store_.types[item.parent].sequence, type.item));
    }
    target = {Target::Kind::kType, item.parent};
  }
  std::reverse(path.steps.begin(), path.steps.end());
  return true;
}

}  // namespace syncline::crdt
