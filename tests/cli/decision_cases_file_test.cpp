// `syncline policy test` with tests in the format that the Cedar language publishes.
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/program.h"

namespace syncline::testing {
namespace {

constexpr const char* kPhotos =
    "permit (principal == User::\"alice\", action == Action::\"view\", resource);";
constexpr const char* kSchemaOfPhotos =
    "entity User; entity Photo; action view appliesTo { principal: User, resource: Photo };";

std::string request_of(std::string_view user, std::string_view decision, std::string_view reason) {
  return R"({"description": "views", "principal": {"type": "User", "id": ")" + std::string(user) +
         R"("}, "action": {"type": "Action", "id": "view"}, )"
         R"("resource": {"type": "Photo", "id": "sea"}, "context": {}, "decision": ")" +
         std::string(decision) + R"(", "reason": [)" + std::string(reason) + R"(], "errors": []})";
}

class DecisionCasesFile : public ::testing::Test {
 protected:
  DecisionCasesFile() {
    std::filesystem::create_directories(dir_.file("sets/photos"));
    std::filesystem::create_directories(dir_.file("data"));
    write_whole(dir_.file("sets/photos/policies.cedar"), kPhotos);
    write_whole(dir_.file("data/entities.json"), "[]");
    write_whole(dir_.file("data/photos.cedarschema"), kSchemaOfPhotos);
  }

  // One of its files is beside it, the others are named from the root of the collection.
  Outcome tested(std::string_view requests, std::string_view more = "") {
    const std::string path = dir_.file("sets/photos/test.json");
    write_whole(path, R"({"policies": "policies.cedar", "entities": "data/entities.json", )"
                      R"("schema": "data/photos.cedarschema", )" +
                          std::string(more) + R"("requests": [)" + std::string(requests) + "]}");
    return run({"policy", "test", path});
  }

  TempDir dir_;
};

TEST_F(DecisionCasesFile, ADecisionAndItsReasonsAreCompared) {
  const Outcome right =
      tested(request_of("alice", "allow", R"("policy0")") + "," + request_of("bob", "Deny", ""));
  EXPECT_EQ(right.code, 0) << right.err;
  EXPECT_NE(right.out.find("2 of 2 decisions as expected"), std::string::npos) << right.out;

  const Outcome wrong = tested(request_of("bob", "allow", R"("policy0")") + "," +
                               request_of("alice", "allow", R"("policy7")"));
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("request 1 (views): denied, by no policy"), std::string::npos)
      << wrong.err;
  EXPECT_NE(wrong.err.find("request 2 (views): allowed, by policy0"), std::string::npos);
  EXPECT_NE(wrong.out.find("0 of 2 decisions as expected"), std::string::npos);
}

TEST_F(DecisionCasesFile, WhetherThePoliciesAreValidIsCompared) {
  const Outcome wrong =
      tested(request_of("alice", "allow", R"("policy0")"), R"("shouldValidate": false, )");
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("the policies are valid, and should not be"), std::string::npos)
      << wrong.err;
  write_whole(dir_.file("data/photos.cedarschema"), "entity User;");
  const Outcome other = tested("");
  EXPECT_EQ(other.code, 1);
  EXPECT_NE(other.err.find("validation: policy0: line 1, column "), std::string::npos) << other.err;
}

TEST_F(DecisionCasesFile, ARequestThatDoesNotFitTheSchemaIsADifference) {
  const std::string odd =
      R"({"principal": {"type": "Photo", "id": "sea"}, "action": {"type": "Action", "id": "view"},
          "resource": {"type": "Photo", "id": "sea"}, "context": {}, "decision": "deny",
          "reason": [], "errors": [])";
  EXPECT_EQ(tested(odd + "}").code, 1);
  EXPECT_EQ(tested(odd + R"(, "validateRequest": false})").code, 0);
}

TEST_F(DecisionCasesFile, WhatIsNoTestIsRefusedWithTheFileAndThePlace) {
  const auto error = [&](std::string_view requests, std::string_view more = "") {
    const Outcome refused = tested(requests, more);
    EXPECT_EQ(refused.code, 1);
    return refused.err;
  };
  EXPECT_NE(error(R"({"principal": {"type": "User", "id": "a"}})").find("line 1, column "),
            std::string::npos);
  EXPECT_NE(error(request_of("alice", "perhaps", "")).find("`decision` is allow or deny"),
            std::string::npos);
  EXPECT_NE(error("", R"("shouldValidate": 1, )").find("`shouldValidate` is true or false"),
            std::string::npos);
  write_whole(dir_.file("sets/photos/policies.cedar"), "permit (principal");
  EXPECT_NE(error("").find("policies.cedar: line 1, column "), std::string::npos);
  std::filesystem::remove(dir_.file("sets/photos/policies.cedar"));
  EXPECT_NE(error("").find("policies.cedar"), std::string::npos);
}

}  // namespace
}  // namespace syncline::testing
