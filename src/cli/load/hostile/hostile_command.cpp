#include "cli/load/hostile/hostile_command.h"

#include <fmt/format.h>

#include <string_view>

#include "cli/data/options.h"
#include "cli/files.h"
#include "cli/load/hostile/hostile_report.h"
#include "cli/load/hostile/promises.h"

namespace syncline::cli {
namespace {

// What makes no sense; empty if all does.
std::string misuse_of(const HostileArguments& arguments) {
  const HostileOptions& run = arguments.run;
  if (run.seconds > 86'400) return "--attack-seconds is 0 to 86400";
  if (run.seconds == 0 && run.url.empty())
    return "--attack-seconds 0 makes documents for a running server: it needs --url";
  if (run.calm_seconds > 3600) return "--calm-seconds is 0 to 3600";
  if (run.recovery_seconds > 3600) return "--recovery-seconds is 0 to 3600";
  if (run.users > 10'000) return "--users is 0 to 10000";
  if (run.user_rate == 0 || run.user_rate > 100'000) return "--user-rate is 1 to 100000";
  if (run.connections == 0 || run.connections > 50'000) return "--attack-connections is 1 to 50000";
  if (run.large_kib == 0 || run.large_kib > 1 << 20) return "--large-kib is 1 to 1048576";
  if (run.history == 0 || run.history > 10'000'000) return "--history is 1 to 10000000";
  if (run.server_pid != 0 && run.url.empty())
    return "--server-pid goes with --url: the process of a server of its own is known";
  if (run.memory_mib != 0 && !run.url.empty())
    return "--memory-mib is for a server of its own, without --url";
  if (!arguments.check_acked.empty() && run.url.empty()) return "--check-acked needs --url";
  return {};
}

// "ws://h:1/" is "http://h:1" for requests.
std::string http_base(const std::string& url) {
  std::string base = url.starts_with("ws://") ? "http://" + url.substr(5) : url;
  while (base.ends_with('/')) base.pop_back();
  return base;
}

int check_acked(const HostileArguments& arguments, Console& console) {
  auto file = read_file(arguments.check_acked);
  if (!file) return console.failed(file.error());
  auto promises = promises_from_json(as_text(*file));
  if (!promises)
    return console.failed(
        {promises.error().code, arguments.check_acked + " " + promises.error().message});
  const auto missing = missing_at(http_base(arguments.run.url), arguments.run.token, *promises);
  for (const std::string& line : missing) console.line(line);
  if (!missing.empty()) return kFailed;
  console.line(fmt::format("everything acknowledged is there: {} documents", promises->size()));
  return kDone;
}

}  // namespace

void add_hostile_options(Command& command, HostileArguments& arguments) {
  HostileOptions& run = arguments.run;
  command.option({.name = "--attacks",
                  .value = "LIST",
                  .text = "hostile: attacks by name, with commas between them; all, none; list "
                          "prints what each does"},
                 run.attacks);
  command.option({.name = "--attack-seconds",
                  .value = "N",
                  .text = "hostile: how long they last; 0 only makes the documents that they need"},
                 run.seconds);
  command.option({.name = "--attack-connections",
                  .value = "N",
                  .text = "hostile: the most connections that one attack has open"},
                 run.connections);
  command.option(
      {.name = "--large-kib", .value = "N", .text = "hostile: size of the large documents, in KiB"},
      run.large_kib);
  command.option({.name = "--history",
                  .value = "N",
                  .text = "hostile: events of the document with a long history"},
                 run.history);
  command.option({.name = "--users",
                  .value = "N",
                  .text = "hostile: quiet users who edit small documents, two in each"},
                 run.users);
  command.option({.name = "--user-rate",
                  .value = "N",
                  .text = "hostile: edits a second, of all users together"},
                 run.user_rate);
  command.flag({.name = "--user-churn",
                .text = "hostile: users go offline and come back, make every kind of edit, and go "
                        "on to new documents"},
               run.user_churn);
  command.option({.name = "--calm-seconds",
                  .value = "N",
                  .text = "hostile: how long users are measured before the attacks"},
                 run.calm_seconds);
  command.option({.name = "--recovery-seconds",
                  .value = "N",
                  .text = "hostile: how long the server's memory may take to come back"},
                 run.recovery_seconds);
  command.option({.name = "--server-pid",
                  .value = "PID",
                  .text = "hostile: process of the server at --url, whose memory is measured",
                  .fallback = "memory is not measured"},
                 run.server_pid);
  command.option({.name = "--memory-mib",
                  .value = "N",
                  .text = "hostile: --memory-mib of a server of its own",
                  .fallback = "its default"},
                 run.memory_mib);
  command.option({.name = "--read-token-file",
                  .value = "FILE",
                  .text = "hostile: file with the token of the readers",
                  .is_file = true},
                 arguments.read_token_file);
  command.option({.name = "--save-acked",
                  .value = "FILE",
                  .text = "hostile: keep what was acknowledged to the users …",
                  .is_file = true},
                 arguments.save_acked);
  command.option({.name = "--check-acked",
                  .value = "FILE",
                  .text = "hostile: … and only look for it, at the server at --url",
                  .is_file = true},
                 arguments.check_acked);
}

int run_hostile_command(HostileArguments arguments, const HostileOutput& output, Console& console) {
  HostileOptions& run = arguments.run;
  if (run.attacks == "list") {
    console.out(attack_list());
    return kDone;
  }
  if (const auto attacks = attacks_of(run.attacks); !attacks)
    return console.misused(attacks.error().message);
  if (const std::string misuse = misuse_of(arguments); !misuse.empty())
    return console.misused(misuse);
  if (!arguments.check_acked.empty()) return check_acked(arguments, console);
  if (!arguments.read_token_file.empty()) {
    auto token = read_token(arguments.read_token_file);
    if (!token) return console.failed(token.error());
    run.read_token = std::move(*token);
  }
  const auto result = run_hostile(run, [&](std::string_view step) { console.progress(step); });
  console.progress({});
  if (!result) return console.failed(result.error());
  const std::string json = hostile_json(run, *result);
  output.json ? console.line(json) : console.out(hostile_text(run, *result));
  if (!output.save.empty())
    if (auto written = write_file(output.save, as_bytes(json + "\n"), console); !written)
      return console.failed(written.error());
  if (!arguments.save_acked.empty())
    if (auto written = write_file(arguments.save_acked, as_bytes(result->acked_record), console);
        !written)
      return console.failed(written.error());
  return result->sound() ? kDone : kFailed;
}

}  // namespace syncline::cli
