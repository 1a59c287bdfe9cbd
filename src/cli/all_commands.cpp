// The whole table of commands, in the order of the help.
#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/serve.h"

namespace syncline::cli {

void add_commands(Command& program, std::shared_ptr<ServeOptions> serve) {
  if (serve == nullptr) serve = std::make_shared<ServeOptions>();
  program.details(
      "Exit codes: 0 done, 1 failed, 2 misused; `diff` and `doc diff` exit 0 same, 1 different, "
      "2 error.\n"
      "Options come from the command line, else from the environment, else from the config "
      "file. Secrets come from SYNCLINE_TOKEN or --token-file.");
  add_serve(program, std::move(serve));
  add_ls(program);
  add_cat(program);
  add_diff(program);
  add_blame(program);
  add_restore(program);
  add_get(program);
  add_put(program);
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
  add_status(program);
  add_top(program);
  add_reload(program);
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

}  // namespace syncline::cli
