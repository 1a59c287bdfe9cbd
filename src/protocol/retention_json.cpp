#include "protocol/retention_json.h"

#include <fmt/format.h>

#include <charconv>

namespace syncline::protocol {
namespace {

struct Unit {
  char letter;
  std::uint64_t ms;
};
constexpr Unit kUnits[] = {{'d', 86'400'000}, {'h', 3'600'000}, {'m', 60'000}, {'s', 1000}};
constexpr std::uint64_t kMaxUnits = 1'000'000;  // in days, this is two thousand years

std::string rule_json(const log::RetentionRule& rule) {
  return fmt::format(R"("keep_for":{},"keep_last":{})",
                     rule.keep_ms == 0 ? "null" : '"' + duration_text(rule.keep_ms) + '"',
                     rule.keep_last == 0 ? "null" : std::to_string(rule.keep_last));
}

std::string time_json(std::uint64_t unix_ms) {
  return '"' + time_text(unix_ms) + '"';
}

std::string record_json(const log::RetentionChange& change, const ShownName& shown) {
  std::string json =
      fmt::format(R"({{"time":{},"principal":{}{},"action":"{}")", time_json(change.unix_ms),
                  name_json(change.principal), shown_name_json(shown), log::to_string(change.act));
  if (change.act == log::RetentionAct::kSetRule) json += "," + rule_json(change.rule);
  if (!change.reason.empty()) json += ",\"reason\":" + name_json(change.reason);
  return json + "}";
}

}  // namespace

Result<std::uint64_t> parse_duration(std::string_view text) {
  if (text == "0") return 0;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc{} && end + 1 == text.data() + text.size() && count <= kMaxUnits)
    for (const Unit& unit : kUnits)
      if (*end == unit.letter) return count * unit.ms;
  return fail(
      ErrorCode::kInvalid,
      fmt::format("'{}' is no length of time such as 90d, 12h, 30m or 45s", text.substr(0, 32)));
}

std::string duration_text(std::uint64_t ms) {
  for (const Unit& unit : kUnits)
    if (ms % unit.ms == 0) return fmt::format("{}{}", ms / unit.ms, unit.letter);
  return fmt::format("{}ms", ms);
}

std::string retention_to_json(const log::Retention& retention, log::Position rule_says,
                              const std::vector<log::RetentionRecord>& record,
                              const NameOf& name_of) {
  std::string hold = "null";
  if (retention.hold)
    hold = fmt::format(R"({{"since":{},"principal":{}{},"reason":{}}})",
                       time_json(retention.hold->unix_ms), name_json(retention.hold->principal),
                       shown_name_json(name_of(retention.hold->principal)),
                       name_json(retention.hold->reason));
  std::string lines;
  for (const log::RetentionRecord& line : record)
    lines += (lines.empty() ? "" : ",") + record_json(line.change, name_of(line.change.principal));
  return fmt::format(
      R"({{{},"hold":{},"kept_from":{},"swept_to":{},"rule_says":{},"record":[{}]}})",
      rule_json(retention.rule), hold, retention.floor, retention.swept_to, rule_says, lines);
}

}  // namespace syncline::protocol
