#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace syncline {
namespace {

TEST(Crc32c, TheCrcOfTwoPartsFollowsFromThoseOfBoth) {
  Bytes all;
  for (std::uint32_t i = 0; i < 5000; ++i)
    all.push_back(static_cast<std::uint8_t>(i * 2654435761u >> 24));
  const ByteView view = all;
  for (const std::size_t at : {0, 1, 7, 64, 1000, 4999, 5000}) {
    const std::uint32_t joined =
        crc32c_joined(crc32c(view.first(at)), crc32c(view.subspan(at)), all.size() - at);
    EXPECT_EQ(joined, crc32c(view)) << at;
  }
}

}  // namespace
}  // namespace syncline
