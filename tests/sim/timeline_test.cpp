// Virtual time.
#include "sim/timeline.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace syncline::sim {
namespace {

// What is not answered any more may say so when it is destroyed: on the timeline that is being cleared.
TEST(Timeline, IsEmptyAfterClearAlsoOfWhatTasksPlanWhenTheyAreDestroyed) {
  Timeline timeline;
  bool ran = false;
  {
    const std::shared_ptr<int> last(new int(0), [&](int* number) {
      delete number;
      timeline.after(5, [&] { ran = true; });
    });
    for (int i = 0; i < 3; ++i) timeline.after(1, [last] {});
  }
  timeline.clear();
  EXPECT_FALSE(timeline.step(1'000));
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace syncline::sim
