#include "http/ws_handshake.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace syncline::http {
namespace {

TEST(HttpHandshake, OneOfTheOfferedSubprotocolsIsChosen) {
  const auto chosen = [](std::initializer_list<const char*> lines) {
    Request request;
    for (const char* line : lines) request.headers.add("Sec-WebSocket-Protocol", line);
    return offered_subprotocol(request);
  };
  EXPECT_EQ(chosen({}), "");
  EXPECT_EQ(chosen({"yjs"}), "yjs");
  EXPECT_EQ(chosen({"yjs.v1 , other"}), "yjs.v1");
  EXPECT_EQ(chosen({" first", "second"}), "first");
  for (const char* bad : {"", ",", " ,x", "two words", "a\"b", "x\x01"})
    EXPECT_EQ(chosen({bad}), "");
}

TEST(HttpHandshake, ATokenAmongTheSubprotocolsIsTakenAndNeverRepeated) {
  const auto read = [](std::initializer_list<const char*> lines) {
    Request request;
    for (const char* line : lines) request.headers.add("sec-websocket-protocol", line);
    return std::pair(offered_subprotocol(request), token_subprotocol(request));
  };
  using Found = std::pair<std::string, std::string>;
  EXPECT_EQ(read({"syncline, syncline.token.slt_abc"}), Found("syncline", "slt_abc"));
  EXPECT_EQ(read({"syncline.token.slt_abc, syncline"}), Found("syncline", "slt_abc"));
  EXPECT_EQ(read({"syncline.token.slt_abc", "syncline"}), Found("syncline", "slt_abc"));
  EXPECT_EQ(read({"syncline.token.a%2Fb%20c, yjs"}), Found("yjs", "a/b c"));
  EXPECT_EQ(read({"syncline.token.one, syncline.token.two"}), Found("", "one"));
  EXPECT_EQ(read({"yjs"}), Found("yjs", ""));
  EXPECT_EQ(read({"syncline.token."}), Found("", ""));
  EXPECT_EQ(read({"syncline.token.%zz, yjs"}), Found("yjs", ""));
  EXPECT_EQ(read({"two words, syncline.token.x"}), Found("", ""));
}

}  // namespace
}  // namespace syncline::http
