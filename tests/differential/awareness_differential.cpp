// Repeats the awareness traffic of awareness_cases.mjs and compares whom it concerned, what others
// are told, and the states. Prints the first difference, and fails if there was one.
//
//   awareness_differential FILE
#include <algorithm>
#include <fstream>
#include <iostream>

#include "doc_model.h"
#include "syncline/crdt/awareness.h"

namespace syncline::crdt::differential {
namespace {

struct Outcome {
  Json told;
  Json removed;
  Json states;
  std::string message;
};

Outcome run_step(Awareness& awareness, const Json& step) {
  const std::uint64_t now = step["now"];
  AwarenessChange change;
  if (step.contains("apply")) {
    Result<AwarenessChange> applied = awareness.apply(unhex(step["apply"]), now);
    if (!applied) return {.told = applied.error().message, .message = "refused"};
    change = *std::move(applied);
  } else if (step.contains("remove")) {
    change = awareness.remove(step["remove"].get<std::vector<ClientId>>(), now);
  } else {
    change = awareness.expire(now);
  }
  std::vector<ClientId> told = change.added;
  told.insert(told.end(), change.updated.begin(), change.updated.end());
  std::ranges::sort(told);
  std::ranges::sort(change.removed);
  std::vector<ClientId> all = told;
  all.insert(all.end(), change.removed.begin(), change.removed.end());
  Json states = Json::array();
  for (const auto& [client, entry] : awareness.clients())
    if (!entry.state.empty()) states.push_back({client, entry.state});
  return {told, change.removed, states, hex(awareness.encode(all))};
}

bool same(const Json& seed, const Json& step, const char* what, const Json& expected,
          const Json& actual) {
  if (expected == actual) return true;
  std::cout << "difference in case " << seed << ", " << what << "\n  " << step.dump()
            << "\n  expected: " << expected.dump() << "\n  actual:   " << actual.dump() << '\n';
  return false;
}

bool run_case(const Json& entry) {
  Awareness awareness;
  for (const Json& step : entry["steps"]) {
    const Outcome outcome = run_step(awareness, step);
    const Json& seed = entry["seed"];
    if (!same(seed, step, "told", step["told"], outcome.told) ||
        !same(seed, step, "removed", step["removed"], outcome.removed) ||
        !same(seed, step, "message", step["message"], outcome.message) ||
        !same(seed, step, "states", step["states"], outcome.states))
      return false;
  }
  return true;
}

int run(std::istream& in) {
  std::size_t cases = 0;
  std::size_t steps = 0;
  for (std::string line; std::getline(in, line); ++cases) {
    const Json entry = Json::parse(line);
    if (!run_case(entry)) return 1;
    steps += entry["steps"].size();
  }
  std::cout << cases << " cases, " << steps << " steps, no difference\n";
  return cases > 0 ? 0 : 1;
}

}  // namespace
}  // namespace syncline::crdt::differential

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: awareness_differential FILE\n";
    return 2;
  }
  std::ifstream file(argv[1]);
  return syncline::crdt::differential::run(file);
}
