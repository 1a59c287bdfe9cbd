// The endpoint of the Model Context Protocol: its messages, sessions, tools, and agents as participants.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "api/mcp_message.h"
#include "api/mcp_tools.h"
#include "session/agents.h"
#include "support/test_api.h"
#include "syncline/crdt/any.h"

namespace syncline::api {
namespace {

using crdt::Any;
using session::Agents;
using testing::FakeAnswer;
using testing::TestApi;
using testing::Typist;

std::string with_token(std::string_view token) {
  return "Authorization: Bearer " + std::string(token) + "\r\n";
}

class Mcp : public ::testing::Test {
 protected:
  using Answer = std::shared_ptr<FakeAnswer>;

  Answer post(std::string body, const std::string& headers = {}, std::size_t home = 0) {
    node.body = std::move(body);
    auto answer = node.ask("POST", "/mcp", "Content-Type: application/json\r\n" + headers, home);
    node.body.clear();
    return answer;
  }
  std::string begin(std::string_view token = "full", std::size_t home = 0) {
    const Answer answer =
        post(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":)"
             R"("2025-06-18","capabilities":{},"clientInfo":{"name":"scribe","version":"1"}}})",
             with_token(token), home);
    EXPECT_EQ(answer->head->status, 200) << answer->body;
    EXPECT_NE(answer->body.find(R"("protocolVersion":"2025-06-18")"), std::string::npos);
    return answer->header("Mcp-Session-Id");
  }
  std::string in(const std::string& session, std::string_view token = "full") {
    return with_token(token) + "Mcp-Session-Id: " + session + "\r\n";
  }
  // The text of the first block; "!" before it for an error.
  std::string call(const std::string& headers, std::string_view tool, std::string_view arguments) {
    const Answer answer =
        post(R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":")" +
                 std::string(tool) + R"(","arguments":)" + std::string(arguments) + "}}",
             headers);
    EXPECT_EQ(answer->head->status, 200) << answer->body;
    const auto json = crdt::from_json(answer->body);
    const Any* result = json ? json->find("result") : nullptr;
    if (result == nullptr) return answer->body;
    const auto& blocks = std::get<Any::Array>(result->find("content")->value());
    return (*result->find("isError") == Any(true) ? "!" : "") +
           std::get<std::string>(blocks.at(0).find("text")->value());
  }
  std::size_t at_work() {
    std::size_t count = 0;
    for (std::size_t i = 0; i < node.shards->size(); ++i)
      count += node.shards->at(i)->agents.at_work();
    return count;
  }

  TestApi node{identity::Access({{"full", {.id = "ann"}},
                                 {"other", {.id = "eve"}},
                                 {"write", {.id = "eve", .rights = identity::Rights::writing()}},
                                 {"look", {.id = "bob", .rights = identity::Rights::reading()}}}),
               2};
};

// ---- messages

TEST(McpMessages, AreReadStrictly) {
  const auto request = read_mcp_message(R"({"jsonrpc":"2.0","id":"a","method":"ping"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, McpMessage::kRequest);
  EXPECT_EQ(request->id, Any("a"));
  EXPECT_EQ(read_mcp_message(R"({"jsonrpc":"2.0","method":"notifications/x","params":{}})")->kind,
            McpMessage::kNotification);
  EXPECT_EQ(read_mcp_message(R"({"jsonrpc":"2.0","id":1,"result":{}})")->kind,
            McpMessage::kResponse);
  const auto code = [](std::string_view text) { return read_mcp_message(text).error().code; };
  EXPECT_EQ(code("{"), ErrorCode::kMalformed);
  EXPECT_EQ(code(R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])"), ErrorCode::kInvalid);
  EXPECT_EQ(code(R"({"jsonrpc":"1.0","id":1,"method":"ping"})"), ErrorCode::kInvalid);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":null,"method":"ping"})"), ErrorCode::kInvalid);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})"), ErrorCode::kInvalid);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1,"method":7})"), ErrorCode::kInvalid);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})"), ErrorCode::kInvalid);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1})"), ErrorCode::kInvalid);
  EXPECT_EQ(code("7"), ErrorCode::kInvalid);
  EXPECT_EQ(code(std::string(kMostMcpBytes + 1, ' ')), ErrorCode::kTooLarge);
}

