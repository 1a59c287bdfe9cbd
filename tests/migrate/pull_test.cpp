#include "migrate/pull.h"

#include <gtest/gtest.h>

#include <string_view>

#include "base/byte_writer.h"
#include "protocol/hocuspocus.h"
#include "protocol/y_sync.h"

namespace syncline::migrate {
namespace {

using protocol::SyncKind;

const Bytes kUpdate{0, 0};
const Bytes kNothing{0};

TEST(Pull, YWebsocketAsksForEverythingAndKeepsWhatComes) {
  const auto pull = pull_y_websocket();
  const auto first = pull->begin();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0], protocol::encode_y_sync(SyncKind::kStep1, kNothing));
  ASSERT_TRUE(pull->take(protocol::encode_y_sync(SyncKind::kStep1, kNothing)));
  EXPECT_EQ(pull->answers(), 0u);
  ASSERT_TRUE(pull->take(protocol::encode_y_sync(SyncKind::kStep2, kUpdate)));
  EXPECT_EQ(pull->answers(), 1u);
  ASSERT_TRUE(pull->take(protocol::encode_y_sync(SyncKind::kUpdate, kUpdate)));
  ASSERT_TRUE(pull->take(protocol::encode_y_awareness(Bytes{0})));
  EXPECT_EQ(pull->answers(), 1u);
  EXPECT_EQ(pull->updates().size(), 2u);
  EXPECT_TRUE(pull->take_replies().empty()) << "it writes nothing";
}

TEST(Pull, YWebsocketReportsARefusal) {
  const auto denied = pull_y_websocket()->take(protocol::encode_y_denied("not you"));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error(), (Error{ErrorCode::kForbidden, "the server refuses it: not you"}));
  EXPECT_EQ(pull_y_websocket()->take(Bytes{0, 9, 9}).error().code, ErrorCode::kMalformed);
}

TEST(Pull, HocuspocusSendsTheTokenFirst) {
  const auto pull = pull_hocuspocus("notes", "secret");
  const auto first = pull->begin();
  ASSERT_EQ(first.size(), 2u);
  const auto token = protocol::decode_hocuspocus(first[0]);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->kind, protocol::HocuspocusMessage::Kind::kToken);
  EXPECT_EQ(token->text, "secret");
  const auto ask = protocol::decode_hocuspocus(first[1]);
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->sync, SyncKind::kStep1);
  ASSERT_TRUE(pull->take(protocol::encode_hocuspocus_authenticated("notes", true)));
  ASSERT_TRUE(pull->take(protocol::encode_hocuspocus_sync("other", SyncKind::kStep2, kUpdate)));
  EXPECT_EQ(pull->answers(), 0u);
  ASSERT_TRUE(pull->take(protocol::encode_hocuspocus_sync("notes", SyncKind::kStep2, kUpdate)));
  EXPECT_EQ(pull->answers(), 1u);
  ASSERT_TRUE(pull->take(protocol::encode_hocuspocus_token_wanted("notes")));
  EXPECT_EQ(pull->take_replies(), (std::vector<Bytes>{first[0]}));
  EXPECT_TRUE(pull->take_replies().empty());
}

TEST(Pull, HocuspocusReportsARefusal) {
  const auto pull = pull_hocuspocus("notes", "");
  EXPECT_EQ(pull->take(protocol::encode_hocuspocus_denied("notes", "no")).error().code,
            ErrorCode::kForbidden);
  EXPECT_EQ(pull->take(protocol::encode_hocuspocus_close("notes", "bye")).error().message,
            "the server refuses it: bye");
  EXPECT_EQ(pull->take(Bytes{5, 'a'}).error().code, ErrorCode::kMalformed);
}

}  // namespace
}  // namespace syncline::migrate
