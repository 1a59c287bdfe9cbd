// `syncline policy simulate`: other policies, tried on what has happened.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/data/policy_files.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/table.h"
#include "log/access_rules.h"
#include "policy/access_schema.h"

namespace syncline::cli {
namespace {

using crdt::Any;

constexpr std::size_t kMostPeopleBytes = std::size_t{1} << 20;

struct SimulateOptions {
  std::string workspace;
  std::vector<std::string> policies;  // files
  bool add = false;
  bool of_tenant = false;
  std::string from;
  std::string to;
  std::string people;  // a file
  SourceOptions source;
  bool json = false;
};

// The body of the request.
Result<std::string> wish_of(const SimulateOptions& options) {
  Any::Object policies;
  for (const std::string& file : options.policies) {
    const auto text = read_file(file, log::kMaxPolicyBytes);
    if (!text) return std::unexpected(text.error());
    const std::string name = policy_name_of(file);
    // A mistake is found before anything is sent.
    if (auto fits = policy::check_policy_text(name, as_text(*text)); !fits)
      return std::unexpected(std::move(fits.error()));
    policies.emplace_back(name, Any(std::string(as_text(*text))));
  }
  Any::Object wish{{"policies", Any(std::move(policies))},
                   {"add", Any(options.add)},
                   {"tenant", Any(options.of_tenant)}};
  if (!options.people.empty()) {
    const auto text = read_file(options.people, kMostPeopleBytes);
    if (!text) return std::unexpected(text.error());
    auto people = crdt::from_json(as_text(*text));
    if (!people)
      return fail(people.error().code, shown_name(options.people) + ": " + people.error().message);
    wish.emplace_back("people", std::move(*people));
  }
  return compact_json(Any(std::move(wish)));
}

std::string list_of_reasons(const Any& decision, std::string_view member) {
  const Any::Array* reasons = array_member(decision, member);
  std::string list;
  if (reasons != nullptr)
    for (const Any& each : *reasons) list += (list.empty() ? "" : "; ") + text_of(each);
  return list;
}

// "set /budget/travel"
std::string asked_for(const Any& decision) {
  const std::string path = text_member(decision, "path");
  return text_member(decision, "action") + (path.empty() ? "" : " " + path);
}

std::string because(const Any& decision) {
  if (text_member(decision, "now") == "allowed") {
    const std::string reasons = list_of_reasons(decision, "now_by");
    return reasons.empty() ? "there are no rules" : reasons;
  }
  if (text_member(decision, "now") != "refused") return text_member(decision, "message");
  const std::string reasons = list_of_reasons(decision, "now_by");
  if (!reasons.empty()) return reasons;
  return text_member(decision, "action").empty() ? text_member(decision, "message")
                                                 : "nothing permits it";
}

// What decided then. Of what was refused, no policy may have permitted it.
std::string decided_then(const Any& decision) {
  const std::string reasons = list_of_reasons(decision, "then_by");
  return reasons.empty() && text_member(decision, "then") == "refused" ? "nothing permits it"
                                                                       : reasons;
}

struct SimulatedCounts {
  std::uint64_t judged = 0;
  std::uint64_t refused = 0;
  std::uint64_t unclear = 0;
  std::uint64_t refusals = 0;  // that were judged
  std::uint64_t allowed = 0;
  std::uint64_t refusals_unclear = 0;
  bool cut = false;
};

void show_decision(const Any& decision, const SimulateOptions& options, Table& table,
                   Console& console) {
  if (options.json) return console.line(compact_json(decision));
  const std::uint64_t position = number_member(decision, "position");
  table.row({position == 0 ? "" : std::to_string(position), text_member(decision, "time"),
             text_member(decision, "principal"), text_member(decision, "object"),
             asked_for(decision), text_member(decision, "then"), decided_then(decision),
             text_member(decision, "now"), because(decision)});
}

// Of those that may read the audit log.
void show_refusals(const Any& page, const SimulateOptions& options, SimulatedCounts& counts,
                   Table& table, Console& console) {
  const Any::Array* refusals = array_member(page, "refusals");
  if (refusals == nullptr) return;
  counts.refusals += number_member(page, "refusals_judged");
  counts.refusals_unclear += number_member(page, "refusals_unclear");
  const auto* cut = std::get_if<bool>(&member(page, "refusals_cut").value());
  counts.cut = counts.cut || (cut != nullptr && *cut);
  for (const Any& each : *refusals) {
    if (text_member(each, "now") == "allowed") ++counts.allowed;
    show_decision(each, options, table, console);
  }
}

std::string summary_of(const SimulatedCounts& counts) {
  std::string summary =
      fmt::format("{} judged: {} would be refused, {} unclear", count_of(counts.judged, "event"),
                  counts.refused, counts.unclear);
  if (counts.refusals > 0)
    summary +=
        fmt::format("; {} judged: {} would be allowed, {} unclear",
                    count_of(counts.refusals, "refusal"), counts.allowed, counts.refusals_unclear);
  if (counts.cut) summary += "; there may be further refusals";
  return summary;
}

int simulate(const Command& command, const SimulateOptions& options, Console& console) {
  const auto wish = wish_of(options);
  if (!wish) return console.failed(wish.error());
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  Table table({{"POSITION", Align::kRight},
               {"TIME"},
               {"PRINCIPAL"},
               {"OBJECT"},
               {"ACTION"},
               {"THEN"},
               {"BY"},
               {"NOW"},
               {"BECAUSE"}});
  SimulatedCounts counts;
  for (std::uint64_t after = 0; !console.closed();) {
    const auto page = api->simulate(options.workspace, options.from, options.to, after, *wish);
    if (!page) return console.failed(page.error());
    counts.judged += number_member(*page, "judged");
    for (const Any& each : *array_member(*page, "differences")) {
      ++(text_member(each, "now") == "refused" ? counts.refused : counts.unclear);
      show_decision(each, options, table, console);
    }
    show_refusals(*page, options, counts, table, console);
    after = number_member(*page, "next");
    if (after == 0) break;
  }
  if (!table.empty()) console.out(table.print());
  const std::string summary = summary_of(counts);
  options.json ? console.message(summary) : console.line(summary);
  return kDone;
}

}  // namespace

void add_policy_simulate(Command& policy) {
  Command& command =
      policy.add("simulate",
                 "Say which events of a workspace other policies would have refused, and "
                 "which refusals they would not have made");
  auto options = std::make_shared<SimulateOptions>();
  command.argument({.name = "WORKSPACE", .text = "whose history", .required = true},
                   options->workspace);
  command.option({.name = "--policy",
                  .value = "FILE",
                  .text = "A policy to try; may be repeated. They replace those of the workspace",
                  .required = true,
                  .is_file = true},
                 options->policies);
  command.flag({.name = "--add",
                .text = "They come to those of the workspace, and replace those of the same names"},
               options->add);
  command.flag({.name = "--for-tenant",
                .text = "Try them as policies of the whole tenant, not of the workspace"},
               options->of_tenant);
  command.option({.name = "--from",
                  .value = "MOMENT",
                  .text = "What happened after a position, a time or a pin",
                  .fallback = "the beginning"},
                 options->from);
  command.option({.name = "--to", .value = "MOMENT", .text = "And up to that", .fallback = "now"},
                 options->to);
  command.option({.name = "--people",
                  .value = "FILE",
                  .text = "What the tokens of people say, as JSON: "
                          "{\"ann\": {\"groups\": [\"team\"], \"rights\": \"write\"}}",
                  .is_file = true},
                 options->people);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "The log holds who made an event, when, and what it touched; and, for events that rules have "
      "judged, what the token of the author said. What depends on more is told as unclear, unless "
      "--people says it. Refusals are those in the audit log, if the server keeps one and the "
      "token "
      "may read it; of these, little is known (docs/policy.md).");
  command.example("syncline policy simulate demo --policy new.cedar --from 2026-11-01",
                  "before it is set");
  command.run(
      [&command, options](Console& console) { return simulate(command, *options, console); });
}

}  // namespace syncline::cli
