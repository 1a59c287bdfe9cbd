// The secrets that sign tickets: private, replaced in time, and valid as long as a ticket can be.
#include "backend/tokens/ticket_secrets.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "store_test_dir.h"

namespace syncline::backend {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDay = 86'400'000;
constexpr std::uint64_t kNow = 1'700'000'000'000;

class TicketSecretsTest : public ::testing::Test {
 protected:
  TicketSecretsTest() { fs::create_directories(dir_.path() + "/keys"); }

  std::unique_ptr<TicketSecrets> open(std::uint64_t now_ms = kNow) {
    auto opened = TicketSecrets::open(dir_.path(), kDay, now_ms);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  std::string path() const { return dir_.path() + "/keys/tickets"; }

  testing::TempDir dir_;
};

TEST_F(TicketSecretsTest, OneIsMadeAndReadAgain) {
  const auto made = open();
  ASSERT_EQ(made->current()->size(), 1U);
  EXPECT_NE(made->current()->front().bytes, (std::array<std::uint8_t, 32>{}));
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(*open(kNow + 1)->current(), *made->current());
  fs::remove(path());
  EXPECT_NE(*open()->current(), *made->current());
}

TEST_F(TicketSecretsTest, ANewOneReplacesItWhileTheOldOneIsStillNeeded) {
  const auto secrets = open();
  const auto first = secrets->current()->front();
  ASSERT_TRUE(secrets->keep_up(kNow + TicketSecrets::kRotationMs - 1));
  EXPECT_EQ(secrets->current()->size(), 1U);
  ASSERT_TRUE(secrets->keep_up(kNow + TicketSecrets::kRotationMs));
  ASSERT_EQ(secrets->current()->size(), 2U);
  EXPECT_EQ(secrets->current()->front(), first);
  const auto second = secrets->current()->back();
  EXPECT_NE(second.id, first.id);
  EXPECT_NE(second.bytes, first.bytes);
  EXPECT_EQ(*open(kNow + TicketSecrets::kRotationMs)->current(), *secrets->current());
  // A ticket of the last moment of the first one lives for a day.
  ASSERT_TRUE(secrets->keep_up(kNow + TicketSecrets::kRotationMs + kDay - 1));
  EXPECT_EQ(secrets->current()->size(), 2U);
  ASSERT_TRUE(secrets->keep_up(kNow + TicketSecrets::kRotationMs + kDay));
  EXPECT_EQ(*secrets->current(), std::vector<identity::TicketSecret>{second});
}

TEST_F(TicketSecretsTest, ADamagedFileIsRefusedAndNamed) {
  open();
  std::ofstream(path()) << "TICKETS+1+2+short\n";
  const auto opened = TicketSecrets::open(dir_.path(), kDay, kNow);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(opened.error().message.find("keys/tickets"), std::string::npos);
}

}  // namespace
}  // namespace syncline::backend
