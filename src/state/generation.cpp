#include "state/generation.h"

#include <fmt/format.h>

#include <algorithm>

namespace syncline::state {

Result<void> enter_generation(const merge::TypeRegistry& types, const log::Event& event,
                              std::unique_ptr<merge::Object>& object, std::uint64_t& generation) {
  // Version 1 of the record has no generations; its events belong to the first.
  const std::uint64_t entered = std::max<std::uint64_t>(event.generation, 1);
  if (object != nullptr && entered == generation) {
    if (event.type == object->type().name()) return {};
    return fail(ErrorCode::kCorrupt, fmt::format("it is of type '{}', and its object of type '{}'",
                                                 event.type, object->type().name()));
  }
  if (entered < generation)
    return fail(
        ErrorCode::kCorrupt,
        fmt::format("it is of generation {}, and generation {} has begun", entered, generation));
  const auto type = types.require(event.type);
  if (!type) return std::unexpected(type.error());
  object = (*type)->create();
  generation = entered;
  return {};
}

}  // namespace syncline::state
