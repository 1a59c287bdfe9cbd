// Runs `syncline serve` as a child process: the same binary, on loopback, with a data directory
// that may be temporary.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/process/child_process.h"
#include "syncline/error.h"

namespace syncline::cli {

// A new directory that is removed with its content.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make(std::string_view purpose);
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;

  const std::string& path() const { return path_; }
  void keep() { kept_ = true; }  // do not remove it, for an investigation

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
  bool kept_ = false;
};

// The size of all files below a directory, in bytes on the disk.
std::uint64_t directory_bytes(const std::string& path);

struct ServerOptions {
  std::string program;     // empty: this program
  std::string directory;   // for its data and its stderr
  std::uint16_t port = 0;  // 0: a free port, which stays the same after a restart
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<std::string> arguments = {};  // additional arguments
};

class ServerProcess {
 public:
  explicit ServerProcess(ServerOptions options) : options_(std::move(options)) {}

  // Starts the process. It does not listen yet.
  Result<void> launch();
  // True once it listens. An error if it has ended instead.
  Result<bool> listening();
  // Calls both, and waits at most `timeout_ms`.
  Result<void> start(std::uint64_t timeout_ms);

  // Stops it as an operator does: SIGTERM, and SIGKILL after `timeout_ms`. Returns how it ended.
  backend::ChildEnd stop(std::uint64_t timeout_ms);

  backend::ChildProcess* process() { return process_.get(); }  // null before launch()
  std::uint16_t port() const { return options_.port; }
  const std::string& durability() const { return durability_; }
  std::string data_dir() const { return options_.directory + "/data"; }
  std::string last_words() const;  // the end of its stderr

 private:
  ServerOptions options_;
  std::unique_ptr<backend::ChildProcess> process_;
  std::string durability_ = "unknown";
  bool listens_ = false;
};

}  // namespace syncline::cli
