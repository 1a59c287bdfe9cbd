// Runs the built program as a shell would.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncline::testing {

struct Outcome {
  int code = -1;  // of exit; 128 + the signal that ended it
  std::string out;
  std::string err;
};

struct RunOptions {
  std::string input = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
};

// The environment of the program is PATH, what sanitizers are told, and what `options` add.
Outcome run(const std::vector<std::string>& arguments, const RunOptions& options = {});

// Through `sh -c`, with $SYNCLINE as the program.
Outcome run_shell(const std::string& script);

// A file of tests/data/updates.
std::string data(const std::string& name);
std::string read_whole(const std::string& path);
void write_whole(const std::string& path, std::string_view bytes);

// A new folder, removed with the object.
class TemporaryDir {
 public:
  TemporaryDir();
  ~TemporaryDir();
  TemporaryDir(const TemporaryDir&) = delete;
  TemporaryDir& operator=(const TemporaryDir&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace syncline::testing
