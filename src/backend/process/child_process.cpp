#include "backend/process/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

extern char** environ;

namespace syncline::backend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPipeBytes = 1 << 20;

std::vector<std::string> make_environment(const ChildOptions& options) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with("SYNCLINE_")) all.emplace_back(*entry);
  for (const auto& [name, value] : options.environment) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// Runs in the child between fork and exec, so it must not allocate. `report` closes when exec
// succeeds.
[[noreturn]] void become(char** command, char** environment, const ChildOptions& options, int in,
                         int out, int report) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_DFL);
  bool ready = ::dup2(in, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0;
  if (!options.stderr_file.empty()) {
    const int file = ::open(options.stderr_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ready = ready && file >= 0 && ::dup2(file, STDERR_FILENO) >= 0;
  }
  // The child must not inherit sockets, because it would keep them open.
  ready = ready && ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  if (!options.directory.empty()) ready = ready && ::chdir(options.directory.c_str()) == 0;
  if (ready) ::execvpe(command[0], command, environment);
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(report, &error, sizeof error);
  ::_exit(127);
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
  ~Pipe() {
    if (read_end >= 0) ::close(read_end);
    if (write_end >= 0) ::close(write_end);
  }
};

std::uint64_t status_value(pid_t pid, std::string_view name) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    std::istringstream value(line.substr(name.size()));
    std::uint64_t kib = 0;
    value >> kib;
    return kib * 1024;
  }
  return 0;
}

}  // namespace

std::string to_string(const ChildEnd& end) {
  return end.signal != 0 ? fmt::format("signal {}", end.signal)
                         : fmt::format("exit code {}", end.code);
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const ChildOptions& options) {
  std::vector<std::string> words = options.command;
  std::vector<std::string> variables = make_environment(options);
  const std::vector<char*> command = pointers(words);
  const std::vector<char*> environment = pointers(variables);
  const auto refused = [&](int error) {
    return fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                fmt::format("cannot run {}: {}", words.front(), strerror(error)));
  };
  Pipe in;
  Pipe out;
  Pipe report;
  if (!in.open() || !out.open() || !report.open()) return refused(errno);
  const pid_t pid = ::fork();
  if (pid < 0) return refused(errno);
  if (pid == 0)
    become(const_cast<char**>(command.data()), const_cast<char**>(environment.data()), options,
           in.read_end, out.write_end, report.write_end);
  ::close(std::exchange(report.write_end, -1));
  int error = 0;
  if (::read(report.read_end, &error, sizeof error) == sizeof error) {
    ::waitpid(pid, nullptr, 0);
    return refused(error);
  }
  const int output = std::exchange(out.read_end, -1);
  const int input = options.input ? std::exchange(in.write_end, -1) : -1;
  ::fcntl(output, F_SETFL, O_NONBLOCK);
  // A larger pipe lets the child run on between our reads. If it is refused, things only become
  // slower.
  ::fcntl(output, F_SETPIPE_SZ, kPipeBytes);
  if (input >= 0) ::fcntl(input, F_SETFL, O_NONBLOCK);
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, output, input));
}

ChildProcess::~ChildProcess() {
  if (!ended()) {
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (out_ >= 0) ::close(out_);
  if (in_ >= 0) ::close(in_);
}

void ChildProcess::signal(int number) {
  if (!ended()) ::kill(pid_, number);
}

std::optional<ChildEnd> ChildProcess::ended() {
  int status = 0;
  if (!end_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
    end_ = WIFSIGNALED(status) ? ChildEnd{.signal = WTERMSIG(status)}
                               : ChildEnd{.code = WEXITSTATUS(status)};
  return end_;
}

std::optional<ChildEnd> ChildProcess::wait(std::uint64_t timeout_ms) {
  const auto until = Clock::now() + std::chrono::milliseconds(timeout_ms);
  while (!ended() && Clock::now() < until) {
    fill();  // a full pipe must not block the child's end
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return end_;
}

void ChildProcess::fill() {
  char bytes[16384];
  while (out_ >= 0) {
    const ssize_t count = ::read(out_, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;
    if (count == 0) {
      ::close(std::exchange(out_, -1));
      return;
    }
    buffer_.append(bytes, static_cast<std::size_t>(count));
  }
}

std::optional<std::string> ChildProcess::line() {
  auto end = buffer_.find('\n');
  if (end == std::string::npos) {
    fill();
    end = buffer_.find('\n');
  }
  if (end == std::string::npos) return std::nullopt;
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

std::optional<std::string> ChildProcess::wait_line(std::uint64_t timeout_ms) {
  const auto until = Clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    if (auto found = line()) return found;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0 || out_ < 0) return std::nullopt;
    pollfd file{out_, POLLIN, 0};
    ::poll(&file, 1, static_cast<int>(left.count()));
  }
}

bool ChildProcess::write_line(std::string_view text) {
  if (in_ < 0 || ended()) return false;
  const std::string line = std::string(text) + "\n";
  return ::write(in_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

std::uint64_t ChildProcess::resident_bytes() const {
  return status_value(pid_, "VmRSS:");
}

std::uint64_t ChildProcess::peak_resident_bytes() const {
  return status_value(pid_, "VmHWM:");
}

std::uint64_t ChildProcess::cpu_us() const {
  std::ifstream file(fmt::format("/proc/{}/stat", pid_));
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');  // the name may contain any characters
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  return (user + system) * 1'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
}

std::string own_program() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace syncline::backend
