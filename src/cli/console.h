// Console: the output of a command: data to stdout, messages to stderr.
//
// Data is buffered, and writing it is checked. A full disk behind stdout is an error (exit code 1);
// a reader that closes the pipe (`| head`) is not. After either, closed() is true, and a long
// command should stop. Messages begin with the name of the command: "syncline doc show: …". Colours
// appear only on terminals, and NO_COLOR turns them off. Thread-safety: one thread.
#pragma once

#include <string>
#include <string_view>

#include "syncline/error.h"

namespace syncline::cli {

// The exit codes of the process.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kMisused = 2;

enum class Colour { kRed, kGreen, kYellow, kBold, kDim };

class Console {
 public:
  Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // Sets the name with which messages begin.
  void speak_as(std::string command) { command_ = std::move(command); }

  // ---- stdout
  void out(std::string_view data);
  void line(std::string_view data);
  void flush();
  bool closed() const { return closed_; }
  bool out_is_terminal() const { return out_is_terminal_; }
  // `text` in a colour, if stdout shows colours.
  std::string paint(Colour colour, std::string_view text) const;

  // ---- stderr
  void message(std::string_view text);
  // A line that the next one overwrites; only on terminals. An empty text removes it.
  void progress(std::string_view text);

  // Print what went wrong and return the exit code.
  int failed(const Error& error);
  int misused(std::string_view text);

  // Flushes. Returns `code`, or kFailed if writing failed.
  int finish(int code);

 private:
  void write(std::string_view data);

  std::string command_ = "syncline";
  std::string buffer_;
  bool out_is_terminal_;
  bool err_is_terminal_;
  bool colours_;
  bool closed_ = false;
  bool write_failed_ = false;
  bool progress_shown_ = false;
};

}  // namespace syncline::cli
