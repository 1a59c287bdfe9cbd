// ChildProcess: a process that this one starts, communicates with, and ends.
//
// The child dies with this process (PR_SET_PDEATHSIG) and with its ChildProcess, so no child keeps
// running in any case. It is ended by its own pid, which stays reserved until this process has
// reaped it.
//
// Thread-safety: none.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/error.h"

namespace syncline::backend {

struct ChildOptions {
  std::vector<std::string> command;  // the program, by path or by PATH, and its arguments
  // Added to this process's environment, from which all SYNCLINE_… variables are removed.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string directory = {};    // working directory; empty: the present one
  std::string stderr_file = {};  // append to this file; empty: this process's stderr
  bool input = false;            // allow write_line(); otherwise its stdin is empty
};

// How a process ended: exit code or signal.
struct ChildEnd {
  int code = 0;
  int signal = 0;
  bool well() const { return code == 0 && signal == 0; }
};

std::string to_string(const ChildEnd& end);  // "exit code 1", "signal 9"

class ChildProcess {
 public:
  // kNotFound if there is no such program.
  static Result<std::unique_ptr<ChildProcess>> start(const ChildOptions& options);
  ~ChildProcess();  // kills it
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }

  // Does nothing if it has ended.
  void signal(int number);

  // How it ended, or empty if it still runs. Never waits.
  std::optional<ChildEnd> ended();
  // Waits for its end, at most `timeout_ms`.
  std::optional<ChildEnd> wait(std::uint64_t timeout_ms);

  // The next whole line of its stdout. line() does not wait; wait_line() waits at most
  // `timeout_ms`.
  std::optional<std::string> line();
  std::optional<std::string> wait_line(std::uint64_t timeout_ms);

  // False if it has ended, or if it does not read and its pipe is full. A part may then have been
  // written.
  bool write_line(std::string_view text);

  // The memory of the child in bytes: now, and at most so far. 0 if the system does not say.
  std::uint64_t resident_bytes() const;
  std::uint64_t peak_resident_bytes() const;
  // The processor time of the child so far, in microseconds, with a resolution of 10 ms. 0 as
  // above.
  std::uint64_t cpu_us() const;

 private:
  ChildProcess(pid_t pid, int out, int in) : pid_(pid), out_(out), in_(in) {}
  void fill();

  const pid_t pid_;
  int out_;  // -1 when closed
  int in_;
  std::string buffer_;
  std::optional<ChildEnd> end_;
};

// The path of this program, for starting it again.
std::string own_program();

}  // namespace syncline::backend
