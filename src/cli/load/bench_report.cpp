#include "cli/load/bench_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/load/machine.h"
#include "cli/table.h"
#include "syncline/version.h"

namespace syncline::cli {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;
constexpr std::uint64_t kFastestSyncUs = 20;  // no disk that really syncs is faster
constexpr std::uint64_t kLateUs = 5'000;

std::string ms(std::uint64_t us) {
  return fmt::format("{:.2f} ms", static_cast<double>(us) / 1000);
}

std::string latencies(const Histogram& histogram) {
  if (histogram.count() == 0) return "none";
  return fmt::format("p50 {}, p99 {}, p999 {}, max {}", ms(histogram.quantile(0.5)),
                     ms(histogram.quantile(0.99)), ms(histogram.quantile(0.999)),
                     ms(histogram.max()));
}

json quantiles(const Histogram& histogram) {
  return {{"count", histogram.count()},
          {"p50", histogram.quantile(0.5)},
          {"p99", histogram.quantile(0.99)},
          {"p999", histogram.quantile(0.999)},
          {"max", histogram.max()}};
}

double disk_ratio(const BenchResult& result) {
  return result.payload_bytes == 0
             ? 0
             : static_cast<double>(result.disk_bytes) / static_cast<double>(result.payload_bytes);
}

std::string figure(double value) {
  if (value >= 100) return fmt::format("{:.0f}", value);
  return fmt::format("{:.2f}", value);
}

struct Compared {
  const char* title;
  const char* pointer;  // the path in the JSON
  double scale;
};

constexpr Compared kCompared[] = {
    {"throughput, changes/s", "/saturated/changes_per_s", 1},
    {"ack p50, ms", "/open_loop/ack_us/p50", 1e-3},
    {"ack p99, ms", "/open_loop/ack_us/p99", 1e-3},
    {"ack p999, ms", "/open_loop/ack_us/p999", 1e-3},
    {"ack max, ms", "/open_loop/ack_us/max", 1e-3},
    {"receipt p50, ms", "/open_loop/receipt_us/p50", 1e-3},
    {"receipt p99, ms", "/open_loop/receipt_us/p99", 1e-3},
    {"server CPU a change, us", "/server/cpu_us_per_change", 1},
    {"server memory, MiB", "/server/peak_memory_bytes", 1.0 / (1 << 20)},
    {"disk bytes a payload byte", "/disk/ratio", 1},
};

}  // namespace

std::vector<std::string> bench_warnings(const BenchOptions& options, const BenchResult& result) {
  std::vector<std::string> all;
  for (const std::string& handicap : build_handicaps())
    all.push_back(fmt::format("this build {}: nobody runs one like it", handicap));
  if (result.own_server && result.durability != "disk")
    all.push_back(fmt::format("acks mean '{}', not 'disk': a crash may take acknowledged changes",
                              result.durability));
  if (result.own_server && result.sync_us > 0 && result.sync_us < kFastestSyncUs)
    all.push_back(fmt::format(
        "an fsync takes {} us here: that is memory, not a disk. TMPDIR chooses another place",
        result.sync_us));
  if (result.load > 0.5 * result.cores)
    all.push_back(fmt::format("load average {:.1f} on {} before it began: others use this machine",
                              result.load, count_of(result.cores, "core")));
  if (result.late_us.quantile(0.99) > kLateUs)
    all.push_back(
        fmt::format("the generator itself was late by {} (p99): this machine is too slow or too "
                    "busy for {} changes/s, and latencies count its lateness",
                    ms(result.late_us.quantile(0.99)), options.rate));
  if (static_cast<double>(result.acked) < 0.95 * static_cast<double>(result.offered))
    all.push_back(fmt::format(
        "{} of {} changes were acknowledged in time: the rate is more than the server takes, so "
        "latencies say how long the queue grew",
        result.acked, result.offered));
  if (options.rate * options.seconds < 1000)
    all.push_back("fewer than 1000 changes were timed: p999 and max mean little");
  return all;
}

