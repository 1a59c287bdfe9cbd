#include "base/base64.h"

#include <gtest/gtest.h>

namespace syncline {
namespace {

TEST(Base64Url, EveryLengthComesBack) {
  for (std::size_t size = 0; size < 40; ++size) {
    Bytes bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(251 * i + 62));
    const std::string text = to_base64url(bytes);
    EXPECT_EQ(text.find_first_of("+/="), text.npos);
    EXPECT_EQ(from_base64url(text), bytes);
  }
  EXPECT_EQ(to_base64url(as_bytes("\xfb\xff\xfe")), "-__-");
  EXPECT_EQ(from_base64url(""), Bytes());
}

TEST(Base64Url, AValueHasOneText) {
  for (const char* text : {"A", "AB=", "AB==", "AA=A", "A+AA", "A/AA", "AA A", "AB", "AAB", "?AAA"})
    EXPECT_FALSE(from_base64url(text)) << text;
  EXPECT_TRUE(from_base64url("AA"));
  EXPECT_TRUE(from_base64url("AAA"));
}

}  // namespace
}  // namespace syncline
