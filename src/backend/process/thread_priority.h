// The name of a thread, and how the system shares processors out between the threads of this process.
//
// Loops and the committer are what everybody waits for. They ask to be scheduled soon after they become
// ready, in short slices; workers and the threads that write tables and snapshots take what is left.
// Where the system does not allow something, nothing changes.
#pragma once

namespace syncline::backend {

// At most 15 bytes. The metrics add threads of one name up (thread_times.h).
void name_thread(const char* name);

// Lets other threads go first, for the rest of the calling thread's life: it has a tenth of their weight, and does
// not interrupt them when it becomes ready. It is not the lowest priority: such a thread takes locks for an instant,
// and must not be kept from giving them back.
void lower_thread_priority();

// The calling thread uses little at a time, and becomes ready often. So it asks for short slices: a thread
// with longer ones is interrupted for it (Linux 6.12 and later; nothing changes elsewhere).
void ask_for_short_slices();

}  // namespace syncline::backend
