// The program: registers its commands, passes the console to them, and returns their exit code.
#include <exception>
#include <string>
#include <vector>

#include "backend/store/private_files.h"
#include "cli/commands.h"
#include "cli/console.h"

namespace {

void add_commands(syncline::cli::Command& program) {
  using namespace syncline::cli;
  add_serve(program);
  add_ls(program);
  add_cat(program);
  add_diff(program);
  add_blame(program);
  add_restore(program);
  add_cp(program);
  add_mv(program);
  add_rm(program);
  add_undelete(program);
  add_pin(program);
  add_policy(program);
  add_share(program);
  add_access(program);
  add_people(program);
  add_export(program);
  add_import(program);
  add_retention(program);
  add_backup(program);
  add_quarantine(program);
  add_shut(program);
  add_sessions(program);
  add_audit(program);
  add_key(program);
  add_log_level(program);
  add_tenant(program);
  add_webhook(program);
  add_log(program);
  add_doc(program);
  add_sim(program);
  add_bench(program);
  add_chaos(program);
  add_completions(program);
  add_man(program);
}

}  // namespace

int main(int count, char** words) {
  using namespace syncline::cli;
  syncline::backend::create_private_files();
  Console console;
  try {
    Command program("syncline", "Keep shared documents in step, and prove how they came to be");
    program.details(
        "Exit codes: 0 done, 1 failed, 2 misused; `diff` and `doc diff` exit 0 same, 1 different, "
        "2 error.\n"
        "Options come from the command line, else from the environment, else from the config "
        "file. Secrets come from SYNCLINE_TOKEN or --token-file.");
    add_commands(program);
    const std::vector<std::string> arguments(words + 1, words + count);
    return console.finish(program.main(arguments, console));
  } catch (const std::exception& error) {
    console.message(error.what());
    return kFailed;
  }
}
