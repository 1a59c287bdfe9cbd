// The priority of a thread within the process.
#pragma once

namespace syncline::backend {

// Lets other threads go first, for the rest of the calling thread's life. Where the system does not
// allow it, nothing changes.
void lower_thread_priority();

}  // namespace syncline::backend
