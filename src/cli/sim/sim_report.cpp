#include "cli/sim/sim_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {

using crdt::Any;

std::string virtual_time(std::uint64_t time_us) {
  return fmt::format("{:.3f} s", static_cast<double>(time_us) / 1e6);
}

std::string timeline_text(const sim::RunResult& result, std::size_t max_lines) {
  std::vector<const sim::TraceEntry*> kept;
  for (const sim::TraceEntry& entry : result.trace)
    if (entry.kind != sim::Kind::kMessage && entry.kind != sim::Kind::kDisk) kept.push_back(&entry);
  const std::size_t from = kept.size() - std::min(kept.size(), max_lines);
  std::string text;
  if (from > 0) text += fmt::format("  … {} earlier\n", from);
  for (std::size_t i = from; i < kept.size(); ++i)
    text += fmt::format("  {:>12}  {:<8} {:<8} {}\n", virtual_time(kept[i]->time_us),
                        sim::to_string(kept[i]->kind), kept[i]->who, visible(kept[i]->text));
  return text;
}

std::string probes_text(const sim::Probes& probes) {
  Table table({{"PROBE"}, {"COUNT", Align::kRight}});
  for (std::size_t i = 0; i < sim::kProbes; ++i)
    table.row({std::string(sim::kProbeNames[i]),
               probes.at(i) > 0 ? std::to_string(probes.at(i)) : "never"});
  return table.print();
}

std::vector<std::string> probes_missed(const sim::Probes& probes) {
  std::vector<std::string> missed;
  for (std::size_t i = 0; i < sim::kProbes; ++i)
    if (probes.at(i) == 0) missed.emplace_back(sim::kProbeNames[i]);
  return missed;
}

std::string totals_text(const SimTotals& totals) {
  const double hours = static_cast<double>(totals.virtual_us) / 3.6e9;
  return fmt::format(
      "{}, {} twice, {:.1f} virtual hours in {:.1f} s: {:.0f} virtual hours an hour, {:.0f} "
      "events/s, "
      "{}",
      count_of(totals.runs, "run"), totals.repeated, hours, totals.seconds,
      hours * 3600 / std::max(totals.seconds, 1e-3),
      static_cast<double>(totals.events) / std::max(totals.seconds, 1e-3),
      count_of(totals.edits, "edit"));
}

std::string totals_json(const SimTotals& totals) {
  Any::Object probes;
  for (std::size_t i = 0; i < sim::kProbes; ++i)
    probes.emplace_back(std::string(sim::kProbeNames[i]), json_number(totals.probes.at(i)));
  Any::Array failures;
  for (const SimFailure& failure : totals.failures)
    failures.push_back(Any(Any::Object{{"seed", Any(std::to_string(failure.seed))},
                                       {"invariant", Any(failure.violation.invariant)},
                                       {"what", Any(failure.violation.what)}}));
  return compact_json(Any(Any::Object{
      {"ok", Any(totals.failures.empty())},
      {"runs", json_number(totals.runs)},
      {"run_twice", json_number(totals.repeated)},
      {"virtual_seconds", Any(std::floor(static_cast<double>(totals.virtual_us) / 1e6))},
      {"seconds", Any(totals.seconds)},
      {"events", json_number(totals.events)},
      {"edits", json_number(totals.edits)},
      {"probes", Any(std::move(probes))},
      {"failures", Any(std::move(failures))}}));
}

}  // namespace syncline::cli
