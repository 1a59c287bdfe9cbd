#include <fmt/format.h>

#include <string>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"

namespace syncline::cli::attacks {
namespace {

// The four attacks differ only in what they ask for: large answers, or answers that need the whole history.
class BigRequest final : public Peer {
 public:
  BigRequest(Field& field, std::string path) : Peer(field), path_(std::move(path)) {}

 private:
  void begin() override { open(); }
  void opened() override { send_request(field().ground.request("GET", path_, Role::kReader)); }

  const std::string path_;
};

std::unique_ptr<Attack> ask_for(Field& field, std::string what, std::uint64_t peers) {
  std::string path = fmt::format("/v1/workspaces/{}/{}", field.ground.workspace, what);
  return std::make_unique<Crowd>(
      field, CrowdSize{.peers = peers, .opened_per_second = static_cast<double>(peers)},
      [path = std::move(path)](Field& in) { return std::make_unique<BigRequest>(in, path); });
}

}  // namespace

AttackKind blame() {
  return {"blame", Role::kReader, "8 requests at once for the blame of a long history",
          Needs::kHistory,
          [](Field& field) { return ask_for(field, "blame/" + field.ground.history_object(), 8); }};
}

AttackKind changes() {
  return {"changes", Role::kReader, "8 requests at once for changes of a long history",
          Needs::kHistory, [](Field& field) {
            return ask_for(field, "changes/" + field.ground.history_object() + "?limit=1000", 8);
          }};
}

AttackKind states() {
  return {"states", Role::kReader,
          "4 requests at once for the state of a workspace with large documents", Needs::kLarge,
          [](Field& field) { return ask_for(field, "state?limit=100", 4); }};
}

AttackKind large_json() {
  return {
      "json", Role::kReader, "4 requests at once for a large binary value as JSON", Needs::kBinary,
      [](Field& field) { return ask_for(field, "objects/" + field.ground.binary_object(), 4); }};
}

}  // namespace syncline::cli::attacks
