#include <fmt/format.h>

#include <functional>
#include <string>

#include "cli/load/hostile/attacks/kinds.h"
#include "cli/load/hostile/crowd.h"

namespace syncline::cli::attacks {
namespace {

// These attacks differ only in what they ask for: large answers, or answers that need the whole history.
class BigRequest final : public Peer {
 public:
  BigRequest(Field& field, std::string path) : Peer(field), path_(std::move(path)) {}

 private:
  void begin() override { open(); }
  void opened() override { send_request(field().ground.request("GET", path_, Role::kReader)); }

  const std::string path_;
};

// `path_of` gives the path of request number n, behind that of the workspace.
using PathOf = std::function<std::string(std::uint64_t n)>;

std::unique_ptr<Attack> ask_each(Field& field, std::uint64_t peers, PathOf path_of) {
  return std::make_unique<Crowd>(
      field, CrowdSize{.peers = peers, .opened_per_second = static_cast<double>(peers)},
      [path_of = std::move(path_of), n = std::uint64_t{0}](Field& in) mutable {
        return std::make_unique<BigRequest>(
            in, fmt::format("/v1/workspaces/{}/{}", in.ground.workspace, path_of(n++)));
      });
}

std::unique_ptr<Attack> ask_for(Field& field, std::string what, std::uint64_t peers) {
  return ask_each(field, peers, [what = std::move(what)](std::uint64_t) { return what; });
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

AttackKind past_states() {
  return {
      "past-states", Role::kReader,
      "8 requests at once for the state of a document with a long history, each at another moment",
      Needs::kHistory, [](Field& field) {
        return ask_each(field, 8, [&ground = field.ground](std::uint64_t n) {
          // Steps of the golden ratio: moments far from those before.
          const std::uint64_t at = 1 + n * 0x9e37'79b9 % ground.history;
          return fmt::format("objects/{}?at={}", ground.history_object(), at);
        });
      }};
}

AttackKind exports() {
  return {"exports", Role::kReader, "4 requests at once for the whole workspace with its history",
          Needs::kHistory, [](Field& field) { return ask_for(field, "export", 4); }};
}

}  // namespace syncline::cli::attacks
