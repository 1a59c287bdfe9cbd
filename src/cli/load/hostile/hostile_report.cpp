#include "cli/load/hostile/hostile_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "syncline/version.h"

namespace syncline::cli {
namespace {

using nlohmann::json;

constexpr int kHostileFormat = 1;

std::string in_ms(std::uint64_t us) {
  return fmt::format("{:.2f} ms", static_cast<double>(us) / 1000);
}

std::string in_mib(std::uint64_t bytes) {
  return fmt::format("{:.0f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::string times_text(const Histogram& histogram) {
  if (histogram.count() == 0) return "none";
  return fmt::format("p50 {}, p99 {}, max {} ({} edits)", in_ms(histogram.quantile(0.5)),
                     in_ms(histogram.quantile(0.99)), in_ms(histogram.max()), histogram.count());
}

std::string server_text(const std::optional<ServerQuantiles>& times) {
  if (!times) return "none";
  return fmt::format("p50 at most {}, p99 at most {} ({} changes)", in_ms(times->p50_us),
                     in_ms(times->p99_us), times->count);
}

std::string codes_text(const Tally& tally) {
  std::string text;
  for (const auto& [code, count] : tally.codes)
    text += fmt::format("{}{} x{}", text.empty() ? "" : " ", code, count);
  return text.empty() ? "-" : text;
}

json times_json(const Histogram& histogram) {
  return {{"count", histogram.count()},
          {"p50", histogram.quantile(0.5)},
          {"p99", histogram.quantile(0.99)},
          {"p999", histogram.quantile(0.999)},
          {"max", histogram.max()}};
}

json server_json(const std::optional<ServerQuantiles>& times) {
  if (!times) return nullptr;
  return {{"count", times->count},
          {"p50", times->p50_us},
          {"p99", times->p99_us},
          {"p999", times->p999_us}};
}

json attack_json(const AttackOutcome& outcome) {
  const Tally& tally = outcome.tally;
  json codes = json::object();
  for (const auto& [code, count] : tally.codes) codes[std::to_string(code)] = count;
  return {{"name", outcome.kind->name},
          {"role", to_string(outcome.kind->role)},
          {"connected", tally.connected},
          {"most_open", tally.most_open},
          {"sent", tally.sent},
          {"sent_bytes", tally.sent_bytes},
          {"received_bytes", tally.received_bytes},
          {"accepted", tally.accepted},
          {"refused", tally.refused},
          {"closed", tally.closed},
          {"errors", tally.errors},
          {"codes", std::move(codes)}};
}

std::string attacks_table(const HostileResult& result) {
  Table table({{"attack", Align::kLeft},
               {"by", Align::kLeft},
               {"open", Align::kRight},
               {"sent", Align::kRight},
               {"MB out", Align::kRight},
               {"MB in", Align::kRight},
               {"accepted", Align::kRight},
               {"refused", Align::kRight},
               {"closed", Align::kRight},
               {"errors", Align::kRight},
               {"codes", Align::kLeft}});
  for (const AttackOutcome& outcome : result.attacks) {
    const Tally& tally = outcome.tally;
    const auto mb = [](std::uint64_t bytes) {
      return fmt::format("{:.1f}", static_cast<double>(bytes) / 1e6);
    };
    table.row({std::string(outcome.kind->name), std::string(to_string(outcome.kind->role)),
               std::to_string(tally.most_open), std::to_string(tally.sent), mb(tally.sent_bytes),
               mb(tally.received_bytes), std::to_string(tally.accepted),
               std::to_string(tally.refused), std::to_string(tally.closed),
               std::to_string(tally.errors), codes_text(tally)});
  }
  return table.print();
}

std::string memory_text(const HostileResult& result) {
  if (result.memory_most == 0) return "not known: --server-pid was not given";
  return fmt::format("{} before, {} at most, {} after", in_mib(result.memory_before),
                     in_mib(result.memory_most), in_mib(result.memory_after));
}

}  // namespace

std::string hostile_text(const HostileOptions& options, const HostileResult& result) {
  if (options.seconds == 0) return "the documents for the attacks are there\n";
  std::string text =
      fmt::format("{} for {} s beside {}\n\n", count_of(result.attacks.size(), "attack"),
                  options.seconds, count_of(options.users, "user"));
  if (options.users > 0)
    text += fmt::format("  users, calm      {}\n  users, attacked  {}\n",
                        times_text(result.calm.ack_us), times_text(result.attacked.ack_us));
  if (options.calm_seconds > 0)
    text += fmt::format("  server, calm     {}\n", server_text(result.server_calm));
  text += fmt::format(
      "  server, attacked {}\n"
      "                   from received to durable, of all changes, also those of attackers\n"
      "  server, alone    {}\n"
      "                   of these, changes whose author had no other under way\n"
      "  memory           {}\n",
      server_text(result.server_attacked), server_text(result.alone_attacked), memory_text(result));
  if (options.users > 0)
    text += fmt::format("  acknowledged     {} edits of the users, {}\n", result.acked,
                        result.lost == 0
                            ? "none is missing"
                            : fmt::format("MISSING in {}", count_of(result.lost, "document")));
  if (!result.attacks.empty()) text += "\n" + attacks_table(result);
  text += "\n";
  if (!result.server_ended.empty())
    text += fmt::format("FAILED: the server ended: {}\n", result.server_ended);
  if (!result.users_problem.empty())
    text += fmt::format("FAILED: the users could not go on: {}\n", result.users_problem);
  if (result.lost > 0) text += "FAILED: acknowledged edits are missing\n";
  for (const std::string& warning : result.warnings) text += "warning: " + warning + "\n";
  return text;
}

std::string hostile_json(const HostileOptions& options, const HostileResult& result) {
  json attacks = json::array();
  for (const AttackOutcome& outcome : result.attacks) attacks.push_back(attack_json(outcome));
  json memory = json::array();
  for (const MemoryAt& at : result.memory) memory.push_back({at.second, at.bytes});
  const json out = {
      {"format", kHostileFormat},
      {"version", SYNCLINE_VERSION_STRING},
      {"workload", "hostile"},
      {"seconds", options.seconds},
      {"users",
       {{"count", options.users},
        {"calm_ack_us", times_json(result.calm.ack_us)},
        {"calm_receipt_us", times_json(result.calm.receipt_us)},
        {"attacked_ack_us", times_json(result.attacked.ack_us)},
        {"attacked_receipt_us", times_json(result.attacked.receipt_us)},
        {"acknowledged", result.acked},
        {"documents_that_lack_edits", result.lost},
        {"problem", result.users_problem}}},
      {"server",
       {{"calm_durable_us", server_json(result.server_calm)},
        {"attacked_durable_us", server_json(result.server_attacked)},
        {"attacked_sync_us", server_json(result.sync_attacked)},
        {"attacked_alone_durable_us", server_json(result.alone_attacked)},
        {"attacked_long_durable_us", server_json(result.long_attacked)},
        {"attacked_turns_us", server_json(result.turns_attacked)},
        {"ended", result.server_ended},
        {"memory_before_bytes", result.memory_before},
        {"memory_most_bytes", result.memory_most},
        {"memory_after_bytes", result.memory_after},
        {"memory_by_second", std::move(memory)}}},
      {"attacks", std::move(attacks)},
      {"machine", {{"cores", result.cores}, {"load", result.load}, {"sync_us", result.sync_us}}},
      {"sound", result.sound()},
      {"warnings", result.warnings}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string attack_list() {
  Table table({{"attack", Align::kLeft}, {"by", Align::kLeft}, {"what it does", Align::kLeft}});
  for (const AttackKind& kind : all_attacks())
    table.row({std::string(kind.name), std::string(to_string(kind.role)), std::string(kind.does)});
  return table.print();
}

}  // namespace syncline::cli
