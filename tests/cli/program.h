// Runs the built program as a shell would.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/temp_dir.h"

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

}  // namespace syncline::testing
