// Awareness.
#include "syncline/crdt/awareness.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "capi/convert.h"

using namespace syncline;
using namespace syncline::capi;

struct syncline_awareness {
  crdt::Awareness awareness;
};

namespace {

std::unexpected<Error> no_awareness() {
  return fail(ErrorCode::kInvalid, "no awareness");
}

Result<void> give_change(const crdt::AwarenessChange& change, syncline_change* out) {
  if (out == nullptr || change.empty()) return {};
  const std::vector<crdt::ClientId> all = change.all();
  out->clients = static_cast<std::uint64_t*>(std::malloc(all.size() * sizeof(std::uint64_t)));
  if (out->clients == nullptr) return fail(ErrorCode::kUnavailable, "out of memory");
  std::ranges::copy(all, out->clients);
  out->added = change.added.size();
  out->updated = change.updated.size();
  out->removed = change.removed.size();
  return {};
}

Result<void> give_change(const Result<crdt::AwarenessChange>& change, syncline_change* out) {
  return change ? give_change(*change, out) : std::unexpected(change.error());
}

}  // namespace

extern "C" {

void syncline_change_free(syncline_change* change) {
  if (change == nullptr) return;
  std::free(change->clients);
  *change = {};
}

syncline_status syncline_awareness_new(syncline_awareness** awareness, syncline_error* error) {
  if (awareness != nullptr) *awareness = nullptr;
  return run(error, [&]() -> Result<void> {
    if (awareness == nullptr) return fail(ErrorCode::kInvalid, "no place for the awareness");
    *awareness = std::make_unique<syncline_awareness>().release();
    return {};
  });
}

void syncline_awareness_free(syncline_awareness* awareness) {
  delete awareness;
}

syncline_status syncline_awareness_set(syncline_awareness* awareness, std::uint64_t client,
                                       const char* json, std::size_t size, std::uint64_t now_ms,
                                       syncline_change* change, syncline_error* error) {
  if (change != nullptr) *change = {};
  return run(error, [&]() -> Result<void> {
    if (awareness == nullptr) return no_awareness();
    const Result<std::string_view> state = text(json, size);
    if (!state) return std::unexpected(state.error());
    return give_change(awareness->awareness.set_local(client, *state, now_ms), change);
  });
}

syncline_status syncline_awareness_apply(syncline_awareness* awareness, const std::uint8_t* message,
                                         std::size_t size, std::uint64_t now_ms,
                                         syncline_change* change, syncline_error* error) {
  if (change != nullptr) *change = {};
  return run(error, [&]() -> Result<void> {
    if (awareness == nullptr) return no_awareness();
    return give_change(awareness->awareness.apply(bytes(message, size), now_ms), change);
  });
}

syncline_status syncline_awareness_remove(syncline_awareness* awareness,
                                          const std::uint64_t* clients, std::size_t count,
                                          std::uint64_t now_ms, syncline_change* change,
                                          syncline_error* error) {
  if (change != nullptr) *change = {};
  return run(error, [&]() -> Result<void> {
    if (awareness == nullptr) return no_awareness();
    const std::span<const crdt::ClientId> gone(clients, clients == nullptr ? 0 : count);
    return give_change(awareness->awareness.remove(gone, now_ms), change);
  });
}

syncline_status syncline_awareness_expire(syncline_awareness* awareness, std::uint64_t now_ms,
                                          std::uint64_t timeout_ms, syncline_change* change,
                                          syncline_error* error) {
  if (change != nullptr) *change = {};
  return run(error, [&]() -> Result<void> {
    if (awareness == nullptr) return no_awareness();
    return give_change(awareness->awareness.expire(now_ms, timeout_ms), change);
  });
}

syncline_status syncline_awareness_encode(const syncline_awareness* awareness,
                                          const std::uint64_t* clients, std::size_t count,
                                          syncline_buffer* message, syncline_error* error) {
  if (message != nullptr) *message = {};
  return run(error, [&]() -> Result<void> {
    if (awareness == nullptr) return no_awareness();
    const crdt::Awareness& states = awareness->awareness;
    return give(clients == nullptr ? states.encode_all() : states.encode({clients, count}),
                message);
  });
}

syncline_status syncline_awareness_state(const syncline_awareness* awareness, std::uint64_t client,
                                         syncline_buffer* json, syncline_error* error) {
  if (json != nullptr) *json = {};
  return run(error, [&]() -> Result<void> {
    if (awareness == nullptr) return no_awareness();
    const std::string_view state = awareness->awareness.state(client);
    return state.empty() ? fail(ErrorCode::kNotFound, "the client is unknown or gone")
                         : give(state, json);
  });
}

std::size_t syncline_awareness_present(const syncline_awareness* awareness) {
  return awareness == nullptr ? 0 : awareness->awareness.present();
}

}  // extern "C"
