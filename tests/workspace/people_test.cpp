#include "workspace/people.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "store/memory_store.h"
#include "support/virtual_loop.h"

namespace syncline::workspace {
namespace {

using identity::Identity;
using log::DirectoryKind;

identity::Caller caller(const std::string& id, const std::string& name,
                        const std::string& tenant = "") {
  return {.principal = {.id = id,
                        .identity = std::make_shared<Identity>(Identity{
                            .source = Identity::Source::kJwt, .name = name, .tenant = tenant})},
          .actor = "a-" + id};
}

identity::Caller guest(const std::string& actor) {
  return {.principal = {.id = "anonymous"}, .actor = actor};
}

struct TestPeople : ::testing::Test {
  std::optional<identity::Person> record(DirectoryKind kind, const std::string& id) {
    std::optional<identity::Person> found;
    store->directory().load_entry(kind, id, [&](Result<std::optional<Bytes>> stored) {
      if (stored.value()) found = identity::decode_person(*stored.value()).value();
    });
    loop.run();
    return found;
  }
  std::string name(const std::string& principal, const std::string& tenant = "") {
    const auto person = record(DirectoryKind::kPerson, *identity::person_id(tenant, principal));
    return person ? person->name : "";
  }
  std::string guest_name(const std::string& actor) {
    const auto person = record(DirectoryKind::kGuest, *identity::guest_id("w", actor));
    return person ? person->name : "";
  }
  void write(const identity::Caller& who) {
    people->wrote(who);
    loop.run();
  }
  void show(const identity::Caller& who, const std::string& as) {
    if (people->wrote(who)) people->name_guest("w", who, as);
    loop.run();
  }
  void restart(PeopleLimits limits = {}) {
    people = std::make_unique<People>(store->directory(), loop, nullptr, limits);
  }
  void erase(const std::string& principal, bool forget) {
    people->erase("", principal, forget);
    log::DirectoryChange change{DirectoryKind::kPerson, *identity::person_id("", principal), {}};
    if (forget) change.value = identity::encode_person({.forgotten = true});
    store->directory().change_directory({change}, [](Result<void> done) { EXPECT_TRUE(done); });
    loop.run();
  }

  testing::VirtualLoop loop;
  store::MemoryStore memory{store::MemoryStore::CommitMode::kAtOnce};
  std::unique_ptr<log::LoopStore> store = memory.open_loop(loop);
  std::unique_ptr<People> people =
      std::make_unique<People>(store->directory(), loop, nullptr, PeopleLimits());
};

TEST_F(TestPeople, WhoeverChangesSomethingIsKnownByName) {
  write(caller("u1", "Ada"));
  write(caller("u2", ""));
  EXPECT_EQ(name("u1"), "Ada");
  EXPECT_EQ(name("u2"), "");
}

TEST_F(TestPeople, ANameIsWrittenWhenItChanges) {
  for (int i = 0; i < 5; ++i) write(caller("u1", "Ada"));
  EXPECT_EQ(people->written(), 1U);
  restart();
  write(caller("u1", "Ada"));
  EXPECT_EQ(people->written(), 0U);
  write(caller("u1", "Ada L."));
  EXPECT_EQ(people->written(), 1U);
  EXPECT_EQ(name("u1"), "Ada L.");
}

TEST_F(TestPeople, TenantsKnowTheirOwnPeople) {
  write(caller("u1", "Ada", "acme"));
  EXPECT_EQ(name("u1", "acme"), "Ada");
  EXPECT_EQ(name("u1"), "");
}

TEST_F(TestPeople, AnErasedNameComesBackWithTheNextChange) {
  write(caller("u1", "Ada"));
  erase("u1", false);
  EXPECT_EQ(name("u1"), "");
  write(caller("u1", "Ada"));
  EXPECT_EQ(name("u1"), "Ada");
}

TEST_F(TestPeople, ANameThatIsErasedForGoodDoesNot) {
  const identity::Caller ada = caller("u1", "Ada");
  write(ada);
  erase("u1", true);
  write(ada);
  write(caller("u1", "Ada"));
  EXPECT_EQ(name("u1"), "");
  restart();
  write(caller("u1", "Ada"));
  EXPECT_EQ(name("u1"), "");
  EXPECT_TRUE(record(DirectoryKind::kPerson, *identity::person_id("", "u1"))->forgotten);
}

TEST_F(TestPeople, AGuestIsKnownByTheNameThatHeShows) {
  show(guest("a1"), " Eve\u202e ");
  show(guest("a2"), "");
  EXPECT_EQ(guest_name("a1"), "Eve");
  EXPECT_EQ(guest_name("a2"), "");
}

TEST_F(TestPeople, WhoeverChangesNothingIsNotKept) {
  EXPECT_FALSE(people->wants_name(guest("a1")));
  people->wrote(guest("a1"));
  EXPECT_TRUE(people->wants_name(guest("a1")));
  EXPECT_FALSE(people->wants_name(caller("u1", "Ada")));
}

TEST_F(TestPeople, TheOldestGuestGivesWay) {
  restart({.workspace_guests = 3});
  for (const char* actor : {"a4", "a3", "a2", "a1"}) show(guest(actor), std::string("G") + actor);
  EXPECT_EQ(guest_name("a4"), "");
  EXPECT_EQ(guest_name("a3"), "Ga3");
  restart({.workspace_guests = 3});
  show(guest("a5"), "Ga5");
  int kept = 0;
  for (const char* actor : {"a1", "a2", "a3", "a4", "a5"})
    kept += guest_name(actor).empty() ? 0 : 1;
  EXPECT_EQ(kept, 3);
  EXPECT_EQ(guest_name("a5"), "Ga5");
}

TEST_F(TestPeople, FullTablesForgetAndReadAgain) {
  restart({.people = 2, .guests = 2, .guest_workspaces = 1});
  for (int i = 0; i < 10; ++i) {
    write(caller("u" + std::to_string(i), "Ada"));
    show(guest("a" + std::to_string(i)), "Eve");
  }
  EXPECT_EQ(name("u0"), "Ada");
  EXPECT_EQ(name("u9"), "Ada");
  EXPECT_EQ(guest_name("a9"), "Eve");
}

}  // namespace
}  // namespace syncline::workspace
