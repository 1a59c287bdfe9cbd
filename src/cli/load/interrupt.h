// Interrupt: makes SIGINT and SIGTERM ask a long command to stop, so that its child processes end
// with it.
#pragma once

namespace syncline::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();  // restores the default: signals end the process
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  static bool asked();
};

}  // namespace syncline::cli
