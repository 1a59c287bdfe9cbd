#include "store/requests.h"

namespace syncline::store {
namespace {

std::size_t size_of(const Request& request) {
  if (const auto* snapshot = std::get_if<SnapshotRequest>(&request)) return snapshot->bytes.size();
  std::size_t total = 0;
  for (const auto& event : std::get<AppendRequest>(request).events) total += event.record.size();
  return total;
}

// Keeps its place among the others, and nothing of what it weighs.
void overflow(Request& request) {
  std::visit([](auto& each) { each.overflowed = true; }, request);
  if (auto* snapshot = std::get_if<SnapshotRequest>(&request)) {
    snapshot->bytes = {};
  } else {
    std::get<AppendRequest>(request).events = {};
  }
}

}  // namespace

void RequestQueue::push(Request request) {
  const std::size_t size = size_of(request);
  if (requests_.empty() || bytes_ + size <= max_bytes_) {
    bytes_ += size;
  } else {
    overflow(request);
  }
  requests_.push_back(std::move(request));
}

}  // namespace syncline::store
