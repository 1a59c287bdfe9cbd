// The subcommands. Each source file adds one command, with its options and its body, to its parent;
// main calls these functions.
#pragma once

#include "cli/command.h"

namespace syncline::cli {

void add_serve(Command& root);
void add_completions(Command& root);
void add_man(Command& root);
void add_sim(Command& root);
void add_bench(Command& root);
void add_chaos(Command& root);

// For files of Yjs updates.
void add_doc(Command& root);
void add_doc_show(Command& doc);
void add_doc_inspect(Command& doc);
void add_doc_diff(Command& doc);
void add_doc_merge(Command& doc);
void add_doc_apply(Command& doc);
void add_doc_delta(Command& doc);
void add_doc_convert(Command& doc);
void add_doc_sv(Command& doc);
void add_doc_ds(Command& doc);

// For the workspaces of a server or of a data directory.
void add_ls(Command& root);
void add_cat(Command& root);
void add_diff(Command& root);
void add_blame(Command& root);
void add_restore(Command& root);
void add_cp(Command& root);
void add_mv(Command& root);
void add_rm(Command& root);
void add_undelete(Command& root);
void add_pin(Command& root);
void add_policy(Command& root);
void add_policy_files(Command& policy);  // what needs no server, or only reads
void add_policy_simulate(Command& policy);
void add_share(Command& root);
void add_access(Command& root);
void add_people(Command& root);
void add_export(Command& root);
void add_import(Command& root);
void add_retention(Command& root);
void add_backup(Command& root);
void add_quarantine(Command& root);
void add_shut(Command& root);
void add_sessions(Command& root);
void add_audit(Command& root);
void add_key(Command& root);
void add_log_level(Command& root);
void add_tenant(Command& root);
void add_webhook(Command& root);
void add_log(Command& root);
void add_log_show(Command& log);
void add_log_tail(Command& log);
void add_log_verify(Command& log);
void add_log_deleted(Command& log);
void add_log_repair(Command& log);
void add_log_checkpoint(Command& log);
void add_log_prove(Command& log);
void add_log_keys(Command& log);

}  // namespace syncline::cli
