// The signing keys in a data directory: made once, replaced without a gap, never half there.
#include "backend/keys/key_ring.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "store_test_dir.h"

namespace syncline::backend {
namespace {

namespace fs = std::filesystem;

class KeyRingTest : public ::testing::Test {
 protected:
  KeyRingTest() { fs::create_directories(dir_.path()); }

  std::string path(const char* name) const { return dir_.path() + "/keys/" + name; }
  ErrorCode open_error(const std::string& name = {}) {
    const auto ring = KeyRing::open(dir_.path(), name);
    return ring ? ErrorCode{} : ring.error().code;
  }
  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  testing::TempDir dir_;
};

TEST_F(KeyRingTest, IsMadeOnceAndReadAgain) {
  EXPECT_TRUE(KeyRing::read_public(dir_.path())->empty());
  const auto made = KeyRing::open(dir_.path(), "log.example");
  ASSERT_TRUE(made) << made.error().message;
  const auto read = KeyRing::open(dir_.path());
  EXPECT_EQ(read->signer().seed, made->signer().seed);
  EXPECT_EQ(read->identity().log_name, "log.example");
  EXPECT_EQ(*KeyRing::read_public(dir_.path()), std::vector{made->signer().verifier()});
  struct stat info;
  ASSERT_EQ(::stat(path("signing.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(KeyRingTest, TwoServersHaveTwoNamesAndKeys) {
  testing::TempDir other;
  fs::create_directories(other.path());
  const auto one = KeyRing::open(dir_.path());
  const auto two = KeyRing::open(other.path());
  EXPECT_NE(one->identity().log_name, two->identity().log_name);
  EXPECT_NE(one->signer().seed, two->signer().seed);
}

TEST_F(KeyRingTest, ItsNameCannotChangeNorBeTwoWords) {
  EXPECT_EQ(KeyRing::open(dir_.path(), "two words").error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(fs::exists(dir_.path() + "/keys"));
  ASSERT_TRUE(KeyRing::open(dir_.path(), "one"));
  EXPECT_EQ(open_error("two"), ErrorCode::kInvalid);
  EXPECT_TRUE(KeyRing::open(dir_.path(), "one"));
}

TEST_F(KeyRingTest, AReplacedKeyStaysBelieved) {
  auto ring = KeyRing::open(dir_.path(), "one");
  const auto old = ring->signer().verifier();
  ASSERT_TRUE(ring->rotate());
  const auto now = ring->signer().verifier();
  EXPECT_NE(now, old);
  const auto again = KeyRing::open(dir_.path());
  EXPECT_EQ(again->signer().verifier(), now);
  EXPECT_EQ(again->identity().retired, std::vector{old});
  EXPECT_EQ(*KeyRing::read_public(dir_.path()), (std::vector{old, now}));
}

// The process may end between any two of the three steps of a rotation.
TEST_F(KeyRingTest, AnUnfinishedRotationIsFinishedOrForgotten) {
  ASSERT_TRUE(KeyRing::open(dir_.path(), "one"));
  const std::string private_before = read(path("signing.key"));
  const std::string public_before = read(path("public"));
  auto ring = KeyRing::open(dir_.path());
  ASSERT_TRUE(ring->rotate());
  const std::string private_after = read(path("signing.key"));
  const std::string public_after = read(path("public"));

  write(path("signing.key"), private_before);
  write(path("public"), public_before);
  write(path("signing.key.next"), private_after);
  EXPECT_EQ(KeyRing::open(dir_.path())->public_text(), public_before) << "not announced: forgotten";
  EXPECT_FALSE(fs::exists(path("signing.key.next")));

  write(path("public"), public_after);
  write(path("signing.key.next"), private_after);
  EXPECT_EQ(KeyRing::open(dir_.path())->public_text(), public_after) << "announced: finished";
  EXPECT_EQ(read(path("signing.key")), private_after);
}

TEST_F(KeyRingTest, DamageIsRefused) {
  ASSERT_TRUE(KeyRing::open(dir_.path(), "one"));
  const std::string sound = read(path("signing.key"));
  for (std::size_t i = 0; i < sound.size(); ++i) {
    std::string damaged = sound;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    write(path("signing.key"), damaged);
    EXPECT_EQ(open_error(), ErrorCode::kCorrupt) << i;
  }
  fs::remove(path("signing.key"));
  EXPECT_EQ(open_error(), ErrorCode::kCorrupt) << "a lost key is not replaced without a word";
  write(path("signing.key"), sound);
  EXPECT_EQ(open_error(), ErrorCode{});
  fs::remove(path("public"));
  EXPECT_EQ(open_error(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace syncline::backend
