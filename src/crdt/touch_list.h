// TouchList: collects the touches of an update. It stores them by type instead of by path. Only
// when all are collected does it coarsen them, if there are too many, and make the paths of the
// rest.
//
// Coarsening proceeds by level, beginning with the deepest. First the touches of a type become one
// for each operation; then these become touches of the type above; until the rest fits. In the
// extreme case, one touch of the document remains for each operation. So an effect is never refused
// because of its size, and is never incomplete.
//
// Costs: O(1) per touch, and O(1) once for each type on the ways from the touched types to their
// roots. For one update it walks at most kFreeSteps of these steps, plus kStepsPerCall for each
// call. A type that is farther away is represented by the document. So a short update to a document
// that nests millions of types stays cheap. No recursion.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "crdt/block.h"
#include "crdt/effect_rules.h"
#include "crdt/store.h"
#include "syncline/crdt/effect.h"

namespace syncline::crdt {

// A type: one of the document, one that a block of the update creates, or a root that does not
// exist yet.
struct Target {
  enum class Kind : std::uint8_t { kForgotten, kType, kBlock, kNewRoot };
  Kind kind = Kind::kForgotten;
  std::uint32_t index = 0;  // TypeIndex; block; number of a new root
  bool operator==(const Target&) const = default;
};

// The place of a block.
struct Place {
  Target target;
  std::string_view key;
  bool keyed = false;
  std::uint32_t position = 0;  // visible elements before it
};

// A touch without its path.
struct FoundTouch {
  Touch::Kind kind = Touch::Kind::kInsert;
  Touch::Extent extent = Touch::Extent::kPlace;
  Target target;  // kForgotten with Extent::kDocument
  std::string_view key;
  std::uint32_t index = 0;
  std::uint32_t length = 0;
  std::uint32_t order = 0;  // order of arrival
};

class TouchList {
 public:
  static constexpr std::size_t kFreeSteps = 16'384;
  static constexpr std::size_t kStepsPerCall = 16;
  // By the rules of version 1, the log stored no more touches than this. One more says that there
  // were more.
  static constexpr std::size_t kMaxTouchesVersion1 = 256;

  // All arguments must outlive this object. `places` are the places of the update's blocks.
  TouchList(const Store& store, const DeleteSet& deletes, const std::vector<Place>& places,
            const std::vector<std::string_view>& new_roots, EffectRules rules)
      : store_(store), deletes_(deletes), places_(places), new_roots_(new_roots), rules_(rules) {}

  // Adds a touch. One that continues where the last touch ends is merged with it.
  void add(FoundTouch touch);

  // True if the update deletes the item that holds the type, or an item that contains it.
  bool goes(TypeIndex type);

  // Returns the touches. Call it once. kTooLarge only by the rules of version 1: a path is too
  // long.
  Result<std::vector<Touch>> take();

 private:
  // What is known of a type of the document.
  struct Way {
    TypeIndex parent = kNoType;  // kNoType for a root
    TypeIndex told = kNoType;    // the type itself, or the type above it at kMaxPathSteps
    std::uint32_t depth = 0;     // steps from the root
    bool goes = false;
    std::size_t path_bytes = 0;  // length of the path of `told`
  };
  using Level = std::vector<FoundTouch>;  // the touches at one depth
  struct Weight {
    std::size_t touches = 0;
    std::size_t bytes = 0;
    bool fits() const { return touches <= Effect::kMaxTouches && bytes <= Effect::kMaxTouchBytes; }
  };

  bool joins_last(const FoundTouch& touch);
  bool is_covered(const FoundTouch& touch) const;
  void confine(FoundTouch& touch);
  std::optional<Way> way_to(TypeIndex type);
  Way way_below(const Way* above, TypeIndex type) const;
  std::size_t depth_of(const FoundTouch& touch) const;
  Weight weight_of(const Level& level) const;
  void coarsen();
  template <typename Widen>
  static Level once_each(const Level& level, Widen&& widen);
  bool make_path(Target target, Path& path) const;

  const Store& store_;
  const DeleteSet& deletes_;
  const std::vector<Place>& places_;
  const std::vector<std::string_view>& new_roots_;
  EffectRules rules_;
  Level found_;
  boost::unordered_flat_set<std::uint64_t> covered_;  // slots of touches that coarsening has merged
  std::size_t calls_ = 0;
  std::size_t steps_ = 0;          // steps walked so far
  std::vector<TypeIndex> walked_;  // scratch of way_to()
  boost::unordered_flat_map<TypeIndex, Way> ways_;
};

}  // namespace syncline::crdt
