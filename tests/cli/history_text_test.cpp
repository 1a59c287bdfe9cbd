// How the history is told to people: deltas merged, words compared, one row for one sitting.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/data/delta_merge.h"
#include "cli/data/sitting.h"
#include "cli/data/word_diff.h"
#include "cli/json.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using ::testing::ElementsAre;

crdt::Any parse(const std::string& json) {
  const auto value = crdt::from_json(json);
  EXPECT_TRUE(value) << json;
  return value ? *value : crdt::Any();
}

std::string merged(const std::string& first, const std::string& then) {
  return compact_json(merge_deltas(parse(first), parse(then)));
}

TEST(MergedDeltas, DoWhatBothDo) {
  EXPECT_EQ(merged(R"([{"insert":"ab"}])", R"([{"retain":2},{"insert":"c"}])"),
            R"([{"insert":"abc"}])");
  EXPECT_EQ(merged(R"([{"retain":3},{"insert":"abc"}])", R"([{"retain":4},{"delete":1}])"),
            R"([{"retain":3},{"insert":"ac"}])");
  EXPECT_EQ(merged(R"([{"insert":"abc"}])", R"([{"delete":3}])"), "[]");
  EXPECT_EQ(merged(R"([{"retain":1},{"delete":1}])", R"([{"delete":2}])"), R"([{"delete":3}])");
  EXPECT_EQ(merged(R"([{"retain":2},{"delete":1}])", R"([{"insert":"x"}])"),
            R"([{"insert":"x"},{"retain":2},{"delete":1}])");
  EXPECT_EQ(merged(R"([])", R"([{"retain":2},{"insert":"x"}])"),
            R"([{"retain":2},{"insert":"x"}])");
}

TEST(MergedDeltas, KeepFormatsListsAndPairs) {
  EXPECT_EQ(merged(R"([{"insert":"ab"}])", R"([{"retain":1,"attributes":{"bold":true}}])"),
            R"([{"insert":"a","attributes":{"bold":true}},{"insert":"b"}])");
  EXPECT_EQ(merged(R"([{"insert":"a","attributes":{"bold":true}}])",
                   R"([{"retain":1,"attributes":{"bold":null}}])"),
            R"([{"insert":"a"}])");
  EXPECT_EQ(merged(R"([{"retain":1,"attributes":{"bold":true}}])",
                   R"([{"retain":1,"attributes":{"bold":null}}])"),
            R"([{"retain":1,"attributes":{"bold":null}}])");
  EXPECT_EQ(merged(R"([{"insert":[1,2,3]}])", R"([{"retain":1},{"delete":1}])"),
            R"([{"insert":[1]},{"insert":[3]}])");
  EXPECT_EQ(merged(R"([{"insert":"😀b"}])", R"([{"retain":2},{"insert":"!"}])"),
            R"([{"insert":"😀!b"}])");
}

TEST(MergedChanges, AreOnePerType) {
  const auto both = merge_changes(
      parse(R"([{"path":"t","delta":[{"insert":"a"}]},{"path":"m","keys":{"x":{"set":1}}}])"),
      parse(
          R"([{"path":"m","keys":{"x":{"set":2},"y":{"deleted":true}}},{"path":"u","keys":{}}])"));
  EXPECT_EQ(compact_json(both),
            R"([{"path":"t","delta":[{"insert":"a"}]},)"
            R"({"path":"m","keys":{"x":{"set":2},"y":{"deleted":true}}},{"path":"u","keys":{}}])");
}

TEST(Sitting, IsOfOneAuthorWithoutALongPause) {
  const auto entry = [](const std::string& who, const std::string& time) {
    return parse(R"({"principal":")" + who + R"(","actor":"","time":")" + time + "\"}");
  };
  const auto first = entry("ann", "2026-01-31T12:00:00.000Z");
  EXPECT_TRUE(same_sitting(first, entry("ann", "2026-01-31T12:05:00.000Z")));
  EXPECT_TRUE(same_sitting(entry("ann", "2026-01-31T12:05:00.000Z"), first));
  EXPECT_FALSE(same_sitting(first, entry("ann", "2026-01-31T12:05:00.001Z")));
  EXPECT_FALSE(same_sitting(first, entry("bob", "2026-01-31T12:00:00.000Z")));
  EXPECT_FALSE(same_sitting(first, entry("ann", "")));
}

TEST(WordDiff, ShowsLinesThatDiffer) {
  const Console console;
  EXPECT_THAT(word_diff("one\nthe quick fox\nend", "one\nthe brown fox\nend", console),
              ElementsAre("the [-quick-]{+brown+} fox"));
  EXPECT_THAT(word_diff("same", "same", console), ElementsAre());
  EXPECT_THAT(word_diff("", "new\nlines", console), ElementsAre("{+new\\nlines+}"));
  EXPECT_THAT(word_diff("gone", "", console), ElementsAre("[-gone-]"));
  EXPECT_THAT(word_diff("a\x1b[31m", "b", console), ElementsAre("[-a\\u001b[31m-]{+b+}"));
}

}  // namespace
}  // namespace syncline::cli
