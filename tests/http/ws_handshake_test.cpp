#include "http/ws_handshake.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace syncline::http
