// `syncline serve` as a child of this process: the same binary, on loopback, in a data directory
// that may be a temporary one.
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

// A directory of its own, removed with all that is in it.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make(std::string_view purpose);
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;

  const std::string& path() const { return path_; }
  void keep() { kept_ = true; }  // do not remove it, somebody will want to look

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
  bool kept_ = false;
};

// Bytes of all files below a directory, as they are on the disk.
std::uint64_t directory_bytes(const std::string& path);

struct ServerOptions {
  std::string program;     // empty: this one
  std::string directory;   // data and what it says on stderr lie in here
  std::uint16_t port = 0;  // 0: a free one, and that again after a restart
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<std::string> arguments = {};  // more of them
};

class ServerProcess {
 public:
  explicit ServerProcess(ServerOptions options) : options_(std::move(options)) {}

  // Starts it; it does not listen yet.
  Result<void> launch();
  // True once it listens. An error if it has ended instead.
  Result<bool> listening();
  // Both, waiting up to so long.
  Result<void> start(std::uint64_t timeout_ms);

  // As an operator stops it: SIGTERM, and SIGKILL if it takes longer than so. How it ended.
  backend::ChildEnd stop(std::uint64_t timeout_ms);

  backend::ChildProcess* process() { return process_.get(); }  // null before launch()
  std::uint16_t port() const { return options_.port; }
  const std::string& durability() const { return durability_; }
  std::string data_dir() const { return options_.directory + "/data"; }
  std::string last_words() const;  // the end of what it wrote to stderr

 private:
  ServerOptions options_;
  std::unique_ptr<backend::ChildProcess> process_;
  std::string durability_ = "unknown";
  bool listens_ = false;
};

}  // namespace syncline::cli
