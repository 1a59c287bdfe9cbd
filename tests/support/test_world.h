// TestWorld: everything that a workspace needs, in memory, for tests of workspaces and sessions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "log/test_chain.h"
#include "store/memory_store.h"
#include "support/recording_sink.h"
#include "support/test_types.h"
#include "support/virtual_loop.h"
#include "syncline/crdt/doc.h"
#include "workspace/host.h"

namespace syncline::testing {

// A caller with all rights.
inline identity::Caller ann() {
  return {.principal = {.id = "ann"}, .rights = identity::Rights::all(), .actor = "a1"};
}

struct TestWorld {
  explicit TestWorld(store::MemoryStore::CommitMode mode = store::MemoryStore::CommitMode::kAtOnce,
                     state::CacheLimits limits = {}, state::Jobs* jobs = nullptr,
                     state::LoopShare share = {}, std::uint64_t part_bytes = kPartBytes)
      : memory(
            1000, 1,
            {part_bytes, part_bytes, part_bytes, part_bytes, part_bytes, part_bytes, part_bytes}),
        store(mode),
        log(store.open_loop(loop)),
        off_loop(jobs == nullptr ? std::nullopt
                                 : std::optional(state::OffLoop{*jobs, home, share})),
        sources(*log, test::test_types(), off_loop),
        cache(sources, limits, &quarantine),
        host(services(), [this](const auto& caller, const auto& workspace) {
          return gate ? gate(caller, workspace) : Result<void>();
        }) {}

  workspace::Services services() {
    return {.log = log->events(),
            .cache = cache,
            .types = sources.types,
            .waiting = log->waiting(),
            .retention = log->retention(),
            .rules = log->rules(),
            .scheduler = loop,
            .counters = counters,
            .random = random,
            .on_storage_failure = [this](const Error& error) { failures.push_back(error); },
            .actors = &log->actors(),
            .quarantine = &quarantine,
            .reports = &reports,
            .memory = &memory,
            .accounts = &accounts,
            .deleted = &deleted,
            .off_loop = off_loop};
  }

  // Commits what is queued, and runs everything that this makes due.
  void commit() {
    loop.run();
    store.commit();
    loop.run();
  }

  VirtualLoop loop;
  // Of 1,000 bytes, of which none are used. Each part may have kPartBytes, if the test does not say
  // otherwise; then fill() leaves no room in one.
  static constexpr std::uint64_t kPartBytes = std::uint64_t{1} << 30;
  MemoryBudget memory;
  void fill(MemoryUse use) { memory.cell(use).change(0, kPartBytes); }
  void empty(MemoryUse use) { memory.cell(use).change(kPartBytes, 0); }
  // A principal may have so much presence; of the other parts, as much as all.
  static constexpr std::uint64_t kPrincipalPresence = 1'000'000;
  AccountTable accounts{{.principal = {0, 0, 0, kPrincipalPresence, 0, 0}}, &memory};
  TestRandom random;
  store::MemoryStore store;
  std::unique_ptr<log::LoopStore> log;
  log::ReplyGate home{loop};
  const std::optional<state::OffLoop> off_loop;  // without `jobs`, everything runs on the loop
  const state::ReplaySources sources;
  state::Quarantine quarantine{loop};
  workspace::DeletedWorkspaces deleted;
  state::ObjectCache cache;
  workspace::Counters counters;
  std::vector<Error> failures;
  RecordingSink reports;
  workspace::Gate gate;  // of the host; a test may set it at any time
  workspace::Host host;
};

// A replica that types into the root text "content" and collects its updates.
class Typist {
 public:
  explicit Typist(crdt::ClientId client)
      : doc_({.client_id = client}), text_(doc_.text("content")) {
    doc_.on_update([this](const crdt::UpdateEvent& event) {
      if (event.local()) last_ = to_bytes(event.update());
    });
  }

  // Both return the update of the insertion.
  Bytes type(std::string_view what) { return insert(text_.length(), what); }
  Bytes insert(std::uint32_t index, std::string_view what) {
    EXPECT_TRUE(text_.insert(index, what));
    return last_;
  }

  void receive(ByteView update) { EXPECT_TRUE(doc_.apply_update(update)); }
  std::string text() const { return text_.to_string(); }
  crdt::Doc& doc() { return doc_; }

 private:
  crdt::Doc doc_;
  crdt::Text text_;
  Bytes last_;
};

}  // namespace syncline::testing
