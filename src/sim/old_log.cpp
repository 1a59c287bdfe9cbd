#include "sim/old_log.h"

#include <fmt/format.h>

#include <utility>

#include "merge/effect_codec.h"
#include "merge/object.h"
#include "node/known_types.h"
#include "sim/disk_tables.h"
#include "sim/invariants.h"
#include "sim/stored_log.h"
#include "store/group_commit.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/types.h"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kOldUnixMs = 1'600'000'000'000;
constexpr crdt::ClientId kOldClient = 990'000;

}  // namespace

std::vector<log::EncodedEvent> OldLog::make_events() {
  workspace_ = plan_.clients.front().workspace;
  const ObjectName object{workspace_, plan_.clients.front().objects.front()};
  book_.owns(object, kOldClient);
  crdt::Doc doc({.client_id = kOldClient});
  const auto state = node::known_types().default_type().create();
  Bytes update;
  doc.on_update([&](const crdt::UpdateEvent& event) { update = to_bytes(event.update()); });
  std::vector<log::EncodedEvent> encoded;
  log::Head head;
  for (std::size_t i = 0; i < plan_.old_events; ++i) {
    static_cast<void>(doc.text("content").insert(0, fmt::format("old {} ", i)));
    log::Event event;
    event.version = log::kUnsaltedVersion;
    event.generation = 0;
    event.position = head.last_position + 1;
    event.hlc = HlcStamp::of(kOldUnixMs + i, 0);
    event.previous_hash = head.last_hash;
    event.principal = "somebody";
    event.actor = "a session of before";
    event.actor_seq = i + 1;
    event.object = object.second;
    event.type = state->type().name();
    event.region = "r";
    event.node = fmt::format("n{}", i);
    event.intent = update;
    if (const auto prepared = state->prepare(update))
      event.effect = merge::encode_effect(prepared->effect);
    static_cast<void>(state->apply(update));
    encoded.push_back(log::encode_event(event).value());
    event.hash = encoded.back().hash;
    head = {event.position, event.hash, event.hlc, event.era};
    events_.push_back(std::move(event));
  }
  return encoded;
}

void OldLog::write(std::function<void()> done) {
  if (plan_.old_events == 0 || plan_.clients.empty()) return done();
  world_.hit(Probe::old_log);
  DiskTables tables(disk_);
  store::GroupCommit group(tables);
  FrameWrites writes;
  std::vector<store::Request> requests;
  requests.emplace_back(store::AppendRequest{.workspace = plan_.clients.front().workspace,
                                             .append = {.events = make_events()},
                                             .done = [](auto) {}});
  static_cast<void>(group.stage(std::move(requests), Result<void>(), writes));
  disk_.append(writes.frame(), [this, done = std::move(done)](Result<void>) {
    disk_.sync([done](Result<void>) { done(); });
  });
}

void OldLog::check(const store::Tables& tables) const {
  if (events_.empty()) return;
  const auto stored = read_log(tables, workspace_);
  for (std::size_t i = 0; i < events_.size(); ++i)
    if (!stored || stored->size() <= i || (*stored)[i] != events_[i])
      return world_.violated(kOldBytes,
                             fmt::format("{}: event {} of version 1 is not read as it was "
                                         "written",
                                         workspace_, i + 1));
}

}  // namespace syncline::sim
