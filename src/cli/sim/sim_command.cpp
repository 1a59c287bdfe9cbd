#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "backend/net/system_random.h"
#include "base/mutation.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/sim/sim_pool.h"
#include "cli/sim/sim_report.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

constexpr std::size_t kShownLines = 60;
constexpr unsigned kShrinkRuns = 150;

struct SimOptions {
  std::uint64_t seed = 0;
  std::uint64_t runs = 0;
  std::uint64_t jobs = 0;
  std::uint64_t minutes = 0;
  std::uint64_t repeat_every = 50;
  std::string trace;
  std::string mutation;
  bool all_probes = false;
  bool keep_going = false;
  bool no_shrink = false;
  bool probes = false;
  bool json = false;
};

int write_trace(const SimOptions& options, const sim::Plan& plan, const sim::RunResult& result,
                Console& console) {
  auto written = write_file(options.trace, as_bytes(viewer_page(plan, result)), console);
  if (!written) return console.failed(written.error());
  return kDone;
}

// Prints the failure again, in its smallest form, with its story.
void tell_story(const SimFailure& failure, const SimOptions& options, Console& console) {
  console.line(fmt::format("seed {} breaks {}: {}", failure.seed, failure.violation.invariant,
                           visible(failure.violation.what)));
  console.line(fmt::format("  again: syncline sim --seed {}", failure.seed));
  if (failure.crashed || failure.violation.invariant.starts_with("I15")) return;
  sim::Plan plan = sim::draw_plan(failure.seed);
  if (!options.no_shrink) {
    console.progress("making the failure smaller");
    plan = sim::shrink(plan, failure.violation, kShrinkRuns);
    console.progress({});
  }
  const sim::RunResult result = sim::run(plan, {.recording = true});
  console.line(fmt::format("  {}", sim::describe(plan)));
  for (const sim::Fault& fault : plan.faults)
    console.line(fmt::format("  fault at {}: {}", virtual_time(fault.at_us), sim::describe(fault)));
  if (result.violation && result.violation->what != failure.violation.what)
    console.line("  made smaller: " + visible(result.violation->what));
  console.out(timeline_text(result, kShownLines));
}

int run_one(const SimOptions& options, Console& console) {
  const sim::Plan plan = sim::draw_plan(options.seed);
  const sim::RunResult result = sim::run(plan, {.recording = true});
  if (!options.trace.empty())
    if (const int code = write_trace(options, plan, result, console); code != kDone) return code;
  SimTotals totals{.runs = 1,
                   .virtual_us = result.virtual_us,
                   .events = result.events,
                   .edits = result.edits,
                   .probes = result.probes};
  if (result.violation)
    totals.failures.push_back({.seed = options.seed, .violation = *result.violation});
  if (options.json) {
    console.line(totals_json(totals));
  } else {
    console.line(fmt::format("seed {}: hash {:016x}, {} virtual, {}, {}", options.seed, result.hash,
                             virtual_time(result.virtual_us), count_of(result.events, "event"),
                             count_of(result.edits, "edit")));
    console.line(sim::describe(plan));
    if (options.probes) console.out(probes_text(result.probes));
    for (const SimFailure& failure : totals.failures) tell_story(failure, options, console);
  }
  return result.violation ? kFailed : kDone;
}

int run_many(const SimOptions& options, Console& console) {
  SimPoolOptions pool{.first_seed = options.seed,
                      .runs = options.runs,
                      .seconds = options.minutes * 60,
                      .jobs = options.jobs,
                      .repeat_every = options.repeat_every,
                      .keep_going = options.keep_going};
  if (!options.json)
    console.message(fmt::format("seeds from {}, {} at a time", options.seed, options.jobs));
  const SimTotals totals = run_pool(pool, [&](const SimTotals& so_far) {
    console.progress(totals_text(so_far));
    return !console.closed();
  });
  console.progress({});
  const auto missed =
      options.all_probes ? probes_missed(totals.probes) : std::vector<std::string>();
  if (options.json) {
    console.line(totals_json(totals));
  } else {
    for (std::size_t i = 0; i < totals.failures.size(); ++i) {
      SimOptions brief = options;
      brief.no_shrink = options.no_shrink || i > 0;
      tell_story(totals.failures[i], brief, console);
    }
    if (options.probes) console.out(probes_text(totals.probes));
    console.line(totals_text(totals));
    console.line(totals.failures.empty() ? "no invariant was broken"
                                         : count_of(totals.failures.size(), "failure"));
  }
  if (!missed.empty()) {
    console.message(fmt::format("never reached: {}", fmt::join(missed, ", ")));
    return kFailed;
  }
  return totals.failures.empty() ? kDone : kFailed;
}

