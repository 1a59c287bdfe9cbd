// States of the past, for the routes that read states.
#pragma once

#include "backend/server/api.h"
#include "backend/server/state_form.h"

namespace syncline::backend {

// The object as it was at the moment that the query names (`at`).
void get_object_at(ApiCall call, StateForm form);

}  // namespace syncline::backend
