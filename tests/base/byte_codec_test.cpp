// The expected bytes were written by lib0.
#include <gtest/gtest.h>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "support/hex.h"

namespace syncline {
namespace {

using test::from_hex;
using test::to_hex;

struct UintCase {
  std::uint64_t value;
  const char* hex;
};

TEST(ByteCodec, VarUintAsLib0) {
  const UintCase cases[] = {{0, "00"},
                            {1, "01"},
                            {127, "7f"},
                            {128, "8001"},
                            {300, "ac02"},
                            {16383, "ff7f"},
                            {16384, "808001"},
                            {std::uint64_t{1} << 31, "8080808008"},
                            {std::uint64_t{1} << 32, "8080808010"},
                            {kMaxSafeInteger, "ffffffffffffff0f"}};
  for (const auto& [value, hex] : cases) {
    ByteWriter out;
    out.var_uint(value);
    EXPECT_EQ(to_hex(out.view()), hex);
    const Bytes bytes = from_hex(hex);
    ByteReader in(bytes);
    EXPECT_EQ(in.var_uint(), value);
    EXPECT_TRUE(in.ok() && in.at_end());
  }
}

struct IntCase {
  VarInt value;
  const char* hex;
};

TEST(ByteCodec, VarIntAsLib0) {
  const IntCase cases[] = {{{0, false}, "00"},
                           {{0, true}, "40"},
                           {{1, false}, "01"},
                           {{1, true}, "41"},
                           {{63, false}, "3f"},
                           {{64, false}, "8001"},
                           {{64, true}, "c001"},
                           {{8191, false}, "bf7f"},
                           {{8192, false}, "808001"},
                           {{2147483647, true}, "ffffffff0f"},
                           {{std::uint64_t{1} << 52, false}, "8080808080808010"}};
  for (const auto& [value, hex] : cases) {
    ByteWriter out;
    out.var_int(value.magnitude, value.negative);
    EXPECT_EQ(to_hex(out.view()), hex);
    const Bytes bytes = from_hex(hex);
    ByteReader in(bytes);
    const VarInt read = in.var_int();
    EXPECT_EQ(read.magnitude, value.magnitude);
    EXPECT_EQ(read.negative, value.negative);
    EXPECT_TRUE(in.ok() && in.at_end());
  }
}

TEST(ByteCodec, FixedWidthIsBigEndian) {
  ByteWriter out;
  out.float32(1.5F);
  out.float64(0.1);
  out.int64(-5);
  EXPECT_EQ(to_hex(out.view()), "3fc000003fb999999999999afffffffffffffffb");
  const Bytes bytes = out.take();
  ByteReader in(bytes);
  EXPECT_EQ(in.float32(), 1.5F);
  EXPECT_EQ(in.float64(), 0.1);
  EXPECT_EQ(in.int64(), -5);
  EXPECT_TRUE(in.ok() && in.at_end());
}

TEST(ByteCodec, PaddedIntegersAreRead) {
  const Bytes bytes = from_hex("8000");
  ByteReader in(bytes);
  EXPECT_EQ(in.var_uint(), 0U);
  EXPECT_TRUE(in.ok());
}

TEST(ByteCodec, IntegersBeyondJavaScriptAreRefused) {
  for (const char* hex : {"8080808080808010", "ffffffffffffff7f", "80808080808080808001",
                          "8080808080808080808000", "80", ""}) {
    const Bytes bytes = from_hex(hex);
    ByteReader in(bytes);
    EXPECT_EQ(in.var_uint(), 0U) << hex;
    EXPECT_FALSE(in.ok()) << hex;
  }
}

TEST(ByteCodec, FailureSticks) {
  const Bytes bytes = from_hex("05616203");
  ByteReader in(bytes);
  EXPECT_EQ(in.var_string(), "");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0);
  EXPECT_EQ(in.var_uint(), 0U);
  EXPECT_TRUE(in.var_buffer().empty());
  EXPECT_EQ(in.remaining(), 0U);
}

TEST(ByteCodec, LengthsAreNotBelieved) {
  const Bytes bytes = from_hex("ffffffffffffff0f61");
  ByteReader in(bytes);
  EXPECT_TRUE(in.var_buffer().empty());
  EXPECT_FALSE(in.ok());
}

TEST(ByteCodec, StringsMustBeUtf8) {
  const Bytes bytes = from_hex("02c328");
  ByteReader in(bytes);
  in.var_string();
  EXPECT_FALSE(in.ok());
}

TEST(ByteCodec, TakeBeginsAnew) {
  ByteWriter out;
  out.var_string("first");
  EXPECT_EQ(to_hex(out.take()), "056669727374");
  EXPECT_TRUE(out.empty());
  out.append(std::string(100'000, 'x'));
  EXPECT_EQ(out.take().size(), 100'000U);
  out.u8(7);
  EXPECT_EQ(to_hex(out.take()), "07");
}

}  // namespace
}  // namespace syncline
