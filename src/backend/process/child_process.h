// A process that this one starts, talks to, and ends.
//
// It dies with this one (PR_SET_PDEATHSIG), and with its ChildProcess: whatever happens, nothing
// that was started here goes on running. It is ended by its own pid, which stays reserved until it
// has been reaped here.
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
  // On top of this process's environment, from which every SYNCLINE_… variable is taken.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string directory = {};    // to run in; empty: the present one
  std::string stderr_file = {};  // appended to; empty: this process's stderr
  bool input = false;            // write_line() is wanted; else its stdin is empty
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
  // kNotFound when there is no such program.
  static Result<std::unique_ptr<ChildProcess>> start(const ChildOptions& options);
  ~ChildProcess();  // kills it
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }

  // Nothing once it has ended.
  void signal(int number);

  // How it ended, if it has. Never waits.
  std::optional<ChildEnd> ended();
  // Waits up to so long for that.
  std::optional<ChildEnd> wait(std::uint64_t timeout_ms);

  // The next whole line of its stdout, without waiting for one, or waiting up to so long.
  std::optional<std::string> line();
  std::optional<std::string> wait_line(std::uint64_t timeout_ms);

  // False when it does not read and its pipe is full, or it has ended: then a part may be written.
  bool write_line(std::string_view text);

  // Bytes of memory that it has now, and had at most: 0 where the system does not say.
  std::uint64_t resident_bytes() const;
  std::uint64_t peak_resident_bytes() const;
  // Processor time that it has used so far, in microseconds, to a hundredth of a second; likewise.
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

// The program that runs now, for starting it again.
std::string own_program();

}  // namespace syncline::backend
