#include "cli/load/interrupt.h"

#include <csignal>

namespace syncline::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

// A second signal ends the process.
void take(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

Interrupt::Interrupt() {
  std::signal(SIGINT, take);
  std::signal(SIGTERM, take);
}

Interrupt::~Interrupt() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool Interrupt::asked() {
  return interrupted != 0;
}

}  // namespace syncline::cli
