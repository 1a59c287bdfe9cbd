// Every change that there could be of an object, as one effect. Whoever may make it may change everything there.
//
// Thread-safety: the effect is immutable.
#pragma once

#include "merge/effect.h"

namespace syncline::policy {

const merge::Effect& every_change();

}  // namespace syncline::policy
