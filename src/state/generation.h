// Generations while the events of an object are replayed. A generation begins with its first event, which
// fixes its type; the object then begins anew, empty.
//
// Thread-safety: values.
#pragma once

#include <cstdint>
#include <memory>

#include "log/event.h"
#include "merge/object.h"
#include "merge/type_registry.h"
#include "syncline/error.h"

namespace syncline::state {

// Prepares `object`, which is of `generation` (nullptr and 0: nothing was replayed yet), for the next event of
// that object.
//   kUnsupported  this build does not know the type of the generation that begins
//   kCorrupt      the event is of an earlier generation, or of another type than its generation
Result<void> enter_generation(const merge::TypeRegistry& types, const log::Event& event,
                              std::unique_ptr<merge::Object>& object, std::uint64_t& generation);

}  // namespace syncline::state