TEST(McpTools, HaveSchemasThatAreJsonAndCheckTheirArguments) {
  const auto listed = crdt::from_json(mcp_tools_json());
  ASSERT_TRUE(listed);
  EXPECT_EQ(std::get<Any::Array>(listed->find("tools")->value()).size(), mcp_tools().size());
  const McpTool& read = *mcp_tool("read_object");
  const auto why = [&](std::string_view arguments) {
    return tool_request(read, crdt::from_json(arguments).value()).error().message;
  };
  EXPECT_EQ(why("{}"), "read_object needs the argument \"workspace\"");
  EXPECT_EQ(why(R"({"workspace":"w","object":7})"), "\"object\" is a text");
  EXPECT_EQ(why(R"({"workspace":"w","object":""})"), "\"object\" is empty");
  EXPECT_EQ(why(R"({"workspace":"w","object":"o","form":"text"})"),
            "read_object has no argument \"form\"");
  EXPECT_EQ(why(R"({"workspace":"w","object":"o","format":"pdf"})"),
            "\"format\" is one of json|text|markdown|html|xml|delta");
  EXPECT_EQ(why("[]"), "the arguments are no object");
  EXPECT_EQ(mcp_tool("none"), nullptr);
  const auto request = tool_request(
      read,
      crdt::from_json(R"({"workspace":"w?","object":"a/b c","at":7,"format":"text"})").value());
  EXPECT_EQ(request->raw_path, "/v1/workspaces/w%3F/objects/a/b%20c");
  EXPECT_EQ(request->query, "as=text&at=7");
  const auto edit = tool_request(
      *mcp_tool("edit_text"),
      crdt::from_json(
          R"({"workspace":"w","object":"o","root":"r","ops":[],"idempotency_key":"a\nb"})")
          .value());
  EXPECT_EQ(edit.error().code, ErrorCode::kInvalid);
}

// ---- the transport

TEST_F(Mcp, ASessionBeginsServesAndEnds) {
  const std::string session = begin();
  ASSERT_FALSE(session.empty());
  const Answer initialized =
      post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})", in(session));
  EXPECT_EQ(initialized->head->status, 202);
  EXPECT_EQ(initialized->body, "");
  EXPECT_EQ(post(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", in(session))->body,
            R"({"jsonrpc":"2.0","id":1,"result":{}})");
  // Over a connection that another loop serves.
  EXPECT_EQ(post(R"({"jsonrpc":"2.0","id":"x","method":"ping"})", in(session), 1)->body,
            R"({"jsonrpc":"2.0","id":"x","result":{}})");
  EXPECT_NE(post(R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})", in(session))
                ->body.find("\"edit_text\""),
            std::string::npos);
  EXPECT_NE(
      post(R"({"jsonrpc":"2.0","id":3,"method":"nothing"})", in(session))->body.find("-32601"),
      std::string::npos);
  EXPECT_EQ(node.ask("DELETE", "/mcp", in(session))->head->status, 204);
  const Answer gone = post(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", in(session));
  EXPECT_EQ(gone->head->status, 404);
  EXPECT_NE(gone->body.find("-32001"), std::string::npos);
  EXPECT_EQ(node.ask("DELETE", "/mcp", in(session))->head->status, 404);
}

