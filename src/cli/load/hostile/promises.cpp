#include "cli/load/hostile/promises.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "cli/data/api.h"
#include "cli/data/patient_transport.h"
#include "syncline/crdt/updates.h"

namespace syncline::cli {
namespace {

using nlohmann::json;

constexpr int kPromisesFormat = 1;
constexpr int kTriesForObject = 5;
// A server that has just been attacked may need a while until it has room again.
constexpr std::uint64_t kPatienceMs = 120'000;

json ids_to_json(const crdt::IdSet& ids) {
  json all = json::array();
  for (const auto& [client, ranges] : ids.clients())
    for (const crdt::ClockRange& range : ranges) all.push_back({client, range.clock, range.len});
  return all;
}

bool ids_from_json(const json& all, crdt::IdSet& ids) {
  if (!all.is_array()) return false;
  for (const json& range : all) {
    if (!range.is_array() || range.size() != 3) return false;
    for (const json& part : range)
      if (!part.is_number_unsigned()) return false;
    ids.add(range[0].get<crdt::ClientId>(), range[1].get<crdt::Clock>(),
            range[2].get<crdt::Clock>());
  }
  return true;
}

std::uint64_t count_of_ids(const crdt::IdSet& ids) {
  std::uint64_t count = 0;
  for (const auto& [client, ranges] : ids.clients())
    for (const crdt::ClockRange& range : ranges) count += range.len;
  return count;
}

}  // namespace

std::string promises_to_json(const Promises& promises) {
  json objects = json::array();
  for (const auto& [name, acked] : promises)
    objects.push_back({{"workspace", name.first},
                       {"object", name.second},
                       {"inserts", ids_to_json(acked.inserts)},
                       {"deletes", ids_to_json(acked.deletes)}});
  return json{{"format", kPromisesFormat}, {"objects", std::move(objects)}}.dump();
}

Result<Promises> promises_from_json(std::string_view text) {
  const auto bad = [] { return fail(ErrorCode::kMalformed, "is no record of acknowledged edits"); };
  const json record = json::parse(text, nullptr, false);
  if (!record.is_object() || record.value("format", json()) != json(kPromisesFormat)) return bad();
  const json objects = record.value("objects", json());
  if (!objects.is_array()) return bad();
  Promises promises;
  for (const json& object : objects) {
    if (!object.is_object()) return bad();
    const json workspace = object.value("workspace", json());
    const json name = object.value("object", json());
    if (!workspace.is_string() || !name.is_string()) return bad();
    sim::Acked& acked = promises[{workspace.get<std::string>(), name.get<std::string>()}];
    if (!ids_from_json(object.value("inserts", json()), acked.inserts) ||
        !ids_from_json(object.value("deletes", json()), acked.deletes))
      return bad();
  }
  return promises;
}

Result<std::string> missing_of(const sim::Acked& promised, ByteView update) {
  const auto held = crdt::update_meta(update, crdt::UpdateVersion::kV1);
  if (!held) return std::unexpected(held.error());
  crdt::IdSet inserts = promised.inserts;
  inserts.remove(held->inserts);
  crdt::IdSet deletes = promised.deletes;
  deletes.remove(held->deletes);
  if (inserts.empty() && deletes.empty()) return std::string();
  return fmt::format("lacks {} insertions and {} deletions that were acknowledged",
                     count_of_ids(inserts), count_of_ids(deletes));
}

std::vector<std::string> missing_at(const std::string& base, const std::string& token,
                                    const Promises& promises) {
  std::vector<std::string> lines;
  auto server = transport_to_server(base, token);
  if (!server) return {server.error().message};
  Api api(ApiClient(std::make_unique<PatientTransport>(
      std::move(*server), kPatienceMs,
      [](std::uint64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); })));
  for (const auto& [name, acked] : promises) {
    auto update = api.object_update(name.first, name.second, "");
    for (int i = 1; i < kTriesForObject && !update; ++i)
      update = api.object_update(name.first, name.second, "");
    auto missing =
        update ? missing_of(acked, *update) : Result<std::string>(std::unexpected(update.error()));
    const std::string what = missing ? *missing : missing.error().message;
    if (!what.empty()) lines.push_back(fmt::format("{}/{}: {}", name.first, name.second, what));
  }
  return lines;
}

}  // namespace syncline::cli
