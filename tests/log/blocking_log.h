// A store for tests that go step by step: every call waits for its answer.
#pragma once

#include <string>
#include <vector>

#include "log/log_backend.h"
#include "log/rules.h"
#include "log/test_chain.h"
#include "log/test_loop.h"

namespace syncline::testing {

// An event with a little of everything; `payload` bytes of intent.
inline log::Event sample_event(std::string object, std::string text, std::size_t payload = 0) {
  log::Event event;
  event.principal = "anna";
  event.actor = "session-1";
  event.actor_seq = 7;
  event.object = std::move(object);
  event.type = "doc";
  event.intent = to_bytes(as_bytes(text));
  event.intent.resize(event.intent.size() + payload, 0x5a);
  return event;
}

// The event of a system object that says so.
inline log::Event rule_event(const log::RuleChange& change) {
  log::Event event;
  event.principal = change.principal;
  event.object = log::object_of(change.act);
  event.type = log::kRulesType;
  event.intent = log::encode_rule_change(change);
  return event;
}

class BlockingLog {
 public:
  BlockingLog(log::LoopStore& store, TestLoop& loop) : store_(store), loop_(loop) {}

  Result<log::Appended> append(const std::string& workspace, std::vector<log::EncodedEvent> events,
                               log::Position expected, std::uint64_t epoch = 0) {
    return await<log::Appended>(loop_, [&](auto done) {
      store_.events().append(workspace,
                             {.events = std::move(events), .after = expected, .epoch = epoch},
                             std::move(done));
    });
  }

  // Appends one event after whatever is there.
  Result<log::Appended> add(const std::string& workspace, log::Event event) {
    const auto end = head(workspace);
    if (!end) return std::unexpected(end.error());
    TestChain chain(*end);
    auto sealed = chain.seal(event, loop_.unix_ms());
    if (!sealed) return std::unexpected(sealed.error());
    std::vector<log::EncodedEvent> events;
    events.push_back(std::move(*sealed));
    return append(workspace, std::move(events), end->last_position);
  }

  Result<log::Head> head(const std::string& workspace) {
    return await<log::Head>(loop_,
                            [&](auto done) { store_.events().head(workspace, std::move(done)); });
  }

  Result<log::Position> ingested(const std::string& workspace, const std::string& region) {
    return await<log::Position>(
        loop_, [&](auto done) { store_.events().ingested(workspace, region, std::move(done)); });
  }

  Result<std::vector<log::Event>> read(const std::string& workspace, log::Position after = 0,
                                       log::ReadLimits limits = {}) {
    return await<std::vector<log::Event>>(
        loop_, [&](auto done) { store_.events().read(workspace, after, limits, std::move(done)); });
  }

  Result<std::vector<log::Event>> read_object(const std::string& workspace,
                                              const std::string& object, log::Position after = 0,
                                              log::ReadLimits limits = {}) {
    return await<std::vector<log::Event>>(loop_, [&](auto done) {
      store_.events().read_object(workspace, object, after, limits, std::move(done));
    });
  }

  Result<void> put_snapshot(const std::string& workspace, const std::string& object,
                            log::Position position, std::string_view state,
                            std::uint64_t bytes_since_milestone = 1) {
    return await<void>(loop_, [&](auto done) {
      store_.snapshots().put_snapshot(
          workspace, object, {position, to_bytes(as_bytes(state)), bytes_since_milestone, 0},
          std::move(done));
    });
  }

  // A delta of the milestone at `base`.
  Result<void> put_delta(const std::string& workspace, const std::string& object,
                         log::Position position, log::Position base, std::string_view delta,
                         std::uint64_t bytes_since_milestone = 1) {
    return await<void>(loop_, [&](auto done) {
      log::Snapshot snapshot{position, to_bytes(as_bytes(delta)), bytes_since_milestone, 0};
      snapshot.base = base;
      store_.snapshots().put_snapshot(workspace, object, std::move(snapshot), std::move(done));
    });
  }

  Result<std::optional<log::Snapshot>> load_snapshot(const std::string& workspace,
                                                     const std::string& object,
                                                     log::Position at = log::kNow) {
    return await<std::optional<log::Snapshot>>(loop_, [&](auto done) {
      store_.snapshots().load_snapshot(workspace, object, at, std::move(done));
    });
  }

  // Appends the event that sets the pin, or removes it at position 0.
  Result<void> put_pin(const std::string& workspace, const log::Pin& pin) {
    log::RuleChange change{log::RemovePin{pin.name}, pin.principal, "", pin.unix_ms};
    if (pin.position > 0) change.act = log::SetPin{pin.name, pin.position};
    const auto appended = add(workspace, rule_event(change));
    return appended ? Result<void>() : std::unexpected(appended.error());
  }

  Result<void> keep_untold_pin(const std::string& workspace, const log::Pin& pin) {
    return await<void>(
        loop_, [&](auto done) { store_.rules().keep_untold_pin(workspace, pin, std::move(done)); });
  }

  Result<log::RulesStanding> standing(const std::string& workspace) {
    return await<log::RulesStanding>(
        loop_, [&](auto done) { store_.rules().load_standing(workspace, std::move(done)); });
  }

