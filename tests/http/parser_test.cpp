#include "http/parser.h"

#include <gtest/gtest.h>

namespace syncline::http {
namespace {

TEST(HttpParser, TargetsOfAllForms) {
  const auto parse = [](const std::string& line) {
    return parse_request_head(line + " HTTP/1.1\r\nHost: t\r\n\r\n", {});
  };
  const auto absolute = parse("GET HTTP://host:1/p?q=/x");
  ASSERT_TRUE(absolute.has_value());
  EXPECT_EQ(absolute->request.path, "/p");
  EXPECT_EQ(absolute->request.query, "q=/x");
  EXPECT_EQ(parse("GET http://host")->request.path, "/");
  EXPECT_EQ(parse("GET http://host?q")->request.query, "q");
  EXPECT_EQ(parse("OPTIONS *")->request.path, "*");
  EXPECT_FALSE(parse("GET *").has_value());
  EXPECT_FALSE(parse("GET /a#b").has_value());
  EXPECT_EQ(parse("GET /a%2Fb/c")->request.raw_path, "/a%2Fb/c");
  EXPECT_EQ(parse("GET /100%/%zz/%2")->request.path, "/100%/%zz/%2");
}

}  // namespace
}  // namespace syncline::http
