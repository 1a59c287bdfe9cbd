// The program: registers its commands, passes the console to them, and returns their exit code.
#include <exception>
#include <string>
#include <vector>

#include "backend/store/private_files.h"
#include "cli/commands.h"
#include "cli/console.h"

int main(int count, char** words) {
  using namespace syncline::cli;
  syncline::backend::create_private_files();
  Console console;
  try {
    Command program(kProgram, kProgramSummary);
    add_commands(program);
    const std::vector<std::string> arguments(words + 1, words + count);
    return console.finish(program.main(arguments, console));
  } catch (const std::exception& error) {
    console.message(error.what());
    return kFailed;
  }
}