std::string bench_text(const BenchOptions& options, const BenchResult& result) {
  std::string text = fmt::format(
      "{} over {}: {}, {}, {} s\n\n"
      "  throughput  {:.0f} changes/s, each client with {} under way\n"
      "  ack         {}\n"
      "  receipt     {}\n"
      "              at {} changes/s, from the time each was due\n",
      options.workload, options.protocol, count_of(options.clients, "client"),
      count_of(options.documents, "document"), options.seconds, result.saturated_per_s,
      result.in_flight, latencies(result.ack_us), latencies(result.receipt_us), options.rate);
  text += fmt::format("  durability  {}", result.durability);
  text += result.own_server ? fmt::format(", fsync {}\n", ms(result.sync_us)) : "\n";
  if (result.own_server) {
    text += fmt::format("  memory      {} at most\n", size_text(result.peak_memory_bytes));
    text += fmt::format("  processor   {:.0f} us a change, open loop\n", result.cpu_us_per_change);
    text += fmt::format("  disk        {:.2f} bytes a byte of payload ({} for {})\n",
                        disk_ratio(result), size_text(result.disk_bytes),
                        size_text(result.payload_bytes));
  }
  for (const std::string& warning : result.warnings) text += "\nwarning: " + warning;
  if (!result.warnings.empty()) text += "\n";
  return text;
}

std::string bench_json(const BenchOptions& options, const BenchResult& result) {
  json out = {
      {"format", kFormat},
      {"version", SYNCLINE_VERSION_STRING},
      {"workload", options.workload},
      {"protocol", options.protocol},
      {"clients", options.clients},
      {"documents", options.documents},
      {"rate", options.rate},
      {"seconds", options.seconds},
      {"seed", options.seed},
      {"durability", result.durability},
      {"open_loop",
       {{"offered", result.offered},
        {"acked", result.acked},
        {"ack_us", quantiles(result.ack_us)},
        {"receipt_us", quantiles(result.receipt_us)},
        {"late_us", quantiles(result.late_us)}}},
      {"saturated",
       {{"changes_per_s", result.saturated_per_s}, {"in_flight_per_client", result.in_flight}}},
      {"machine", {{"cores", result.cores}, {"load", result.load}}},
      {"warnings", result.warnings}};
  if (result.own_server) {
    out["machine"]["sync_us"] = result.sync_us;
    out["server"] = {{"peak_memory_bytes", result.peak_memory_bytes},
                     {"cpu_us_per_change", result.cpu_us_per_change}};
    out["disk"] = {{"bytes", result.disk_bytes},
                   {"payload_bytes", result.payload_bytes},
                   {"ratio", disk_ratio(result)}};
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::string> bench_comparison(std::string_view saved, std::string_view now) {
  const json before = json::parse(saved, nullptr, false);
  const json after = json::parse(now, nullptr, false);
  if (!before.is_object() || before.value("/format"_json_pointer, json()) != json(kFormat))
    return fail(ErrorCode::kMalformed, "is no saved run of this version's format");
  for (const char* knob : {"workload", "protocol", "clients", "documents", "rate", "seconds"})
    if (before.value(knob, json()) != after.value(knob, json()))
      return fail(ErrorCode::kConflict,
                  fmt::format("measured something else: {} is {}, not {}", knob,
                              before.value(knob, json()).dump(), after.value(knob, json()).dump()));
  Table table({{"", Align::kLeft},
               {"then", Align::kRight},
               {"now", Align::kRight},
               {"ratio", Align::kRight}});
  for (const Compared& row : kCompared) {
    const json::json_pointer pointer(row.pointer);
    const json then_value = before.value(pointer, json());
    const json now_value = after.value(pointer, json());
    if (!then_value.is_number() || !now_value.is_number()) continue;
    const double was = then_value.get<double>();
    const double is = now_value.get<double>();
    table.row({row.title, figure(was * row.scale), figure(is * row.scale),
               was > 0 ? fmt::format("{:.2f}", is / was) : std::string("-")});
  }
  std::string text = table.print();
  const json warnings = before.value("warnings", json::array());
  if (warnings.is_array() && !warnings.empty())
    text += fmt::format("the saved run had {}\n", count_of(warnings.size(), "warning"));
  return text;
}

}  // namespace syncline::cli
