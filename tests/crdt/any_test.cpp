// The expected bytes were written by lib0, the expected JSON and numbers by JavaScript.
#include "crdt/packed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/byte_reader.h"
#include "crdt/json_check.h"
#include "support/hex.h"

namespace syncline::crdt {
namespace {

using test::from_hex;
using test::to_hex;

struct PackedCase {
  Any value;
  const char* hex;
};

std::vector<PackedCase> packed_cases() {
  return {{Any(), "7f"},
          {Any::Null{}, "7e"},
          {true, "78"},
          {0, "7d00"},
          {-0.0, "7d40"},
          {2147483647, "7dbfffffff0f"},
          {2147483648.0, "7c4f000000"},
          {1.5, "7c3fc00000"},
          {0.1, "7b3fb999999999999a"},
          {std::nan(""), "7b7ff8000000000000"},
          {std::numeric_limits<double>::infinity(), "7c7f800000"},
          {Any::bigint(-5), "7afffffffffffffffb"},
          {"ü", "7702c3bc"},
          {Bytes{1, 2}, "74020102"},
          {Any::Array{1, "a", Any::Array{}}, "75037d017701617500"},
          {Any::Object{{"b", 1}, {"10", 2}, {"a", Any::Null{}}, {"9", Any::Array{true}}},
           "760401397501780231307d0201627d0101617e"}};
}

TEST(Any, PacksAsLib0) {
  for (const auto& [value, hex] : packed_cases()) {
    EXPECT_EQ(to_hex(pack(value)), hex);
    const Bytes bytes = from_hex(hex);
    EXPECT_EQ(unpack(bytes), value) << hex;
    ByteReader in(bytes);
    EXPECT_EQ(scan_any(in), AnyScan::kCanonical) << hex;
  }
}

// Padded numbers and lengths, numbers in a wider form than needed, keys out of order or repeated.
TEST(Any, TellsWhatIsNotCanonical) {
  for (const char* hex :
       {"7d8000", "7c3f800000", "7b3ff8000000000000", "7b7ff8000000000001", "760201627d0101627d01",
        "7601095f5f70726f746f5f5f7e", "760201617d0101317d02", "77810061"}) {
    const Bytes bytes = from_hex(hex);
    ByteReader in(bytes);
    EXPECT_EQ(scan_any(in), AnyScan::kLoose) << hex;
    EXPECT_TRUE(in.at_end()) << hex;
  }
}

TEST(Any, RefusesBadBytes) {
  for (const char* hex : {"", "00", "73", "7702c3", "7701ff", "75ffffffffffffff0f", "7601", "7b00"})
    EXPECT_FALSE(unpack(from_hex(hex))) << hex;
  EXPECT_FALSE(unpack(from_hex("7e7e")));
}

TEST(Any, BoundsDepth) {
  Bytes bytes;
  for (int i = 0; i < kMaxAnyDepth; ++i) bytes.insert(bytes.end(), {117, 1});
  bytes.push_back(126);
  EXPECT_TRUE(unpack(bytes));
  EXPECT_TRUE(from_json(packed_to_json(bytes)));
  bytes.insert(bytes.begin(), {117, 1});
  EXPECT_FALSE(unpack(bytes));
  EXPECT_FALSE(from_json(std::string(100'000, '[')));
}

TEST(Any, ObjectsHaveJavaScriptsOrder) {
  const Any object = Any::Object{{"b", 1}, {"10", 2}, {"b", 3}, {"01", 4}, {"9", 5}};
  EXPECT_EQ(to_json(object), R"({"9":5,"10":2,"b":3,"01":4})");
  EXPECT_EQ(object, Any(Any::Object{{"9", 5}, {"01", 4}, {"b", 3}, {"10", 2}}));
  Any::Object many;
  for (int i = 0; i < 40; ++i) many.emplace_back("k" + std::to_string(i % 20), i);
  const Any folded(many);
  EXPECT_EQ(std::get<Any::Object>(folded.value()).size(), 20U);
  EXPECT_EQ(*folded.find("k3"), Any(23));
}

TEST(Any, NumbersPrintAsInJavaScript) {
  const std::pair<double, const char*> cases[] = {
      {0, "0"},
      {-0.0, "0"},
      {-1, "-1"},
      {0.1, "0.1"},
      {1e21, "1e+21"},
      {1e20, "100000000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {1.5e300, "1.5e+300"},
      {5e-324, "5e-324"},
      {123.456, "123.456"},
      {-0.000001234, "-0.000001234"},
      {9007199254740992.0, "9007199254740992"},
      {1.7976931348623157e308, "1.7976931348623157e+308"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(number_to_string(value), text);
}

TEST(Any, ATextIsMadeOnlyIfItIsShortEnough) {
  for (const Any& value :
       {Any(Any::Object{
            {"a\n", Any::Array{1.5, "x\"y", true, Any()}}, {"b", Bytes{0, 200}}, {"gone", Any()}}),
        Any("ü"), Any(std::string(1000, '\\')), Any()}) {
    const std::string whole = to_json(value);
    const auto within = to_json_within(value, whole.size());
    ASSERT_TRUE(within);
    EXPECT_EQ(*within, whole);
    if (value.is_undefined()) continue;
    EXPECT_LE(within->capacity(), std::max<std::size_t>(whole.size(), 15))
        << "no more than it needs";
    EXPECT_FALSE(to_json_within(value, whole.size() - 1));
  }
}

TEST(Any, JsonAsInJavaScript) {
  const std::pair<const char*, const char*> cases[] = {
      {"1e400", "null"},
      {"-1e-400", "0"},
      {"0.1e1", "1"},
      {"  [1 , 2]", "[1,2]"},
      {R"({"b":1,"10":2,"a":{"x":"\u00fc\ud83d\ude00\n"},"b":3})",
       R"({"10":2,"b":3,"a":{"x":"ü😀\n"}})"},
      {R"("\ud800\u0001\/")", "\"\xEF\xBF\xBD\\u0001/\""},
      {R"({"__proto__":1})", R"({"__proto__":1})"}};
  for (const auto& [json, expected] : cases) {
    const auto value = from_json(json);
    ASSERT_TRUE(value) << json;
    EXPECT_TRUE(is_json(json)) << json;
    EXPECT_EQ(to_json(*value), expected);
  }
  EXPECT_EQ(to_json(Any()), "undefined");
  EXPECT_EQ(to_json(Any::Array{Any(), std::nan(""), Any::bigint(7), Bytes{5, 6}}),
            R"([null,null,7,{"0":5,"1":6}])");
  EXPECT_EQ(to_json(Any::Object{{"a", Any()}, {"b", 1}}), R"({"b":1})");
}

TEST(Any, RefusesBadJson) {
  for (const char* json :
       {"", "01", "1.", ".5", "+1", "nul", "[1,]", "{\"a\"}", "{a:1}", "\"a", "\"\t\"", "\"\\x\"",
        "\"\\u12g4\"", "1 2", "\xff", "- 1", "[", "1e", "NaN"}) {
    EXPECT_FALSE(from_json(json)) << json;
    EXPECT_FALSE(is_json(json)) << json;
  }
}

}  // namespace
}  // namespace syncline::crdt
