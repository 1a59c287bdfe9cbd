// The commands for policies that need no server.
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/program.h"

namespace syncline::testing {
namespace {

constexpr const char* kBudget =
    "forbid (principal, action in Action::\"write\", resource in Path::\"/budget\")\n"
    "unless { principal in Group::\"finance\" };\n";

class PolicyCommands : public ::testing::Test {
 protected:
  std::string file(const std::string& name, std::string_view text) {
    const std::string path = dir_.file(name);
    write_whole(path, text);
    return path;
  }

  TempDir dir_;
};

TEST_F(PolicyCommands, CheckSaysLineAndColumnOfEachMistake) {
  const std::string good = file("good.cedar", kBudget);
  EXPECT_EQ(run({"policy", "check", good}).out, good + ": 1 policy, valid\n");
  const std::string bad = file("bad.cedar",
                               "permit (principal, action == Action::\"fly\", resource);\n"
                               "permit (principal, action, resource) when { context.moon };\n");
  const Outcome wrong = run({"policy", "check", good, bad});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("line 1, column "), std::string::npos) << wrong.err;
  EXPECT_NE(wrong.err.find("line 2, column "), std::string::npos) << wrong.err;
}

TEST_F(PolicyCommands, ExplainSaysWhatDecides) {
  const std::string all = file("all.cedar", "permit (principal, action, resource);");
  const std::string budget = file("budget.cedar", kBudget);
  const auto explained = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"policy", "explain",  all,    budget,   "--action",
                                      "set",    "--object", "plan", "--path", "/budget/travel"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  };
  const Outcome ann = explained({"--principal", "ann"});
  EXPECT_EQ(ann.code, 1);
  EXPECT_EQ(ann.out, "denied\n  by policy budget\n");
  const Outcome fin = explained({"--principal", "fin", "--group", "finance"});
  EXPECT_EQ(fin.code, 0);
  EXPECT_EQ(fin.out, "allowed\n  by policy all\n");
  EXPECT_NE(run({"policy", "explain", all, "--action", "fly"}).code, 0);
}

TEST_F(PolicyCommands, TestTellsWhichCaseDiffers) {
  const std::string cases = file("cases.json", R"({
    "policies": {"all": "permit (principal, action == Action::\"read\", resource);"},
    "cases": [{"name": "reads", "action": "read", "object": "a", "allowed": true},
              {"name": "writes", "action": "set", "object": "a", "path": "/x", "allowed": true}]})");
  const Outcome tested = run({"policy", "test", cases});
  EXPECT_EQ(tested.code, 1);
  EXPECT_NE(tested.err.find("case 2 (writes): it is denied, by nothing"), std::string::npos)
      << tested.err;
  EXPECT_NE(tested.out.find("1 of 2 cases as expected"), std::string::npos);
  const Outcome slip =
      run({"policy", "test", file("slip.json", R"({"cases": [{"actoin": "read"}]})")});
  EXPECT_EQ(slip.code, 1);
  EXPECT_NE(slip.err.find("'actoin' means nothing here"), std::string::npos) << slip.err;
}

TEST(PolicyRecipes, DecideAsTheManualSays) {
  int recipes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SYNCLINE_SOURCE_DIR "/examples/policies")) {
    const Outcome tested = run({"policy", "test", entry.path().string()});
    EXPECT_EQ(tested.code, 0) << tested.err << tested.out;
    ++recipes;
  }
  EXPECT_EQ(recipes, 6);
}

TEST(PolicySchema, IsPrinted) {
  const Outcome schema = run({"policy", "schema"});
  EXPECT_EQ(schema.code, 0);
  EXPECT_NE(schema.out.find("action insert, delete, format, set in [write]"), std::string::npos);
}

}  // namespace
}  // namespace syncline::testing
