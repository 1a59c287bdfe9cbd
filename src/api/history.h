// Past states, for the routes that read states.
#pragma once

#include <vector>

#include "api/route.h"
#include "api/state_form.h"

namespace syncline::api {

// Answers with the object at the moment that the query names (`at`).
void get_object_at(Inquiry inquiry, std::vector<StateForm> forms);

}  // namespace syncline::api