// Mutations are built in only on request, so that no real server can have one.
Result<void> choose_mutation([[maybe_unused]] const std::string& name) {
#ifdef SYNCLINE_MUTATIONS
  const auto found = std::ranges::find(kMutationNames, name);
  if (found == kMutationNames.end())
    return fail(ErrorCode::kInvalid,
                fmt::format("there is no mutation {}: {}", name, fmt::join(kMutationNames, ", ")));
  active_mutation = static_cast<Mutation>(found - kMutationNames.begin());
  return {};
#else
  return fail(ErrorCode::kUnsupported, "this build has no mutations: cmake --preset mutants");
#endif
}

int simulate(SimOptions options, bool seed_given, Console& console) {
  if (!options.mutation.empty())
    if (auto chosen = choose_mutation(options.mutation); !chosen)
      return console.misused(chosen.error().message);
  const bool many = options.runs > 1 || options.minutes > 0;
  if (!seed_given) options.seed = backend::SystemRandom().next() >> 32;
  if (options.jobs == 0) options.jobs = std::max(1U, std::thread::hardware_concurrency());
  options.jobs = std::min<std::uint64_t>(options.jobs, 256);
  if (many && !options.trace.empty())
    return console.misused("--trace shows one run: give --seed, without --runs and --minutes");
  return many ? run_many(options, console) : run_one(options, console);
}

}  // namespace

void add_sim(Command& root) {
  Command& command =
      root.add("sim", "Run the server in a simulated world that breaks, and check its promises");
  auto options = std::make_shared<SimOptions>();
  command.option({.name = "--seed", .value = "S", .text = "The first seed", .fallback = "random"},
                 options->seed);
  command.option({.name = "--runs",
                  .value = "N",
                  .text = "Seeds to run, one after the other",
                  .fallback = "1, or as many as --minutes allow"},
                 options->runs);
  command.option(
      {.name = "--minutes", .value = "M", .text = "Stop after so long", .fallback = "none"},
      options->minutes);
  command.option({.name = "--jobs",
                  .value = "J",
                  .text = "Processes that run at once",
                  .fallback = "one per core"},
                 options->jobs);
  command.option({.name = "--repeat-every",
                  .value = "N",
                  .text = "Run every N-th seed twice and compare; 0 never"},
                 options->repeat_every);
  command.option({.name = "--trace",
                  .value = "FILE",
                  .text = "Write a page that shows one run over virtual time",
                  .is_file = true},
                 options->trace);
  command.option({.name = "--mutation",
                  .value = "NAME",
                  .text = "Switch on a bug that this build was given, to see it found"},
                 options->mutation);
  command.flag({.name = "--probes", .text = "Print how often every fault and rare state came up"},
               options->probes);
  command.flag({.name = "--all-probes", .text = "Fail if one of them never did"},
               options->all_probes);
  command.flag({.name = "--keep-going", .text = "Go on after a failure"}, options->keep_going);
  command.flag({.name = "--no-shrink", .text = "Do not make a failure smaller"},
               options->no_shrink);
  command.json_flag(options->json);
  command.details(
      "The code of sessions, workspaces, log and recovery runs over a virtual clock, network and "
      "disk. A seed decides everything; the same seed is the same run. A failure prints its seed, "
      "the invariant that broke, and what led to it. Exits 1 if an invariant broke.");
  command.example("syncline sim --runs 1000", "a thousand worlds from a random seed on");
  command.example("syncline sim --seed 42 --trace run.html", "one world, to look at");
  command.example("syncline sim --minutes 60 --all-probes", "an hour, and nothing left untried");
  command.run([options, &command](Console& console) {
    return simulate(*options, command.typed("--seed"), console);
  });
}

}  // namespace syncline::cli
