// What a client accepts.
#include "http/accept.h"

#include <gtest/gtest.h>

namespace syncline::http {
namespace {

int wanted_by(std::string accept, std::string_view type) {
  Headers headers;
  headers.add("Accept", std::move(accept));
  return wanted(headers, type);
}

TEST(Accept, WithoutTheHeaderEverything) {
  EXPECT_EQ(wanted({}, "text/html"), 1000);
}

TEST(Accept, TheRangeThatSaysMostDecides) {
  const std::string accept = "text/*;q=0.5, */*;q=0.1, TEXT/HTML;level=1;q=0.25, text/plain;q=0";
  EXPECT_EQ(wanted_by(accept, "text/html"), 250);
  EXPECT_EQ(wanted_by(accept, "text/plain"), 0);
  EXPECT_EQ(wanted_by(accept, "text/markdown"), 500);
  EXPECT_EQ(wanted_by(accept, "application/json"), 100);
  EXPECT_EQ(wanted_by("text/html", "application/json"), 0);
}

TEST(Accept, SeveralLinesAreOneList) {
  Headers headers;
  headers.add("Accept", "*/*;q=0.1");
  headers.add("accept", "text/html ; Q=1.000");
  EXPECT_EQ(wanted(headers, "text/html"), 1000);
  EXPECT_EQ(wanted(headers, "text/plain"), 100);
}

TEST(Accept, MalformedRangesAreIgnored) {
  EXPECT_EQ(wanted_by(", ;q=1,text/html;q=2,text/html;q=1.5,text/html;q=0.1234,text/html;q=x",
                      "text/html"),
            0);
  EXPECT_EQ(wanted_by("text/html;q=,*/*;q=0.3", "text/html"), 300);
  EXPECT_EQ(wanted_by("/*,text,/", "text/html"), 0);
  EXPECT_EQ(wanted_by("", "text/html"), 0);
}

}  // namespace
}  // namespace syncline::http
