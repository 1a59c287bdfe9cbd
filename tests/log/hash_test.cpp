// The hashes and the clock of `base` that the log is built on.
#include <gtest/gtest.h>

#include <random>

#include "base/crc32c.h"
#include "base/hlc.h"
#include "base/sha256.h"

namespace syncline {
namespace {

Bytes random_bytes(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

TEST(Sha256, MatchesThePublishedVectors) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(Bytes(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheBytesArrive) {
  const Bytes all = random_bytes(300, 1);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const ByteView bytes = ByteView(all).first(size);
    Sha256 pieces;
    pieces.update(bytes.first(size / 3));
    pieces.update(bytes.subspan(size / 3));
    EXPECT_EQ(pieces.finish(), sha256(bytes)) << size;
  }
}

TEST(Sha256, PortableAndNativeRoundsAgree) {
  const Bytes data = random_bytes(64, 2);
  Bytes padded = data;  // 64 bytes of message need a second block of padding
  padded.resize(128);
  padded[64] = 0x80;
  padded[126] = 0x02;
  std::uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  detail::sha256_blocks_portable(state, padded.data(), 2);
  Hash256 portable;
  for (std::size_t index = 0; index < 32; ++index)
    portable[index] = static_cast<std::uint8_t>(state[index / 4] >> (24 - 8 * (index % 4)));
  EXPECT_EQ(portable, sha256(data));
}

TEST(Crc32c, MatchesThePublishedVectors) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(Bytes(32, 0)), 0x8a9136aau);
  EXPECT_EQ(crc32c(Bytes(32, 0xff)), 0x62a8ab43u);
}

TEST(Crc32c, ContinuesAndAgreesWithThePortableOne) {
  const Bytes bytes = random_bytes(100, 3);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const ByteView view = ByteView(bytes).first(size);
    EXPECT_EQ(crc32c(view), detail::crc32c_portable(view, 0));
    EXPECT_EQ(crc32c(view.subspan(size / 2), crc32c(view.first(size / 2))), crc32c(view));
  }
}

TEST(HlcClock, NeverGoesBackAndFollowsTheWall) {
  HlcClock clock;
  EXPECT_EQ(clock.tick(1000), HlcStamp::of(1000, 0));
  EXPECT_EQ(clock.tick(1000), HlcStamp::of(1000, 1));
  EXPECT_EQ(clock.tick(500), HlcStamp::of(1000, 2));
  EXPECT_EQ(clock.tick(1001), HlcStamp::of(1001, 0));
  HlcClock full(HlcStamp::of(1000, 0xffff));
  EXPECT_EQ(full.tick(1000), HlcStamp::of(1001, 0));
}

TEST(HlcClock, ObservesOthersButNotAForgedFuture) {
  HlcClock clock;
  ASSERT_TRUE(clock.observe(HlcStamp::of(2000, 5), 1000).has_value());
  EXPECT_EQ(clock.tick(1000), HlcStamp::of(2000, 6));
  ASSERT_TRUE(clock.observe(HlcStamp::of(1, 1), 1000).has_value());
  EXPECT_EQ(clock.last(), HlcStamp::of(2000, 6));
  const auto refused = clock.observe(HlcStamp::of(1001 + HlcClock::kMaxAheadMs, 0), 1000);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(clock.last(), HlcStamp::of(2000, 6));
}

TEST(HlcStamp, IsReadable) {
  EXPECT_EQ(to_string(HlcStamp::of(1'700'000'000'123, 7)), "2023-11-14T22:13:20.123Z+7");
}

}  // namespace
}  // namespace syncline
