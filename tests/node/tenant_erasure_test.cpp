// Erasing a tenant from the tables of a store takes all of it, and nothing of anybody else, also after interruptions.
#include "store/tenant_erasure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "identity/person.h"
#include "store/contents.h"
#include "support/test_node.h"

namespace syncline::node {
namespace {

using log::DirectoryKind;
using store::Family;
using store::MemoryTables;
using store::MemoryWrites;
using testing::TestNode;
using testing::Typist;

using Contents = std::map<std::pair<std::size_t, std::string>, std::string>;

Contents table_contents(const MemoryTables& tables) {
  Contents all;
  for (std::size_t family = 0; family < store::kFamilies; ++family) {
    auto cursor = tables.cursor(static_cast<Family>(family));
    for (cursor->seek(""); cursor->valid(); cursor->next())
      all[{family, std::string(cursor->key())}] = cursor->value();
  }
  return all;
}

class TenantErasureTest : public ::testing::Test {
 protected:
  TenantErasureTest() {
    for (const char* name : {"w", "/acme2/w", "/beta/w", "acme"}) fill(name, name);
    keep(DirectoryKind::kPerson, *identity::person_id("acme2", "bob"));
    keep(DirectoryKind::kPerson, *identity::person_id("", "acme"));
    others_ = table_contents(node_.store.tables());
    for (const char* name : {"/acme/w", "/acme/another", "/acme/+"}) fill(name, "acme's own");
    keep(DirectoryKind::kPerson, *identity::person_id("acme", "bob"));
    keep(DirectoryKind::kTenant, "/acme/w");
    keep(DirectoryKind::kGuest, *identity::guest_id("/acme/gone", "actor"));
    // The number of the next workspace goes on.
    others_[{static_cast<std::size_t>(Family::kMeta), std::string(store::kNextWorkspaceKey)}] =
        table_contents(node_.store.tables())
            .at({static_cast<std::size_t>(Family::kMeta), std::string(store::kNextWorkspaceKey)});
  }

  void keep(DirectoryKind kind, const std::string& id) {
    node_.shards->at(0)->store->directory().change_directory(
        {{kind, id, identity::encode_person({.name = "x", .first_day = 1, .last_day = 1})}},
        [](Result<void> kept) { ASSERT_TRUE(kept); });
    node_.run();
  }

  // A workspace with something of everything.
  void fill(const std::string& name, const std::string& text) {
    Shard& shard = *node_.shards->at(0);
    Typist typist(1);
    for (int i = 0; i < 300; ++i) node_.change(name, "x", typist.type(text));
    Typist late(2);
    late.type("the cause");
    const Bytes waiting = late.type("the effect");
    const identity::Caller ann{.principal = {.id = "ann"}, .rights = identity::Rights::all()};
    shard.host.get(name).change(
        "waits", {.caller = ann}, [&](const merge::Object&, log::Position) { return waiting; },
        [](Result<workspace::Receipt>) {});
    for (log::RuleAct act :
         {log::RuleAct(log::SetPin{"v1", 1}), log::RuleAct(log::SetRetention{{.keep_last = 1000}})})
      shard.host.get(name).change_rules(
          ann, identity::Right::kHold, std::move(act), "because",
          [](Result<workspace::Receipt> changed) { ASSERT_TRUE(changed); });
    log::Snapshot snapshot{.position = 1, .bytes = Bytes(100'000, 7)};
    shard.store->snapshots().put_snapshot(name, "x", std::move(snapshot), [](Result<void>) {});
    shard.notary.checkpoint(name, [](Result<log::SignedCheckpoint>) {});
    keep(DirectoryKind::kGuest, *identity::guest_id(name, "actor"));
    node_.run();
  }

  // Runs up to `batches` of an erasure that begins anew. True: it has ended.
  static bool erase(MemoryTables& tables, std::size_t batches, std::size_t most) {
    store::TenantErasure erasure("acme");
    for (std::size_t i = 0; i < batches; ++i) {
      MemoryWrites writes;
      const auto more = erasure.step(tables, most, writes);
      EXPECT_TRUE(more) << more.error().message;
      tables.apply(std::move(writes));
      if (!more || !*more) return true;
    }
    return false;
  }

  TestNode node_;
  Contents others_;
};

TEST_F(TenantErasureTest, TakesAllOfItAndNothingElse) {
  MemoryTables tables(node_.store.tables());
  ASSERT_GT(table_contents(tables).size(), others_.size() + 900);
  EXPECT_TRUE(erase(tables, 1'000'000, 50));
  EXPECT_TRUE(table_contents(tables) == others_);
  EXPECT_TRUE(erase(tables, 1'000'000, 50)) << "of one that has nothing";
  EXPECT_TRUE(table_contents(tables) == others_);
}

TEST_F(TenantErasureTest, OneThatWasInterruptedIsBegunAgain) {
  MemoryTables tables(node_.store.tables());
  int interruptions = 0;
  while (!erase(tables, 3, 40)) ++interruptions;
  EXPECT_GT(interruptions, 10);
  EXPECT_TRUE(table_contents(tables) == others_);
}

}  // namespace
}  // namespace syncline::node
