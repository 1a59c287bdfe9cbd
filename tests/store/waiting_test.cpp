// The values of changes that wait: docs/formats/log.md.
#include "store/waiting.h"

#include <gtest/gtest.h>

#include "log/waiting_conformance.h"

namespace syncline::testing {
namespace {

TEST(WaitingValues, AnyFlippedByteAndAnyCutIsFound) {
  const std::string key = store::waiting_key("w", "notes/plan", 9);
  auto change = waiting_change("intent");
  change.number = 9;
  const std::string value = store::encode_waiting(key, change);
  EXPECT_EQ(store::decode_waiting(key, value), change);
  EXPECT_FALSE(store::decode_waiting(store::waiting_key("w", "notes/plan", 8), value));
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string damaged = value;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    EXPECT_FALSE(store::decode_waiting(key, damaged)) << i;
    EXPECT_FALSE(store::decode_waiting(key, value.substr(0, i))) << i;
  }
  EXPECT_FALSE(store::decode_waiting(key, value + "x"));
}

TEST(WaitingValues, KeysAreReadBack) {
  const std::string key = store::waiting_key("team", "a/b", 300);
  const auto parsed = store::parse_waiting_key(key);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->workspace, "team");
  EXPECT_EQ(parsed->object, "a/b");
  EXPECT_EQ(parsed->number, 300u);
  for (const std::string& bad :
       {std::string("p/x"), key.substr(0, key.size() - 1), key + "x", std::string("q/"),
        store::waiting_key("", "a", 1), store::waiting_key("w", "", 1)})
    EXPECT_FALSE(store::parse_waiting_key(bad)) << bad;
}

}  // namespace
}  // namespace syncline::testing
