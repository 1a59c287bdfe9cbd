#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "backend/net/system_random.h"
#include "cli/chaos/chaos.h"
#include "cli/commands.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

constexpr std::size_t kTimelineLines = 60;

struct ChaosArguments {
  std::uint64_t seed = 0;
  std::uint64_t minutes = 0;
  ChaosSize size;
  ChaosOptions chaos;
  bool dry_run = false;
  bool json = false;
};

std::string seconds_text(std::uint64_t us) {
  return fmt::format("{:.3f} s", static_cast<double>(us) / 1e6);
}

std::string counts_text(const ChaosResult& result) {
  std::string text;
  for (const auto& [kind, count] : result.faults)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind);
  return text.empty() ? "none" : text;
}

std::string again(const ChaosArguments& options) {
  std::string command =
      fmt::format("syncline chaos --seed {} --seconds {}", options.seed, options.size.seconds);
  if (options.size.clients != ChaosSize{}.clients)
    command += fmt::format(" --clients {}", options.size.clients);
  if (!options.chaos.yjs_directory.empty())
    command +=
        fmt::format(" --with-yjs {} --yjs {}", options.chaos.yjs_directory, options.size.yjs);
  if (options.chaos.canary) command += " --canary";
  return command;
}

void print(const ChaosArguments& options, const ChaosResult& result, Console& console) {
  console.line(
      fmt::format("{:.0f} s, seed {}: {} edits, {} updates acknowledged, {} through the "
                  "proxies",
                  result.seconds, options.seed, result.edits, result.acked,
                  count_of(result.connections, "connection")));
  console.line("faults: " + counts_text(result));
  console.line(fmt::format("{} of the server; after {} of them its files were held to the promises",
                           count_of(result.server_starts, "start"), result.recoveries_checked));
  console.line(result.yjs_clients > 0
                   ? fmt::format("published Yjs clients: {}, started {} times, {} updates "
                                 "acknowledged, {} of them over Hocuspocus",
                                 result.yjs_clients, result.yjs_starts, result.acked_yjs,
                                 result.acked_hocuspocus)
                   : "no published Yjs client took part: --with-yjs DIR");
  if (!result.violation) {
    console.line(
        fmt::format("nothing acknowledged is lost, everybody converged, the log verifies "
                    "({})",
                    count_of(result.log_events, "event")));
    return;
  }
  console.line(fmt::format("seed {} breaks {}: {}", options.seed, result.violation->invariant,
                           visible(result.violation->what)));
  console.line("  again: " + again(options));
  console.line("  data and what the processes said: " + result.kept);
  const auto& all = result.timeline;
  const std::size_t from = all.size() - std::min(all.size(), kTimelineLines);
  if (from > 0) console.line(fmt::format("  … {} earlier", from));
  for (std::size_t i = from; i < all.size(); ++i)
    console.line(fmt::format("  {:>12}  {:<8} {:<8} {}", seconds_text(all[i].time_us),
                             sim::to_string(all[i].kind), all[i].who, visible(all[i].text)));
}

