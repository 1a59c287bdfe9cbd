#include <fmt/format.h>

#include <iterator>
#include <memory>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/files.h"
#include "cli/load/bench_report.h"
#include "cli/load/hostile/hostile_command.h"

namespace syncline::cli {
namespace {

struct BenchArguments {
  BenchOptions bench;
  HostileArguments hostile;
  std::string token_file;
  std::string save;
  std::string compare;
  bool json = false;
};

int hostile(BenchArguments options, Console& console) {
  if (!options.compare.empty()) return console.misused("--compare is not for --workload hostile");
  auto token = read_token(options.token_file);
  if (!token) return console.failed(token.error());
  HostileOptions& run = options.hostile.run;
  run.token = std::move(*token);
  run.url = options.bench.url;
  run.seed = options.bench.seed;
  return run_hostile_command(std::move(options.hostile),
                             {.json = options.json, .save = options.save}, console);
}

int bench(BenchArguments options, Console& console) {
  BenchOptions& what = options.bench;
  if (what.workload == "hostile") return hostile(std::move(options), console);
  if (what.clients == 0 || what.clients > 10'000) return console.misused("--clients is 1 to 10000");
  if (what.documents == 0 || what.documents > what.clients)
    return console.misused("--documents is 1 to as many as there are clients");
  if (what.rate == 0 || what.rate > 1'000'000) return console.misused("--rate is 1 to 1000000");
  if (what.seconds == 0 || what.seconds > 3600) return console.misused("--seconds is 1 to 3600");
  Bytes saved;
  if (!options.compare.empty()) {
    auto file = read_file(options.compare);
    if (!file) return console.failed(file.error());
    saved = std::move(*file);
  }
  if (auto token = read_token(options.token_file); token) {
    what.token = *token;
  } else {
    return console.failed(token.error());
  }
  if (what.token.empty()) what.token = "none";  // where nobody asks, any will do
  const auto result = run_bench(what, [&](std::string_view step) { console.progress(step); });
  console.progress({});
  if (!result) return console.failed(result.error());
  const std::string json = bench_json(what, *result);
  options.json ? console.line(json) : console.out(bench_text(what, *result));
  if (!options.compare.empty()) {
    auto table = bench_comparison(as_text(saved), json);
    if (!table)
      return console.failed({table.error().code, options.compare + " " + table.error().message});
    options.json ? console.message("--compare is for people: leave --json out")
                 : console.out("\n" + *table);
  }
  if (!options.save.empty())
    if (auto written = write_file(options.save, as_bytes(json + "\n"), console); !written)
      return console.failed(written.error());
  return kDone;
}

}  // namespace

void add_bench(Command& root) {
  Command& command =
      root.add("bench", "Measure a server: latency of scheduled edits, and how much gets through");
  auto options = std::make_shared<BenchArguments>();
  BenchOptions& what = options->bench;
  command.option({.name = "--url",
                  .value = "URL",
                  .text = "A running server, such as ws://127.0.0.1:4400; it keeps what is written",
                  .fallback = "one of its own, in a temporary directory"},
                 what.url);
  command.option({.name = "--token-file",
                  .value = "FILE",
                  .text = "File whose first line is the token to present",
                  .environment = "SYNCLINE_TOKEN_FILE",
                  .is_file = true},
                 options->token_file);
  command.option({.name = "--workload",
                  .value = "NAME",
                  .text = "What clients do",
                  .choices = {std::begin(kBenchWorkloads), std::end(kBenchWorkloads)}},
                 what.workload);
  command.option({.name = "--protocol",
                  .value = "NAME",
                  .text = "What they speak",
                  .choices = {"y-websocket", "hocuspocus"}},
                 what.protocol);
  command.option({.name = "--clients", .value = "N", .text = "How many"}, what.clients);
  command.option({.name = "--documents", .value = "N", .text = "That they share evenly"},
                 what.documents);
  command.option({.name = "--rate", .value = "N", .text = "Changes a second, of all together"},
                 what.rate);
  command.option({.name = "--seconds",
                  .value = "N",
                  .text = "How long latency is measured; throughput takes half as long again"},
                 what.seconds);
  command.option({.name = "--seed", .value = "S", .text = "What is left to chance"}, what.seed);
  command.option({.name = "--save", .value = "FILE", .text = "Keep the run", .is_file = true},
                 options->save);
  command.option({.name = "--compare",
                  .value = "FILE",
                  .text = "Print the ratios to a run that was kept",
                  .is_file = true},
                 options->compare);
  add_hostile_options(command, options->hostile);
  command.json_flag(options->json);
  command.details(
      "Latency is open-loop: an edit is due at a time fixed beforehand, and its latency counts "
      "from "
      "then until it is acknowledged, and until each other client of the document has it. Clients "
      "and server share this machine. Warnings say when the figures mean nothing.\n\n"
      "--workload hostile attacks the server while quiet users edit, and fails if the server ends, "
      "if users cannot go on, or if something that was acknowledged is missing. Attack only "
      "servers "
      "of your own.");
  command.example("syncline bench", "the canonical workload, on a server of its own");
  command.example("syncline bench --save before.json", "keep the figures …");
  command.example("syncline bench --compare before.json", "… and hold later ones to them");
  command.example("syncline bench --workload hostile --attacks blame,idle-connections",
                  "two attacks on a server of its own");
  command.run([options](Console& console) { return bench(*options, console); });
}

}  // namespace syncline::cli
