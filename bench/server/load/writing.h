// The two ways of writing: at a fixed rate, whether the server keeps up or not, and as fast as the
// server delivers.
#pragma once

#include "load/fleet.h"

namespace syncline::bench {

// Every writer writes `rate` times a second until then, at even intervals; the writers' turns are
// spread over the interval. A late update is written at once and not left out. Returns the lateness
// of the latest one in seconds: it shows that this program did not get enough processor time.
double write_at_rate(Fleet& fleet, double rate, Nanoseconds until);

// Every writer keeps `window` updates under way: sent, but not yet with every other client of the
// document. Until then, or, if `each` is not 0, until it has written so many in all.
void write_flat_out(Fleet& fleet, std::uint32_t window, std::uint32_t each, Nanoseconds until);

}  // namespace syncline::bench
