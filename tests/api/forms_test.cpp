// Objects in the form that a client wants, and documents put as Markdown and HTML.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/hand_jobs.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using testing::FakeAnswer;
using testing::TestApi;

class ApiForms : public ::testing::Test {
 protected:
  std::shared_ptr<FakeAnswer> put(std::string_view type, std::string body, const std::string& query,
                                  const std::string& object = "plan") {
    node.body = std::move(body);
    auto answer = node.ask("PUT", "/v1/workspaces/w/objects/" + object + query,
                           "Content-Type: " + std::string(type) + "\r\n");
    node.body.clear();
    return answer;
  }
  std::shared_ptr<FakeAnswer> get(const std::string& query, const std::string& accept = {},
                                  const std::string& object = "plan") {
    return node.ask("GET", "/v1/workspaces/w/objects/" + object + query,
                    accept.empty() ? "" : "Accept: " + accept + "\r\n");
  }
  static int status(const std::shared_ptr<FakeAnswer>& answer) {
    return answer->head ? answer->head->status : 0;
  }

  TestApi node;
};

TEST_F(ApiForms, TheClientGetsWhatItWantsMost) {
  EXPECT_EQ(status(put("text/markdown", "# A\n\n**b**\n", "?root=default")), 201);
  const auto html = get("", "text/html, application/json;q=0.9, */*;q=0.8");
  EXPECT_EQ(html->body, "<h1>A</h1><p><strong>b</strong></p>");
  EXPECT_EQ(html->header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(html->header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(html->header("Content-Security-Policy"), "sandbox; default-src 'none'");
  EXPECT_EQ(html->header("Vary"), "Accept");
  EXPECT_EQ(html->header("Syncline-Position"), "1");
  EXPECT_EQ(get("", "text/html;q=0.1, text/markdown;q=0.2")->body, "# A\n\n**b**\n");
  EXPECT_EQ(get("", "text/*")->body, "A\nb\n");
  EXPECT_EQ(get("?as=xml", "text/html")->body,
            "<document><heading level=\"1\">A</heading><paragraph><bold>b</bold></paragraph>"
            "</document>\n");
  EXPECT_EQ(get("")->header("Content-Type"), "application/json");
  EXPECT_EQ(get("", "*/*")->header("Content-Type"), "application/json");
}

// Each form is its own representation: who has one of them has not the others, and may still depend on its position.
TEST_F(ApiForms, AnETagIsOfOneForm) {
  EXPECT_EQ(status(put("text/markdown", "# A\n", "?root=default")), 201);
  const std::string json = get("")->header("ETag");
  const std::string html = get("?as=html")->header("ETag");
  EXPECT_EQ(json, "\"1\"");
  EXPECT_EQ(html, "\"1-html\"");
  const auto known = [&](const std::string& query, const std::string& tag) {
    return node.ask("GET", "/v1/workspaces/w/objects/plan" + query,
                    "If-None-Match: " + tag + "\r\n");
  };
  EXPECT_EQ(status(known("?as=html", html)), 304);
  EXPECT_EQ(status(known("?as=html", "W/" + html)), 304);
  EXPECT_EQ(known("?as=html", html)->header("ETag"), html);
  EXPECT_EQ(status(known("?as=html", json)), 200);
  EXPECT_EQ(status(known("?as=markdown", html)), 200);
  EXPECT_EQ(status(known("", html)), 200);
  node.body = "# B\n";
  const auto write = [&](const std::string& tag) {
    return node.ask("PUT", "/v1/workspaces/w/objects/plan",
                    "Content-Type: text/markdown\r\nIf-Match: " + tag + "\r\n");
  };
  EXPECT_EQ(status(write("\"11-html\"")), 412);
  EXPECT_EQ(status(write(html)), 200);
  EXPECT_EQ(status(write(html)), 412);
}

TEST_F(ApiForms, WhatNoFormCanSayIs406) {
  EXPECT_EQ(status(put("application/json", R"({"map":{"key":1}})", "", "map")), 201);
  EXPECT_EQ(status(get("", "image/png", "map")), 406);
  EXPECT_EQ(status(get("?as=markdown", {}, "map")), 406);
  EXPECT_EQ(status(get("", "text/html", "map")), 406);
  EXPECT_EQ(get("", "text/html, */*;q=0.1", "map")->header("Content-Type"), "application/json");
  EXPECT_EQ(status(get("?as=word", {}, "map")), 400);
  EXPECT_EQ(status(get("?as=update&root=map", {}, "map")), 400);
  EXPECT_EQ(status(get("?as=html&root=map&range=0:1", {}, "map")), 400);
  EXPECT_EQ(status(get("?as=text&root=none", {}, "map")), 404);
}

TEST_F(ApiForms, APutIsOneSmallChange) {
  EXPECT_EQ(status(put("text/markdown", "one\n\ntwo\n", "?root=default")), 201);
  EXPECT_EQ(status(put("text/html; charset=utf-8", "<p>one</p><p>2</p>", "")), 200);
  EXPECT_EQ(get("?as=markdown&at=1")->body, "one\n\ntwo\n");
  EXPECT_EQ(get("?as=markdown")->body, "one\n\n2\n");
  const auto same = put("text/markdown", "one\n\n2\n", "");
  EXPECT_NE(same->body.find("\"changed\":false"), std::string::npos) << same->body;
  EXPECT_EQ(get("?as=text&root=default&range=4:5")->body, "2");
}

TEST_F(ApiForms, WhatCannotBeWrittenIs422) {
  EXPECT_EQ(status(put("text/markdown", "one\n", "?root=default")), 201);
  const auto unknown = put("text/markdown", "a<sub>1</sub>\n", "");
  EXPECT_EQ(status(unknown), 422);
  EXPECT_NE(unknown->body.find("<sub>"), std::string::npos) << unknown->body;
  EXPECT_EQ(status(put("text/html", "<script>alert(1)</script>", "")), 422);
  EXPECT_EQ(status(put("text/markdown", "\xff", "")), 400);
  EXPECT_EQ(status(put("text/markdown", "x", "?path=/default")), 400);
  EXPECT_EQ(status(put("text/markdown", "x", "?mapping=quill")), 400);
  EXPECT_EQ(status(put("text/markdown", std::string((1 << 20) + 1, 'x'), "")), 413);
  EXPECT_EQ(get("?as=markdown")->body, "one\n");
}

// Markdown takes several times as long as JSON, so a worker makes it of a document that the loop shows as JSON.
TEST(ApiFormsOfSome, ALoopLeavesMarkdownToTheWorkersEarlier) {
  testing::HandJobs jobs;
  TestApi node({}, 1, nullptr, &jobs);
  node.body = std::string(40'000, 'x');
  const auto put = node.ask("PUT", "/v1/workspaces/w/objects/plan?root=default",
                            "Content-Type: text/markdown\r\n");
  node.body.clear();
  while (!jobs.waiting().empty()) {
    jobs.run_next(*node.loops[0], node.shards->at(0)->sources);
    node.run();
  }
  ASSERT_TRUE(put->head && put->head->status == 201);
  const auto json = node.ask("GET", "/v1/workspaces/w/objects/plan");
  EXPECT_TRUE(json->head);
  const auto markdown = node.ask("GET", "/v1/workspaces/w/objects/plan?as=markdown");
  EXPECT_FALSE(markdown->head);
  EXPECT_EQ(jobs.waiting(), std::vector<std::string>{"read"});
  jobs.run_next(*node.loops[0], node.shards->at(0)->sources);
  node.run();
  ASSERT_TRUE(markdown->head);
  EXPECT_EQ(markdown->body, std::string(40'000, 'x') + "\n");
}

}  // namespace
}  // namespace syncline::api
