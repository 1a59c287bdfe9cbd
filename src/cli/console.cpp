#include "cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace syncline::cli {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

std::string_view escape_code(Colour colour) {
  switch (colour) {
    case Colour::kRed: return "31";
    case Colour::kGreen: return "32";
    case Colour::kYellow: return "33";
    case Colour::kBold: return "1";
    case Colour::kDim: return "2";
  }
  return "0";
}

bool wants_colour() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  return term == nullptr || std::strcmp(term, "dumb") != 0;
}

}  // namespace

Console::Console()
    : out_is_terminal_(isatty(STDOUT_FILENO) == 1),
      err_is_terminal_(isatty(STDERR_FILENO) == 1),
      colours_(out_is_terminal_ && wants_colour()) {
  // A closed pipe must appear as EPIPE, which can be handled, and not as a signal.
  std::signal(SIGPIPE, SIG_IGN);
}

void Console::out(std::string_view data) {
  if (closed_) return;
  buffer_ += data;
  if (buffer_.size() >= kBufferBytes) flush();
}

void Console::line(std::string_view data) {
  out(data);
  out("\n");
}

void Console::flush() {
  if (!closed_) write(buffer_);
  buffer_.clear();
}

void Console::write(std::string_view data) {
  while (!data.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, data.data(), data.size());
    if (written >= 0) {
      data.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      closed_ = true;
      write_failed_ = errno != EPIPE;
      if (write_failed_) message(fmt::format("cannot write to stdout: {}", std::strerror(errno)));
      return;
    }
  }
}

std::string Console::paint(Colour colour, std::string_view text) const {
  if (!colours_) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", escape_code(colour), text);
}

void Console::message(std::string_view text) {
  progress({});
  fmt::print(stderr, "{}: {}\n", command_, text);
}

void Console::progress(std::string_view text) {
  if (!err_is_terminal_ || (text.empty() && !progress_shown_)) return;
  fmt::print(stderr, "\r\x1b[K{}", text);
  progress_shown_ = !text.empty();
}

int Console::failed(const Error& error) {
  flush();
  message(error.message);
  return kFailed;
}

int Console::misused(std::string_view text) {
  flush();
  message(text);
  fmt::print(stderr, "Try: {} --help\n", command_);
  return kMisused;
}

int Console::finish(int code) {
  progress({});
  flush();
  return write_failed_ && code == kDone ? kFailed : code;
}

}  // namespace syncline::cli
