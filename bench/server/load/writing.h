// The two ways of writing: at a fixed rate, even if the server cannot keep up; or as fast as the
// server delivers.
#pragma once

#include "load/fleet.h"

namespace syncline::bench {

// Every writer writes `rate` times per second until `until`, at even intervals; the writers are
// spread over the interval. A late update is sent at once and not skipped. Returns the largest
// lateness in seconds; it shows whether this program got enough processor time.
double write_at_rate(Fleet& fleet, double rate, Nanoseconds until);

// Every writer keeps `window` updates in flight: sent, but not yet received by every other client
// of the document. Ends at `until`, or, if `each` is not 0, when each writer has sent that many.
void write_flat_out(Fleet& fleet, std::uint32_t window, std::uint32_t each, Nanoseconds until);

}  // namespace syncline::bench
