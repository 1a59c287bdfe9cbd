// TestNode: a node in memory, with its loops and shards.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "identity/access.h"
#include "log/test_chain.h"
#include "node/shards.h"
#include "store/memory_store.h"
#include "support/recording_sink.h"
#include "support/test_world.h"
#include "support/virtual_loop.h"

namespace syncline::testing {

inline log::NotaryIdentity test_identity() {
  ed25519::Seed seed;
  seed.fill(1);
  return {"log.example", {log::NoteSigner("log.example", seed)}, {}};
}

// Reaches nobody.
class NoReceiver final : public hooks::HookSender {
 public:
  void send(hooks::HookRequest, Scheduler& loop, Done done) override {
    loop.post([done = std::move(done)]() mutable {
      done(fail(ErrorCode::kUnavailable, "nobody can be reached from here"));
    });
  }
};

class TestNode {
 public:
  // `jobs`: the workers; nullptr: the loops work themselves.
  explicit TestNode(identity::Access who = {}, std::size_t loop_count = 1,
                    const observe::LoopMeasures* measures = nullptr, state::Jobs* jobs = nullptr,
                    state::LoopShare share = {}, MemoryLimits of_principal = {})
      : access(std::move(who)), accounts({.principal = of_principal}, &memory) {
    std::vector<Scheduler*> schedulers;
    for (std::size_t i = 0; i < loop_count; ++i) {
      loops.push_back(std::make_unique<VirtualLoop>());
      loops.back()->test_is_a_turn = false;
      schedulers.push_back(loops.back().get());
    }
    shards = std::make_unique<node::Shards>(std::move(schedulers));
    for (std::size_t i = 0; i < loop_count; ++i)
      shards->set(i, std::make_unique<node::Shard>(
                         *loops[i], std::make_unique<TestRandom>(), store.open_loop(*loops[i]),
                         identity, shards->placement(), i,
                         node::ShardOptions{.tenant_policies_through = shards.get(),
                                            .memory = &memory,
                                            .accounts = &accounts,
                                            .tenants = &tenants,
                                            .gate =
                                                [this](const auto& caller, const auto& name) {
                                                  return gate ? gate(caller, name) : Result<void>();
                                                },
                                            .jobs = jobs,
                                            .loop_share = share,
                                            .hook_sender = &nobody,
                                            .hook_key = Bytes(hooks::kKeyBytes, 1),
                                            .reports = &reports,
                                            .measures = measures}));
  }

  // Whoever still follows a workspace has an answer on another loop, perhaps.
  ~TestNode() {
    for (std::size_t i = 0; i < loops.size(); ++i)
      if (node::Shard* shard = shards->at(i)) {
        shard->feeds.end_all();
        shard->streams.end_all();
      }
    run();
  }

  // Runs all loops until nothing is left to do.
  void run() {
    for (int rounds = 0; rounds < 20; ++rounds)
      for (auto& loop : loops) loop->run();
  }

  // Runs one task of each loop that has any.
  void step() {
    for (auto& loop : loops) loop->step();
  }

  std::size_t owner_of(std::string_view workspace) const {
    return shards->placement().owner_of(workspace);
  }

  // Changes an object as a session does.
  void change(const std::string& workspace, const std::string& object, Bytes intent) {
    begin_change(workspace, object, std::move(intent));
    run();
  }
  // The same, but runs nothing.
  void begin_change(const std::string& workspace, const std::string& object, Bytes intent) {
    shards->on_owner(
        workspace, [workspace, object, intent = std::move(intent)](node::Shard& shard) {
          shard.host.get(workspace).change(
              object, {.caller = {.principal = {.id = "ann"}, .rights = identity::Rights::all()}},
              [intent](const merge::Object&, log::Position) { return intent; },
              [](Result<workspace::Receipt> receipt) { EXPECT_TRUE(receipt.has_value()); });
        });
  }

  const identity::Access access;
  NoReceiver nobody;
  RecordingSink reports;
  const log::NotaryIdentity identity = test_identity();
  std::vector<std::unique_ptr<VirtualLoop>> loops;
  store::MemoryStore store;
  workspace::Gate gate;  // of all workspaces; a test may set it at any time
  std::atomic<bool> ready = true;
  MemoryBudget memory{1000, 8};  // of 1,000 bytes, of which none are used
  AccountTable accounts;
  limits::TenantTable tenants;  // the default one alone, unless a test puts others
  std::unique_ptr<node::Shards> shards;
};

}  // namespace syncline::testing
