// SIGINT and SIGTERM ask a long command to come to its end, so that what it started ends with it.
#pragma once

namespace syncline::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();  // signals end the process again
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  static bool asked();
};

}  // namespace syncline::cli