std::string to_json(const ChaosArguments& options, const ChaosResult& result) {
  using nlohmann::json;
  json out = {{"ok", !result.violation.has_value()},
              {"seed", options.seed},
              {"seconds", result.seconds},
              {"faults", result.faults},
              {"skipped_faults", result.skipped_faults},
              {"server_starts", result.server_starts},
              {"recoveries_checked", result.recoveries_checked},
              {"edits", result.edits},
              {"acked", result.acked},
              {"yjs_clients", result.yjs_clients},
              {"yjs_starts", result.yjs_starts},
              {"acked_yjs", result.acked_yjs},
              {"acked_hocuspocus", result.acked_hocuspocus},
              {"connections", result.connections},
              {"bytes", result.bytes},
              {"converged", result.converged},
              {"log_sound", result.log_sound},
              {"log_events", result.log_events}};
  if (result.violation) {
    out["violation"] = {{"invariant", result.violation->invariant},
                        {"what", result.violation->what}};
    out["again"] = again(options);
    out["kept"] = result.kept;
    json timeline = json::array();
    for (const sim::TraceEntry& entry : result.timeline)
      timeline.push_back({{"us", entry.time_us},
                          {"kind", sim::to_string(entry.kind)},
                          {"who", entry.who},
                          {"text", entry.text}});
    out["timeline"] = std::move(timeline);
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

int chaos(ChaosArguments options, bool seed_given, Console& console) {
  if (options.minutes > 0) options.size.seconds = options.minutes * 60;
  if (options.size.seconds == 0 || options.size.seconds > 7 * 24 * 3600)
    return console.misused("--seconds is 1 to a week");
  if (options.size.clients == 0 || options.size.clients > 200)
    return console.misused("--clients is 1 to 200");
  if (options.size.yjs > 50) return console.misused("--yjs is at most 50");
  if (!seed_given) options.seed = backend::SystemRandom().next() >> 32;
  if (options.chaos.yjs_directory.empty()) {
    options.size.yjs = 0;
  } else {
    if (auto there = check_yjs(options.chaos.yjs_directory); !there)
      return console.misused("--with-yjs: " + there.error().message);
  }
  const ChaosPlan plan = draw_chaos(options.seed, options.size);
  if (!options.json || options.dry_run) {
    console.line(fmt::format("seed {}: {}, {} in {} s", options.seed,
                             count_of(plan.world.clients.size(), "client"),
                             count_of(plan.world.faults.size(), "fault"), options.size.seconds));
    console.out(schedule_text(plan));
    console.flush();
  }
  if (options.dry_run) return kDone;
  const auto result =
      run_chaos(plan, options.chaos, [&](std::string_view step) { console.progress(step); });
  console.progress({});
  if (!result) return console.failed(result.error());
  options.json ? console.line(to_json(options, *result)) : print(options, *result, console);
  return result->violation ? kFailed : kDone;
}

}  // namespace

void add_chaos(Command& root) {
  Command& command =
      root.add("chaos", "Kill, stop and cut off a real server among real clients, and check it");
  auto options = std::make_shared<ChaosArguments>();
  command.option({.name = "--seed",
                  .value = "S",
                  .text = "Decides clients, edits and faults",
                  .fallback = "random"},
                 options->seed);
  command.option({.name = "--seconds", .value = "N", .text = "How long there are faults"},
                 options->size.seconds);
  command.option(
      {.name = "--minutes", .value = "M", .text = "The same in minutes", .fallback = "none"},
      options->minutes);
  command.option({.name = "--clients", .value = "N", .text = "Clients of our own"},
                 options->size.clients);
  command.option({.name = "--with-yjs",
                  .value = "DIR",
                  .text = "Published Yjs clients take part: a folder with chaos_client.mjs and the "
                          "npm packages, such as tests/e2e",
                  .is_file = true,
                  .fallback = "none take part"},
                 options->chaos.yjs_directory);
  command.option({.name = "--yjs",
                  .value = "N",
                  .text = "How many of them; every second one uses the provider of Hocuspocus"},
                 options->size.yjs);
  command.option({.name = "--server",
                  .value = "FILE",
                  .text = "Another syncline to run as the server",
                  .is_file = true,
                  .fallback = "this one"},
                 options->chaos.program);
  command.option({.name = "--settle",
                  .value = "SECONDS",
                  .text = "Time to be in step once everything has healed"},
                 options->chaos.settle_s);
  command.flag({.name = "--canary",
                .text = "Put older files back at the second kill: a check that does not fail then "
                        "is worth nothing"},
               options->chaos.canary);
  command.flag({.name = "--dry-run", .text = "Print the schedule, and do nothing"},
               options->dry_run);
  command.json_flag(options->json);
  command.details(
      "Everything runs on this machine: the server, clients, and a proxy between them that delays, "
      "cuts and resets. Exits 0 if nothing acknowledged was lost, all converged and the log "
      "verifies; 1 if not, with the seed and the faults so far; 2 for misuse. Ends by itself, and "
      "ends only processes that it started.");
  command.example("syncline chaos", "a minute of it");
  command.example("syncline chaos --minutes 10 --with-yjs tests/e2e",
                  "ten minutes, with published clients");
  command.run([options, &command](Console& console) {
    return chaos(*options, command.typed("--seed"), console);
  });
}

}  // namespace syncline::cli
