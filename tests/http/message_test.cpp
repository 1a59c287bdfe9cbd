#include "http/message.h"

#include <gtest/gtest.h>

namespace syncline::http {
namespace {

TEST(HttpMessage, DecodeAndCompare) {
  EXPECT_EQ(percent_decode("a%2fb%20c"), "a/b c");
  EXPECT_FALSE(percent_decode("%2").has_value());
  EXPECT_FALSE(percent_decode("%g0").has_value());
  EXPECT_EQ(percent_decode_where_it_is("100%/%g0%20%2%25"), "100%/%g0 %2%");
  EXPECT_EQ(query_parameter("a=1&token=x%2By+z&b", "token"), "x+y z");
  EXPECT_EQ(query_parameter("a=1&b", "b"), "");
  EXPECT_FALSE(query_parameter("a=1", "b").has_value());
  EXPECT_EQ(format_date(784111777000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_TRUE(equals_ignoring_case("Host", "hOST"));
}

}  // namespace
}  // namespace syncline::http
