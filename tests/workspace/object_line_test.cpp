#include "workspace/object_line.h"

#include <gtest/gtest.h>

#include <string>

namespace syncline::workspace {
namespace {

class ObjectLines : public ::testing::Test {
 protected:
  void add(ObjectLine::Who who, std::string name) {
    line_.add(who, [this, name = std::move(name)] { ran_ += name; });
  }
  std::string run_all() {
    while (!line_.empty()) line_.run_next();
    return ran_;
  }

  ObjectLine line_;
  std::string ran_;
};

TEST_F(ObjectLines, EverybodyHasATurnBeforeAnyHasASecond) {
  for (const char* name : {"a", "b", "c", "d"}) add(1, name);
  add(2, "x");
  add(2, "y");
  add(0, "-");
  EXPECT_EQ(run_all(), "ax-bycd");
}

TEST_F(ObjectLines, WhoeverHasHadHisTurnQueuesAgain) {
  add(1, "a");
  add(2, "x");
  line_.run_next();
  add(1, "b");
  EXPECT_EQ(run_all(), "axb");
  EXPECT_TRUE(line_.empty());
}

TEST_F(ObjectLines, WhatATaskAddsTakesItsPlace) {
  line_.add(1, [this] {
    EXPECT_TRUE(line_.running());
    add(1, "b");
    add(3, "c");
  });
  add(1, "d");
  add(2, "x");
  line_.run_next();
  EXPECT_FALSE(line_.running());
  EXPECT_EQ(run_all(), "bcxd");
}

TEST_F(ObjectLines, WhatATaskThatTookAPlaceAddsComesBeforeTheRest) {
  line_.add(1, [this] {
    line_.add(1, [this] { add(1, "a"); });
    add(1, "b");
  });
  add(2, "x");
  EXPECT_EQ(run_all(), "abx");
}

TEST_F(ObjectLines, ATaskOutsideOfTheLineIsFollowedByWhatItAdds) {
  add(1, "x");
  line_.run([this] { add(0, "a"); });
  EXPECT_EQ(run_all(), "ax");
  line_.run([] {});
  add(1, "z");
  line_.clear();
  EXPECT_TRUE(line_.empty());
}

}  // namespace
}  // namespace syncline::workspace
