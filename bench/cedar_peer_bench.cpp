// Decisions of the Cedar engine, for bench/peers/cedar.mjs, which compares them with the published engine.
//
//   cedar_peer_bench WORLD.json SECONDS
//
// The world is an object: `policies` and `entities` as texts, and `requests`. Everything is read first; then
// the requests are decided one after the other, again and again. Prints one JSON object: the decisions of
// the first round as a text of `a` and `d`, how many policies were satisfied, decisions a second of
// the processor, the same in the best round, and bytes of memory that the decisions took beyond those of the first round.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "cedar/authorizer.h"
#include "cedar/parser.h"
#include "cedar/value_json.h"

namespace {

std::size_t allocated = 0;

}  // namespace

void* operator new(std::size_t size) {
  allocated += size;
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

using namespace syncline;
using namespace syncline::cedar;

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

std::string_view text_of(const Json& json, const char* key) {
  return json.find(key)->text->view();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream file(argv[1]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Arena arena;
  const Json world = must(parse_json(text, arena));
  const Authorizer authorizer(
      std::make_shared<PolicySet>(must(parse_policies(text_of(world, "policies")))));
  const Entities entities = must(entities_from_json(text_of(world, "entities"), nullptr));
  std::vector<OwnedRequest> requests;
  for (const Json& each : world.find("requests")->elements)
    requests.push_back(must(request_from_json(each, nullptr)));

  Arena scratch;
  Answer answer;
  std::string decisions;
  std::size_t satisfied = 0;
  for (const OwnedRequest& each : requests) {
    authorizer.decide(each.request, entities, scratch, answer);
    decisions += answer.allowed ? 'a' : 'd';
    satisfied += answer.permitting.size() + answer.forbidding.size();
  }

  const std::size_t before = allocated;
  const double limit = std::atof(argv[2]);
  const std::clock_t start = std::clock();
  std::size_t count = 0;
  std::size_t allowed = 0;
  double seconds = 0;
  double best = 1e9;
  while (seconds < limit) {
    const double begun = seconds;
    for (const OwnedRequest& each : requests) {
      authorizer.decide(each.request, entities, scratch, answer);
      allowed += answer.allowed ? 1 : 0;
    }
    count += requests.size();
    seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    best = std::min(best, seconds - begun);
  }
  std::printf(
      "{\"decisions\": \"%s\", \"satisfied\": %zu, \"allowed\": %zu, \"per_second\": %.0f, "
      "\"best\": %.0f, \"allocated\": %zu}\n",
      decisions.c_str(), satisfied, allowed, static_cast<double>(count) / seconds,
      static_cast<double>(requests.size()) / best, allocated - before);
  return 0;
}
