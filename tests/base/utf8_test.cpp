#include "base/utf8.h"

#include <gtest/gtest.h>

namespace syncline {
namespace {

TEST(Utf8, RefusesWhatIsNotWellFormed) {
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xe4\xb8",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "12345678\xff", "\xc3("})
    EXPECT_FALSE(is_valid_utf8(bad)) << bad;
  for (const char* good :
       {"", "a", "ü", "漢", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "ASCII only text"})
    EXPECT_TRUE(is_valid_utf8(good)) << good;
}

TEST(Utf8, CountsUtf16Units) {
  EXPECT_EQ(utf16_length(""), 0U);
  EXPECT_EQ(utf16_length("abcdefghijk"), 11U);
  EXPECT_EQ(utf16_length("aü漢😀"), 5U);
  std::string text;
  for (int i = 0; i < 50; ++i) text += "ü漢😀a";
  std::size_t units = 0;
  EXPECT_TRUE(measure_utf8(text, units));
  EXPECT_EQ(units, 250U);
  EXPECT_EQ(utf16_length(text), 250U);
}

// Every place in a text, against walking over it.
TEST(Utf8, FindsUnits) {
  const std::string text = "0123456789ü漢😀abcdefg漢漢漢😀😀hijklmnop";
  const std::size_t units = utf16_length(text);
  std::size_t unit = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    bool inside = true;
    EXPECT_EQ(utf16_offset(text, unit, inside), at);
    EXPECT_FALSE(inside);
    EXPECT_EQ(utf16_offset_from_end(text, units - unit, inside), at);
    EXPECT_FALSE(inside);
    if (bytes == 4) {
      EXPECT_EQ(utf16_offset(text, unit + 1, inside), at);
      EXPECT_TRUE(inside);
      EXPECT_EQ(utf16_offset_from_end(text, units - unit - 1, inside), at);
      EXPECT_TRUE(inside);
    }
    unit += bytes == 4 ? 2 : 1;
    at += bytes;
  }
  bool inside = true;
  EXPECT_EQ(utf16_offset(text, unit, inside), text.size());
  EXPECT_EQ(utf16_offset(text, unit + 99, inside), text.size());
  EXPECT_FALSE(inside);
  EXPECT_EQ(utf16_offset_from_end(text, 0, inside), text.size());
  EXPECT_EQ(utf16_offset_from_end(text, units + 99, inside), 0U);
  EXPECT_FALSE(inside);
}

TEST(Utf8, AppendsCodePoints) {
  std::string text;
  for (const std::uint32_t c : {0x61U, 0xfcU, 0x6f22U, 0x1f600U}) append_utf8(text, c);
  EXPECT_EQ(text, "aü漢😀");
  text.clear();
  append_utf8(text, 0xd800);
  append_utf8(text, 0x110000);
  EXPECT_EQ(text, "\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace syncline
