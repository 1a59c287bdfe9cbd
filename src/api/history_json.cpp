#include "api/history_json.h"

#include <fmt/format.h>

#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {

std::string change_to_json(const state::Change& change) {
  std::string json = protocol::event_to_json(change.event);
  json.pop_back();
  return json + ",\"changes\":" + change.told + "}";
}

std::string blamed_to_json(const state::BlamedText& text) {
  std::string runs;
  for (const state::BlamedRun& run : text.runs) {
    runs += fmt::format(R"({}{{"text":{},"position":{},"time":"{}","principal":{},"actor":{}}})",
                        runs.empty() ? "" : ",", protocol::json_string(run.text), run.position,
                        protocol::time_text(run.accepted_ms), protocol::name_json(run.principal),
                        protocol::name_json(run.actor));
  }
  return fmt::format(R"({{"path":{},"runs":[{}]}})", protocol::json_string(text.path), runs);
}

}  // namespace syncline::api