TEST_F(Mcp, ASessionBelongsToItsPrincipal) {
  const std::string session = begin();
  EXPECT_EQ(post(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", in(session, "other"))->head->status,
            404);
  EXPECT_EQ(node.ask("DELETE", "/mcp", in(session, "other"))->head->status, 404);
  EXPECT_EQ(post(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", in(session))->head->status, 200);
}

TEST_F(Mcp, WhatTheTransportDoesNotTakeIsRefused) {
  const std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  const std::string session = begin();
  EXPECT_EQ(post(ping)->head->status, 401);
  EXPECT_EQ(post(ping, with_token("full"))->head->status, 400);
  for (const std::string id : {"", "x", "99-00", "00-0000", "ffffffffffffffffffff-0"})
    EXPECT_EQ(post(ping, in(id))->head->status, 404) << id;
  EXPECT_EQ(post("{", in(session))->head->status, 400);
  EXPECT_NE(post("{", in(session))->body.find("-32700"), std::string::npos);
  EXPECT_EQ(post("[" + ping + "]", in(session))->head->status, 400);
  EXPECT_EQ(post(std::string(kMostMcpBytes + 1, ' '), in(session))->head->status, 413);
  EXPECT_EQ(post(ping, in(session) + "Mcp-Protocol-Version: 2024-01-01\r\n")->head->status, 400);
  EXPECT_EQ(post(ping, in(session) + "Mcp-Protocol-Version: 2025-06-18\r\n")->head->status, 200);
  EXPECT_EQ(post(ping, in(session) + "Accept: text/html\r\n")->head->status, 406);
  EXPECT_EQ(
      post(ping, in(session) + "Accept: application/json, text/event-stream\r\n")->head->status,
      200);
  node.body = ping;
  EXPECT_EQ(node.ask("POST", "/mcp", in(session) + "Content-Type: text/plain\r\n")->head->status,
            415);
  const Answer get = node.ask("GET", "/mcp", in(session));
  EXPECT_EQ(get->head->status, 405);
  EXPECT_EQ(get->header("Allow"), "POST, DELETE");
}

TEST_F(Mcp, AVersionThatIsNotKnownGetsTheNewestOffered) {
  const Answer answer = post(
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2024-11-05"}})",
      with_token("full"));
  EXPECT_NE(answer->body.find(R"("protocolVersion":"2025-11-25")"), std::string::npos)
      << answer->body;
}

TEST_F(Mcp, ASessionEndsWhenItIsNotUsed) {
  const std::string session = begin();
  const auto ping = [&] {
    return post(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", in(session))->head->status;
  };
  node.loops[0]->advance(Agents::kIdleMs - 1);
  EXPECT_EQ(ping(), 200);
  node.loops[0]->advance(Agents::kIdleMs - 1);
  EXPECT_EQ(ping(), 200);
  node.loops[0]->advance(Agents::kIdleMs + 1);
  EXPECT_EQ(ping(), 404);
}

TEST_F(Mcp, TheOldestSessionOfAPrincipalMakesRoom) {
  const std::string first = begin();
  const std::string of_other = begin("other");
  std::string last;
  for (std::size_t i = 0; i < Agents::kMostOfOne; ++i) last = begin();
  const std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  EXPECT_EQ(post(ping, in(first))->head->status, 404);
  EXPECT_EQ(post(ping, in(last))->head->status, 200);
  EXPECT_EQ(post(ping, in(of_other, "other"))->head->status, 200);
  EXPECT_EQ(node.shards->at(0)->agents.sessions(), Agents::kMostOfOne + 1);
}

// ---- tools

TEST_F(Mcp, AnAgentWritesReadsFindsAndSeesTheHistory) {
  const std::string at = in(begin());
  EXPECT_EQ(call(at, "put_text",
                 R"({"workspace":"w","object":"notes/plan","root":"content","text":"Buy bread."})"),
            R"({"workspace":"w","object":"notes/plan","dry_run":false,"changed":true,"position":1})"
            "\n");
  const std::string found = call(at, "search_objects", R"({"workspace":"w","query":"BREAD"})");
  EXPECT_EQ(found, R"({"results":[{"object":"notes/plan","position":1,"form":"text","matches":[)"
                   R"({"quote":"bread","before":"Buy ","after":"."}],"more":false}],"searched":1,)"
                   R"("skipped":[],"next":null})"
                   "\n");
  // A match is a place.
  EXPECT_EQ(call(at, "edit_text",
                 R"({"workspace":"w","object":"notes/plan","root":"content","ops":[{"insert":)"
                 R"(" and butter","after":{"quote":"bread","before":"Buy ","after":"."}}]})"),
            R"({"workspace":"w","object":"notes/plan","dry_run":false,"changed":true,"position":2})"
            "\n");
  EXPECT_EQ(call(at, "read_object",
                 R"({"workspace":"w","object":"notes/plan","format":"text","root":"content"})"),
            "Buy bread and butter.");
  EXPECT_EQ(
      call(at, "read_object",
           R"({"workspace":"w","object":"notes/plan","format":"text","root":"content","at":1})"),
      "Buy bread.");
  const std::string history = call(at, "history", R"({"workspace":"w","object":"notes/plan"})");
  EXPECT_NE(history.find(R"("principal":"ann")"), std::string::npos) << history;
  EXPECT_NE(history.find(R"("insert":" and butter")"), std::string::npos) << history;
  EXPECT_NE(call(at, "list_objects", R"({"workspace":"w"})").find(R"("object":"notes/plan")"),
            std::string::npos);
  EXPECT_EQ(call(at, "put_markdown",
                 R"({"workspace":"w","object":"page","root":"default","markdown":"# Hi"})"),
            R"({"workspace":"w","object":"page","dry_run":false,"changed":true,"position":3})"
            "\n");
  EXPECT_EQ(call(at, "read_object", R"({"workspace":"w","object":"page","format":"markdown"})"),
            "# Hi\n");
}

TEST_F(Mcp, ARefusalIsToldToTheAgentAndChangesNothing) {
  const std::string at = in(begin());
  call(at, "put_text", R"({"workspace":"w","object":"o","root":"content","text":"Buy bread."})");
  EXPECT_EQ(call(at, "edit_text",
                 R"({"workspace":"w","object":"o","root":"content","ops":[{"delete":"milk"}]})"),
            "!conflict: operation 0: \"milk\" is not in the text (0 candidates)");
  EXPECT_EQ(
      call(at, "put_text",
           R"({"workspace":"w","object":"o","root":"content","text":"x","expected_position":9})")
          .substr(0, 21),
      "!precondition_failed:");
  EXPECT_EQ(call(at, "read_object", R"({"workspace":"w","object":"none"})").substr(0, 11),
            "!not_found:");
  EXPECT_EQ(call(at, "read_object", R"({"workspace":"w"})"),
            "!read_object needs the argument \"object\"");
  EXPECT_NE(call(at, "shout", "{}").find("-32602"), std::string::npos);
  EXPECT_EQ(call(in(begin("look"), "look"), "put_text",
                 R"({"workspace":"w","object":"o","root":"content","text":"mine"})")
                .substr(0, 11),
            "!forbidden:");
  EXPECT_EQ(
      call(at, "read_object", R"({"workspace":"w","object":"o","format":"text","root":"content"})"),
      "Buy bread.");
}

TEST_F(Mcp, AnAnswerThatIsTooLargeSaysSo) {
  const std::string at = in(begin());
  const std::string half(700'000, 'a');
  for (const char* root : {"one", "two"})
    call(at, "put_text",
         R"({"workspace":"w","object":"o","root":")" + std::string(root) + R"(","text":")" + half +
             R"("})");
  EXPECT_EQ(call(at, "read_object", R"({"workspace":"w","object":"o"})").substr(0, 11),
            "!too_large:");
  EXPECT_EQ(call(at, "read_object",
                 R"({"workspace":"w","object":"o","format":"text","root":"one","range":"0:3"})"),
            "aaa");
}

TEST_F(Mcp, ACallThatIsRepeatedWithItsKeyIsOneChange) {
  const std::string at = in(begin());
  const std::string edit =
      R"({"workspace":"w","object":"o","root":"r","ops":[{"insert":"x","at":0}],"idempotency_key":"k"})";
  EXPECT_EQ(call(at, "edit_text", edit), call(at, "edit_text", edit));
  EXPECT_EQ(call(at, "read_object", R"({"workspace":"w","object":"o","format":"text"})"), "x");
}

// ---- presence

TEST_F(Mcp, AnAgentIsAtWorkUntilItsSessionEndsOrSomeTimeHasPassed) {
  const std::string session = begin();
  const std::string put = R"({"workspace":"w","object":"o","root":"r","text":"x"})";
  call(in(session), "read_object", R"({"workspace":"w","object":"o"})");
  EXPECT_EQ(at_work(), 0u) << "there is no such object";
  call(in(session), "put_text", put);
  EXPECT_EQ(at_work(), 1u);
  call(in(session), "put_text", R"({"workspace":"w","object":"p","root":"r","text":"x"})");
  EXPECT_EQ(at_work(), 2u);
  const auto seen = node.ask("GET", "/v1/sessions", with_token("full"));
  EXPECT_NE(seen->body.find(R"("protocol":"mcp","workspace":"w")"), std::string::npos)
      << seen->body;
  node.ask("DELETE", "/mcp", in(session));
  EXPECT_EQ(at_work(), 0u);

  const std::string second = begin();
  call(in(second), "put_text", put);
  EXPECT_EQ(at_work(), 1u);
  for (auto& loop : node.loops) loop->advance(Agents::kShownMs + 20'000);
  node.run();
  EXPECT_EQ(at_work(), 0u);
}

TEST_F(Mcp, AnOperatorEndsWhatAnAgentIsAtWorkOn) {
  const std::string at = in(begin());
  call(at, "put_text", R"({"workspace":"w","object":"o","root":"r","text":"x"})");
  const auto seen =
      crdt::from_json(node.ask("GET", "/v1/sessions?workspace=w", with_token("full"))->body);
  const auto& sessions = std::get<Any::Array>(seen->find("sessions")->value());
  ASSERT_EQ(sessions.size(), 1u);
  const auto& id = std::get<std::string>(sessions[0].find("session")->value());
  EXPECT_EQ(node.ask("POST", "/v1/sessions/" + id + "/kick", with_token("full"))->head->status,
            204);
  EXPECT_EQ(at_work(), 0u);
}

TEST_F(Mcp, PoliciesTellAgentsFromOthersAndEndTheirPresence) {
  const std::string at = in(begin("write"), "write");
  const std::string put = R"({"workspace":"w","object":"o","root":"r","text":"x"})";
  EXPECT_NE(call(at, "put_text", put).front(), '!');
  EXPECT_EQ(at_work(), 1u);
  const auto set_policy = [&](const std::string& text) {
    node.body = "permit (principal, action, resource); " + text;
    const Answer set = node.ask("PUT", "/v1/workspaces/w/policies/all", with_token("full"));
    node.body.clear();
    EXPECT_EQ(set->head->status, 200) << set->body;
  };
  set_policy(
      "forbid (principal, action in Action::\"write\", resource)"
      " when { context.protocol == \"mcp\" };");
  EXPECT_EQ(
      call(at, "put_text", R"({"workspace":"w","object":"o","root":"r","text":"y"})").substr(0, 11),
      "!forbidden:");
  node.body = "z";
  EXPECT_EQ(node.ask("PUT", "/v1/workspaces/w/objects/o?root=r",
                     with_token("write") + "Content-Type: text/plain\r\n")
                ->head->status,
            200);
  node.body.clear();
  EXPECT_EQ(at_work(), 1u) << "it may read and be seen";
  set_policy("forbid (principal == Principal::\"eve\", action == Action::\"presence\", resource);");
  node.run();
  EXPECT_EQ(at_work(), 0u);
}

TEST_F(Mcp, AnAgentIsShownOnFewObjectsAtATime) {
  const std::string at = in(begin());
  for (std::size_t i = 0; i < Agents::kMostObjects + 3; ++i)
    call(at, "put_text",
         R"({"workspace":"w","root":"r","text":"x","object":"o)" + std::to_string(i) + R"("})");
  EXPECT_EQ(at_work(), Agents::kMostObjects);
}

}  // namespace
}  // namespace syncline::api
