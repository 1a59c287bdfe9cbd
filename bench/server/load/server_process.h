// Processor time and memory of the server under test, as the kernel counts them.
#pragma once

#include <sys/types.h>

#include "net/clock.h"

namespace syncline::bench {

// Processor time so far, in seconds, at one moment.
struct Usage {
  Nanoseconds at = 0;
  double server = 0;   // the process under test, all threads, user and kernel
  double own = 0;      // this program
  double machine = 0;  // all processes
};

// The difference between two moments.
struct Spent {
  Spent(const Usage& from, const Usage& to);

  double seconds = 0;  // wall
  double server_cpu = 0;
  double server_cores = 0;
  double own_cores = 0;
  // Used by other processes. If this is large, the figures of the run are not reliable.
  double other_cores = 0;
};

// KiB, from smaps_rollup. Socket buffers belong to the kernel and are not included.
struct Memory {
  double resident = 0;
  double anonymous = 0;  // without mapped files, the program's code among them
};

class ServerProcess {
 public:
  // 0: there is no process to read, and all its figures are 0.
  explicit ServerProcess(pid_t pid) : pid_(pid) {}

  Usage usage() const;
  Memory memory() const;
  // The most resident memory since the process started, in KiB.
  double peak() const;

 private:
  pid_t pid_;
};

}  // namespace syncline::bench
