// Generations during the replay of an object's events. A generation begins with its first event,
// which fixes its type. The object then starts again, empty.
//
// Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <memory>

#include "log/event.h"
#include "merge/object.h"
#include "merge/type_registry.h"
#include "syncline/error.h"

namespace syncline::state {

// Prepares `object`, which has generation `generation`, for the next event of that object (nullptr
// and 0: nothing was replayed yet).
//   kUnsupported  this build does not know the type of the generation that begins
//   kCorrupt      the event is of an earlier generation, or has another type than its generation
Result<void> enter_generation(const merge::TypeRegistry& types, const log::Event& event,
                              std::unique_ptr<merge::Object>& object, std::uint64_t& generation);

}  // namespace syncline::state
