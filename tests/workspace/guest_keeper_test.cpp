#include "workspace/guest_keeper.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "identity/person.h"
#include "store/memory_store.h"
#include "support/virtual_loop.h"

namespace syncline::workspace {
namespace {

using log::DirectoryKind;

class GuestKeeperTest : public ::testing::Test {
 protected:
  void keep(DirectoryKind kind, const std::string& id, Bytes value) {
    store_->directory().change_directory({{kind, id, std::move(value)}},
                                         [](Result<void> kept) { ASSERT_TRUE(kept); });
    loop_.run();
  }
  // A guest of the workspace `w` who was seen so many days ago.
  void guest(const std::string& actor, std::uint64_t days_ago) {
    const std::uint64_t day = loop_.unix_ms() / identity::kDayMs - days_ago;
    keep(DirectoryKind::kGuest, *identity::guest_id("w", actor),
         identity::encode_person({.name = "Eve", .first_day = day, .last_day = day}));
  }
  std::set<std::string> guests() {
    std::set<std::string> found;
    store_->directory().list_entries(DirectoryKind::kGuest, "", "", 1000,
                                     [&](Result<std::vector<log::DirectoryEntry>> entries) {
                                       for (const log::DirectoryEntry& entry : *entries)
                                         found.insert(entry.id.substr(2));
                                     });
    loop_.run();
    return found;
  }

  testing::VirtualLoop loop_;
  store::MemoryStore memory_{store::MemoryStore::CommitMode::kAtOnce};
  std::unique_ptr<log::LoopStore> store_ = memory_.open_loop(loop_);
};

TEST_F(GuestKeeperTest, ErasesThoseWhoWereNotSeenForSoLong) {
  for (const auto& [actor, days] : {std::pair("new", 0), std::pair("old", 91),
                                    std::pair("just", 90), std::pair("ancient", 1000)})
    guest(actor, static_cast<std::uint64_t>(days));
  keep(DirectoryKind::kGuest, *identity::guest_id("w", "torn"), Bytes{9});
  keep(DirectoryKind::kPerson, *identity::person_id("", "u1"),
       identity::encode_person({.name = "Ada", .first_day = 1, .last_day = 1}));
  GuestKeeper keeper(store_->directory(), loop_, 90, {.page = 2});
  loop_.advance(60'000);
  EXPECT_EQ(guests(), (std::set<std::string>{"just", "new", "torn"}));
  EXPECT_EQ(keeper.erased(), 2U);
  bool kept = false;
  store_->directory().load_entry(DirectoryKind::kPerson, *identity::person_id("", "u1"),
                                 [&](auto stored) { kept = stored->has_value(); });
  loop_.run();
  EXPECT_TRUE(kept) << "people with an identity do not expire";
}

TEST_F(GuestKeeperTest, LooksAgainLater) {
  guest("a", 90);
  GuestKeeper keeper(store_->directory(), loop_, 90);
  loop_.advance(60'000);
  EXPECT_EQ(guests().size(), 1U);
  loop_.advance(identity::kDayMs + GuestPace().interval_ms);
  EXPECT_EQ(guests().size(), 0U);
}

TEST_F(GuestKeeperTest, WithoutALimitTheyStay) {
  guest("a", 5000);
  GuestKeeper keeper(store_->directory(), loop_, 0);
  loop_.advance(identity::kDayMs);
  EXPECT_EQ(guests().size(), 1U);
}

}  // namespace
}  // namespace syncline::workspace
