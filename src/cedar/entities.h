// Entities: what policies can know of principals, actions and resources.
//
// `EntitySource` is what an evaluation asks. `Entities` is a fixed table of them, made by an
// `EntitiesBuilder`, which also finds out what each entity is in, directly or through others. A
// table can stand on another source: then it holds only what is new, such as the resource of one
// request.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cedar/text.h"
#include "cedar/value.h"
#include "syncline/error.h"

namespace syncline::cedar {

struct Entity {
  const Uid* uid = nullptr;
  const Record* attributes = nullptr;
  const Record* tags = nullptr;
  std::span<const Uid* const> parents;
  // All that it is in, without itself, in the order of compare(), each once.
  std::span<const Uid* const> ancestors;

  bool is_in(const Uid& other) const;
};

class EntitySource {
 public:
  virtual ~EntitySource() = default;
  // Null if it is not known. The result is valid as long as the source.
  virtual const Entity* find(const Uid& uid) const = 0;
};

// Immutable; can be read from several threads.
class Entities : public EntitySource {
 public:
  Entities() = default;

  const Entity* find(const Uid& uid) const override;
  // Those of this table alone, in no order that means something.
  std::span<const Entity* const> all() const { return all_; }

 private:
  friend class EntitiesBuilder;

  std::unique_ptr<Arena> arena_;
  const EntitySource* below_ = nullptr;
  std::vector<const Entity*> all_;
  std::vector<const Entity*> slots_;  // open addressing; a power of two, at most half full
};

class EntitiesBuilder {
 public:
  // `below` must outlive the entities that are built.
  explicit EntitiesBuilder(const EntitySource* below = nullptr);

  // Where all parts of the entities must live that are added.
  Arena& arena() { return *arena_; }

  // Null for no attributes or tags. kConflict if the entity was added before and is not the same.
  Result<void> add(const Uid* uid, const Record* attributes, const Record* tags,
                   std::span<const Uid* const> parents);

  // An action of a schema, with all that it is in; nothing happens if the entity was added before.
  Result<void> add_action(const Uid* uid, std::span<const Uid* const> ancestors);

  // kInvalid if an entity is in itself, kTooLarge if all entities together are in more than
  // kMaxAncestors. The builder is used up.
  Result<Entities> build();

  static constexpr std::size_t kMaxAncestors = 4 << 20;

 private:
  Entity* own(const Uid& uid) const;
  Result<void> close(Entity& entity);

  std::unique_ptr<Arena> arena_;
  const EntitySource* below_;
  const Record* empty_;
  std::vector<Entity*> all_;
  std::unordered_multimap<std::uint64_t, Entity*> by_hash_;
  std::size_t ancestors_ = 0;
};

}  // namespace syncline::cedar
