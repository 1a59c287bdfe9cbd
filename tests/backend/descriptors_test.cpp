#include "backend/process/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace syncline::backend {
namespace {

TEST(Descriptors, TheStoreHasItsShareWhateverIsWanted) {
  const DescriptorShares small = share_descriptors(1024, 100'000);
  EXPECT_EQ(small.store, 128u);
  EXPECT_EQ(small.connections, 1024u - 2 * 128u);
  const DescriptorShares middle = share_descriptors(20'000, 100'000);
  EXPECT_EQ(middle.store, 256u);
  EXPECT_GE(middle.connections, 19'500u) << "what bench/server opens on such a system";
  const DescriptorShares usual = share_descriptors(524'288, 100'000);
  EXPECT_EQ(usual.store, 0u) << "no bound is needed";
  EXPECT_EQ(usual.connections, 100'000u);
  EXPECT_EQ(share_descriptors(100, 100'000).connections, 0u);
}

TEST(Descriptors, TheLimitIsRaisedAsFarAsTheSystemAllows) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 256;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const std::size_t limit = raise_descriptor_limit();
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  EXPECT_GT(limit, 256u);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace syncline::backend
