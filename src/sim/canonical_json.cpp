#include "sim/canonical_json.h"

#include <algorithm>
#include <utility>

namespace syncline::sim {
namespace {

crdt::Any canonical(const crdt::Any& value) {
  if (const auto* array = std::get_if<crdt::Any::Array>(&value.value())) {
    crdt::Any::Array sorted;
    for (const crdt::Any& element : *array) sorted.push_back(canonical(element));
    return crdt::Any(std::move(sorted));
  }
  const auto* object = std::get_if<crdt::Any::Object>(&value.value());
  if (object == nullptr) return value;
  crdt::Any::Object sorted;
  for (const auto& [key, member] : *object) sorted.emplace_back(key, canonical(member));
  std::ranges::sort(sorted, {}, [](const auto& member) { return member.first; });
  return crdt::Any(std::move(sorted));
}

}  // namespace

std::string canonical_json(const crdt::Any& value) {
  return crdt::to_json(canonical(value));
}

bool same_json(std::string_view one, std::string_view other) {
  const auto first = crdt::from_json(one);
  const auto second = crdt::from_json(other);
  return first && second && canonical_json(*first) == canonical_json(*second);
}

}  // namespace syncline::sim
