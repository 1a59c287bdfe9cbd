// The form in which a request asks for an object's state, for the routes that answer with states: JSON, a Yjs update, or
// one of forms/form.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/route.h"
#include "forms/form.h"
#include "http/exchange.h"
#include "log/event.h"
#include "merge/object.h"
#include "merge/object_part.h"

namespace syncline::api {

// The largest text of an object that is sent. Updates are sent whatever their size: they are about as
// large as the object in the log.
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{64} << 20;

struct StateForm {
  enum Kind : std::uint8_t { kJson, kUpdate, kForm };

  Kind kind = kJson;
  std::optional<merge::Part> part = {};  // of kJson
  forms::FormWish wish = {};             // of kForm
};

// The forms that a request accepts, the one that it wants most first; never empty. From `as`, or else from Accept; with
// `root`, `range` and `mapping`. kInvalid; kNoSuchForm if there is none.
Result<std::vector<StateForm>> asked_forms(const http::Request& request);

// As `as` names it.
std::string_view name_of(const StateForm& form);

// How much longer showing these forms takes than walking over the object (JobOrder::weight).
std::uint32_t weight_of(const std::vector<StateForm>& forms);

// The state in the first of these forms in which it can be shown; `shown` becomes that form. The error is that of the
// first one. kTooLarge: over kMaxAnswerBytes. The pieces do not need the object.
Result<std::unique_ptr<Pieces>> show(const merge::Object& object,
                                     const std::vector<StateForm>& forms, StateForm& shown);

// `position` is that of the object's last event; `at` is the requested moment, if there is one.
Answer state_answer(const StateForm& form, const Path& path, std::optional<log::Position> at,
                    log::Position position, std::unique_ptr<Pieces> shown);

}  // namespace syncline::api
