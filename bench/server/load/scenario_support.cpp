#include "load/scenario_support.h"

#include <fmt/format.h>

#include <algorithm>

namespace syncline::bench {

std::string document_name(const Run& run, std::size_t number) {
  return fmt::format("{}-{}", run.name, number);
}

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void report_cores(Report& report, std::string_view name, const Spent& spent) {
  report.number(fmt::format("{}_server_cores", name), spent.server_cores);
  report.number(fmt::format("{}_load_cores", name), spent.own_cores);
  report.number(fmt::format("{}_other_cores", name), spent.other_cores);
}

}  // namespace syncline::bench
