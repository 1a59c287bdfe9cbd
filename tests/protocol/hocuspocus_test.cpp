#include "protocol/hocuspocus.h"

#include <gtest/gtest.h>

#include "base/byte_writer.h"

namespace syncline::protocol {
namespace {

using Kind = HocuspocusMessage::Kind;

Bytes message(std::string_view address, std::initializer_list<std::uint8_t> rest) {
  ByteWriter out;
  out.var_string(address);
  for (const std::uint8_t byte : rest) out.u8(byte);
  return out.take();
}

TEST(Hocuspocus, SplitsAddresses) {
  EXPECT_EQ(split_address("doc").document, "doc");
  EXPECT_EQ(split_address("doc").session, "");
  using namespace std::string_view_literals;
  EXPECT_EQ(split_address("a/b\0xyz"sv).document, "a/b");
  EXPECT_EQ(split_address("a/b\0xyz"sv).session, "xyz");
}

TEST(Hocuspocus, DecodesEveryClientMessage) {
  const Bytes with_version = message("d", {2, 0, 1, 't', 3, '4', '.', '8'});
  auto token = decode_hocuspocus(with_version);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->kind, Kind::kToken);
  EXPECT_EQ(token->address, "d");
  EXPECT_EQ(token->text, "t");
  EXPECT_EQ(token->client_version, "4.8");
  const Bytes without_version = message("d", {2, 0, 1, 't'});
  EXPECT_EQ(decode_hocuspocus(without_version)->client_version, "");
  const Bytes of_a_later_version = message("d", {2, 0, 1, 't', 1, '9', 7, 7});
  EXPECT_EQ(decode_hocuspocus(of_a_later_version)->client_version, "9");

  const Bytes reply = message("d", {4, 2, 1, 7});
  auto sync = decode_hocuspocus(reply);
  ASSERT_TRUE(sync);
  EXPECT_EQ(sync->kind, Kind::kSync);
  EXPECT_TRUE(sync->reply);
  EXPECT_EQ(sync->sync, SyncKind::kUpdate);
  EXPECT_EQ(to_bytes(sync->payload), Bytes{7});

  EXPECT_EQ(decode_hocuspocus(message("d", {1, 1, 0}))->kind, Kind::kAwareness);
  EXPECT_EQ(decode_hocuspocus(message("d", {3}))->kind, Kind::kQueryAwareness);
  EXPECT_EQ(decode_hocuspocus(message("d", {5, 1, 'x'}))->kind, Kind::kStateless);
  EXPECT_EQ(decode_hocuspocus(message("d", {6, 1, 'x'}))->kind, Kind::kBroadcast);
  EXPECT_EQ(decode_hocuspocus(message("d", {7, 0}))->kind, Kind::kClose);
  EXPECT_EQ(decode_hocuspocus(message("d", {99, 1, 2}))->kind, Kind::kUnknown);
}

TEST(Hocuspocus, PingsComeWithAndWithoutAnAddress) {
  EXPECT_EQ(decode_hocuspocus(Bytes{9})->kind, Kind::kPing);
  EXPECT_EQ(decode_hocuspocus(Bytes{10})->kind, Kind::kPong);
  EXPECT_EQ(decode_hocuspocus(message("doc", {9}))->kind, Kind::kPing);
}

TEST(Hocuspocus, MalformedMessagesAreRefused) {
  for (const Bytes& bad :
       {Bytes{}, Bytes{5, 'a'}, message("d", {}), message("d", {0, 0}), message("d", {0, 9, 0}),
        message("d", {2, 1, 0}), message("d", {2, 0, 9}), message("d", {5, 3, 'x'}),
        message("d", {3, 3}), message("d", {1, 1, 0, 0}), Bytes{1, 0xff, 3}}) {
    auto decoded = decode_hocuspocus(bad);
    ASSERT_FALSE(decoded) << ::testing::PrintToString(bad);
    EXPECT_EQ(decoded.error().code, ErrorCode::kMalformed);
  }
}

TEST(Hocuspocus, EncodesServerMessages) {
  EXPECT_EQ(encode_hocuspocus_status("d", true), message("d", {8, 1}));
  EXPECT_EQ(encode_hocuspocus_status("d", false), message("d", {8, 0}));
  EXPECT_EQ(encode_hocuspocus_authenticated("d", true),
            message("d", {2, 2, 8, 'r', 'e', 'a', 'd', 'o', 'n', 'l', 'y'}));
  EXPECT_EQ(encode_hocuspocus_denied("d", "no"), message("d", {2, 1, 2, 'n', 'o'}));
  EXPECT_EQ(encode_hocuspocus_sync_reply("d", SyncKind::kStep1, Bytes{0}),
            message("d", {4, 0, 1, 0}));
  EXPECT_EQ(encode_hocuspocus_close("d", "bye"), message("d", {7, 3, 'b', 'y', 'e'}));
}

}  // namespace
}  // namespace syncline::protocol
