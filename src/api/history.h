// Past states, for the routes that read states.
#pragma once

#include "api/route.h"
#include "api/state_form.h"

namespace syncline::api {

// Answers with the object at the moment that the query names (`at`).
void get_object_at(Inquiry inquiry, StateForm form);

}  // namespace syncline::api