  Result<std::optional<log::Pin>> pin(const std::string& workspace, const std::string& name) {
    return await<std::optional<log::Pin>>(
        loop_, [&](auto done) { store_.pins().load_pin(workspace, name, std::move(done)); });
  }

  Result<std::vector<log::Pin>> pins(const std::string& workspace, const std::string& after = "",
                                     std::size_t limit = 1000) {
    return await<std::vector<log::Pin>>(loop_, [&](auto done) {
      store_.pins().list_pins(workspace, after, limit, std::move(done));
    });
  }

  // Appends the event of a rule, a hold or a release.
  Result<log::Retention> change_retention(const std::string& workspace,
                                          const log::RetentionChange& change) {
    const auto appended = add(workspace, rule_event(log::rule_change_of(change)));
    if (!appended) return std::unexpected(appended.error());
    return retention(workspace);
  }

  Result<log::Retention> raise_floor(const std::string& workspace, log::Position floor) {
    return await<log::Retention>(loop_, [&](auto done) {
      store_.retention().raise_floor(workspace, floor, std::move(done));
    });
  }

  Result<log::Retention> retention(const std::string& workspace) {
    return await<log::Retention>(
        loop_, [&](auto done) { store_.retention().load_retention(workspace, std::move(done)); });
  }

  Result<std::vector<log::RetentionRecord>> retention_records(const std::string& workspace,
                                                              std::uint64_t after = 0,
                                                              std::size_t limit = 1000) {
    return await<std::vector<log::RetentionRecord>>(loop_, [&](auto done) {
      store_.retention().list_retention(workspace, after, limit, std::move(done));
    });
  }

  Result<std::vector<std::string>> retained(const std::string& after = "") {
    return await<std::vector<std::string>>(
        loop_, [&](auto done) { store_.retention().list_retained(after, 1000, std::move(done)); });
  }

  Result<log::DroppedPayloads> drop_payloads(const std::string& workspace, log::Position to,
                                             std::vector<std::string> skip = {}) {
    return await<log::DroppedPayloads>(loop_, [&](auto done) {
      store_.retention().drop_payloads(workspace, to, skip, std::move(done));
    });
  }

  Result<std::vector<Hash256>> tree_nodes(const std::string& workspace,
                                          std::vector<log::merkle::Node> nodes) {
    return await<std::vector<Hash256>>(loop_, [&](auto done) {
      store_.attestations().tree_nodes(workspace, std::move(nodes), std::move(done));
    });
  }

  Result<void> put_checkpoint(const std::string& workspace, std::uint64_t size,
                              const std::string& note) {
    return await<void>(loop_, [&](auto done) {
      store_.attestations().put_checkpoint(workspace, size, note, std::move(done));
    });
  }

  Result<void> put_origin(const std::string& workspace, const log::Statement& origin) {
    return await<void>(loop_, [&](auto done) {
      store_.attestations().put_origin(workspace, origin, std::move(done));
    });
  }

  Result<std::vector<log::Statement>> load_origins(const std::string& workspace) {
    return await<std::vector<log::Statement>>(
        loop_, [&](auto done) { store_.attestations().load_origins(workspace, std::move(done)); });
  }

  Result<std::optional<std::string>> load_checkpoint(const std::string& workspace) {
    return await<std::optional<std::string>>(loop_, [&](auto done) {
      store_.attestations().load_checkpoint(workspace, std::move(done));
    });
  }

  Result<log::Position> load_cut(const std::string& workspace) {
    return await<log::Position>(
        loop_, [&](auto done) { store_.attestations().load_cut(workspace, std::move(done)); });
  }

  // Of the workspace's first `size` events.
  Result<Hash256> tree_root(const std::string& workspace, std::uint64_t size) {
    auto hashes = tree_nodes(workspace, log::merkle::frontier_nodes(size));
    if (!hashes) return std::unexpected(hashes.error());
    return log::merkle::Frontier(size, std::move(*hashes)).root();
  }

  Result<std::vector<std::string>> workspaces(const std::string& after = "",
                                              std::size_t limit = 1000) {
    return await<std::vector<std::string>>(
        loop_, [&](auto done) { store_.catalog().list_workspaces(after, limit, std::move(done)); });
  }

  Result<std::vector<std::string>> objects(const std::string& workspace,
                                           const std::string& prefix = "",
                                           const std::string& after = "",
                                           std::size_t limit = 1000) {
    return await<std::vector<std::string>>(loop_, [&](auto done) {
      store_.catalog().list_objects(workspace, prefix, after, limit, std::move(done));
    });
  }
  Result<log::ObjectHeads> heads(const std::string& workspace, const std::string& prefix = "",
                                 const std::string& after = "", std::size_t limit = 1000) {
    return await<log::ObjectHeads>(loop_, [&](auto done) {
      store_.catalog().list_heads(workspace, prefix, after, limit, std::move(done));
    });
  }

 private:
  log::LoopStore& store_;
  TestLoop& loop_;
};

}  // namespace syncline::testing
