#include "store/requests.h"

#include <algorithm>

#include "log/rules.h"

namespace syncline::store {

bool makes_room(const Request& request) {
  if (const auto* append = std::get_if<AppendRequest>(&request)) {
    return std::ranges::all_of(append->append.events, [](const log::EncodedEvent& event) {
      return log::is_system_object(event.object);
    });
  }
  if (const auto* put = std::get_if<SnapshotRequest>(&request))
    return put->snapshot.bytes_since_milestone == 0;
  if (const auto* file = std::get_if<FileRequest>(&request))
    return std::holds_alternative<EndUpload>(file->change) ||
           std::holds_alternative<CollectFile>(file->change) ||
           std::holds_alternative<ShrinkList>(file->change);
  return std::holds_alternative<FloorRequest>(request) ||
         std::holds_alternative<DropRequest>(request) ||
         std::holds_alternative<EraseRequest>(request) ||
         std::holds_alternative<RemoveWaitingRequest>(request) ||
         std::holds_alternative<DirectoryRequest>(request) ||
         std::holds_alternative<CheckpointRequest>(request);
}
namespace {

std::size_t size_of(const AppendRequest& request) {
  std::size_t total = 0;
  for (const auto& event : request.append.events) total += event.record.size();
  return total;
}
std::size_t size_of(const SnapshotRequest& request) {
  return request.snapshot.bytes.size();
}
std::size_t size_of(const CheckpointRequest& request) {
  return request.note.size();
}
std::size_t size_of(const UntoldPinRequest& request) {
  return request.pin.name.size() + request.pin.principal.size();
}
std::size_t size_of(const OriginRequest& request) {
  return request.origin.note.size();
}
std::size_t size_of(const FloorRequest&) {
  return 0;
}
std::size_t size_of(const DropRequest& request) {
  std::size_t total = 0;
  for (const auto& object : request.skip) total += object.size();
  return total;
}

std::size_t size_of(const EraseRequest& request) {
  return request.erasure.object.size();
}
std::size_t size_of(const PutWaitingRequest& request) {
  return request.change.intent.size() + request.change.waits_for.size();
}
std::size_t size_of(const RemoveWaitingRequest& request) {
  return request.numbers.size() * sizeof(request.numbers[0]);
}
std::size_t size_of(const DirectoryRequest& request) {
  std::size_t total = 0;
  for (const auto& change : request.changes)
    total += change.id.size() + (change.value ? change.value->size() : 0);
  return total;
}
std::size_t size_of(const FileRequest& request) {
  if (const auto* advance = std::get_if<AdvanceUpload>(&request.change))
    return sizeof *advance + advance->more.size() * sizeof advance->more[0];
  return sizeof request;
}

void drop_content(AppendRequest& request) {
  request.append = {};
}
void drop_content(SnapshotRequest& request) {
  request.snapshot.bytes = {};
}
void drop_content(CheckpointRequest& request) {
  request.note = {};
}
void drop_content(UntoldPinRequest& request) {
  request.pin = {};
}
void drop_content(OriginRequest& request) {
  request.origin = {};
}
void drop_content(FloorRequest&) {}
void drop_content(DropRequest& request) {
  request.skip = {};
  request.intact = {};
  request.stale = {};
}

void drop_content(EraseRequest& request) {
  request.erasure = {};
}
void drop_content(PutWaitingRequest& request) {
  request.change = {};
}
void drop_content(RemoveWaitingRequest& request) {
  request.numbers = {};
}
void drop_content(DirectoryRequest& request) {
  request.changes = {};
}
void drop_content(FileRequest& request) {
  request.change = {};
}

// Drops the content of a request and keeps its place in the queue.
void overflow(Request& request) {
  std::visit(
      [](auto& each) {
        each.overflowed = true;
        drop_content(each);
      },
      request);
}

}  // namespace

void RequestQueue::push(Request request) {
  const std::size_t size = std::visit([](const auto& each) { return size_of(each); }, request);
  if (requests_.empty() || bytes_ + size <= max_bytes_) {
    bytes_ += size;
  } else {
    overflow(request);
  }
  requests_.push_back(std::move(request));
}

}  // namespace syncline::store
