#include "cli/commands.h"

namespace syncline::cli {

void add_log(Command& root) {
  Command& log = root.add("log", "Read, prove, verify and repair logs");
  add_log_show(log);
  add_log_tail(log);
  add_log_verify(log);
  add_log_deleted(log);
  add_log_checkpoint(log);
  add_log_prove(log);
  add_log_keys(log);
  add_log_repair(log);
}

}  // namespace syncline::cli
