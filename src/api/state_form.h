// The form in which a request asks for an object's state, for the routes that answer with states.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "api/route.h"
#include "http/exchange.h"
#include "log/event.h"
#include "merge/object.h"
#include "merge/object_part.h"

namespace syncline::api {

// The largest JSON of an object that is sent. Updates are sent whatever their size: they are about as
// large as the object in the log.
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{64} << 20;

struct StateForm {
  bool binary = false;              // a Yjs update instead of JSON
  std::optional<merge::Part> part;  // JSON only
};

// Reads the form from Accept, `root` and `range`. kInvalid.
Result<StateForm> asked_form(const http::Request& request);

// The state in that form. kTooLarge: over kMaxAnswerBytes. The pieces do not need the object.
Result<std::unique_ptr<Pieces>> show(const merge::Object& object, const StateForm& form);

// `position` is that of the object's last event; `at` is the requested moment, if there is one.
Answer state_answer(const StateForm& form, const Path& path, std::optional<log::Position> at,
                    log::Position position, std::unique_ptr<Pieces> shown);

}  // namespace syncline::api
