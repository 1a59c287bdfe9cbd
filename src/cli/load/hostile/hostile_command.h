// The options of `syncline bench` that belong to --workload hostile, and what that workload runs.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/load/hostile/hostile.h"

namespace syncline::cli {

struct HostileArguments {
  HostileOptions run;  // url, token and seed are set by the command
  std::string read_token_file;
  std::string save_acked;
  std::string check_acked;
};

void add_hostile_options(Command& command, HostileArguments& arguments);

// What other workloads have as well.
struct HostileOutput {
  bool json = false;
  std::string save;
};

// Returns the exit code: kFailed also if the server ended, users could not go on, or something that was
// acknowledged is missing.
int run_hostile_command(HostileArguments arguments, const HostileOutput& output, Console& console);

}  // namespace syncline::cli
