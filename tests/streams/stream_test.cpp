// The state of a stream: what it takes, what it knows again, and that its snapshots hold all of it.
#include "streams/stream.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace syncline::streams {
namespace {

using Kind = AppendVerdict::Kind;

Bytes created(const char* content_type, std::string_view content = {}, bool closed = false) {
  return encode(CreateStream{.config = {.content_type = content_type},
                             .closed = closed,
                             .fork = {},
                             .unix_ms = 5,
                             .content = as_bytes(content)});
}

Append append_of(std::string_view content) {
  Append append;
  append.content = as_bytes(content);
  return append;
}

Append produced(const char* id, std::uint64_t epoch, std::uint64_t seq,
                std::string_view content = "x") {
  Append append = append_of(content);
  append.producer = {.id = id, .epoch = epoch, .seq = seq};
  return append;
}

// What a restart leaves of it.
void restart(Stream& stream) {
  const Bytes snapshot = stream.snapshot();
  Stream again;
  ASSERT_TRUE(again.restore(snapshot));
  EXPECT_EQ(again.snapshot(), snapshot);
  stream = std::move(again);
}

Kind kind_of(const Stream& stream, const Append& append) {
  return stream.judge(append, stream.config().content_type).kind;
}

TEST(Stream, BeginsOnceAndTakesContent) {
  Stream stream;
  EXPECT_FALSE(stream.exists());
  EXPECT_EQ(stream.prepare(encode(append_of("a"))).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(stream.apply(created("text/plain", "ab")));
  EXPECT_TRUE(stream.exists());
  EXPECT_EQ(stream.tail(7), 7U);
  EXPECT_FALSE(stream.prepare(created("Text/Plain"))->changes);  // as it is
  EXPECT_EQ(stream.prepare(created("text/html")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(stream.prepare(created("text/plain", {}, true)).error().code, ErrorCode::kConflict);

  const auto prepared = stream.prepare(encode(append_of("cde")));
  ASSERT_TRUE(prepared);
  EXPECT_TRUE(prepared->changes);
  ASSERT_EQ(prepared->effect.touches.size(), 1U);
  EXPECT_EQ(prepared->effect.touches[0].index, 2U);
  EXPECT_EQ(prepared->effect.touches[0].length, 3U);
}

TEST(Stream, WhatHasNoContentDoesNotMoveTheEnd) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain")));
  EXPECT_EQ(stream.tail(3), 0U);
  ASSERT_TRUE(stream.apply(encode(append_of("a"))));
  EXPECT_EQ(stream.tail(4), 4U);
  Append close;
  close.closes = true;
  close.tail = 4;
  ASSERT_TRUE(stream.apply(encode(close)));
  EXPECT_EQ(stream.tail(9), 4U);
  restart(stream);
  EXPECT_EQ(stream.tail(9), 4U);
  EXPECT_TRUE(stream.closed());
}

TEST(Stream, AClosedOneTakesNothing) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain", "all", true)));
  EXPECT_EQ(kind_of(stream, append_of("a")), Kind::kClosed);
  Append close;
  close.closes = true;
  EXPECT_EQ(kind_of(stream, close), Kind::kClosedBefore);
  EXPECT_FALSE(stream.prepare(encode(append_of("a"))));
  EXPECT_FALSE(stream.prepare(encode(close))->changes);
}

TEST(Stream, TheAppendThatClosedItIsKnownAgain) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain")));
  Append last = produced("p", 0, 0);
  last.closes = true;
  ASSERT_TRUE(stream.apply(encode(last)));
  restart(stream);
  EXPECT_EQ(kind_of(stream, last), Kind::kDuplicate);
  EXPECT_EQ(kind_of(stream, produced("p", 0, 1)), Kind::kClosed);
  EXPECT_EQ(kind_of(stream, produced("q", 0, 0)), Kind::kClosed);
}

TEST(Stream, ProducersAreKnownAgainAfterARestart) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain")));
  ASSERT_TRUE(stream.apply(encode(produced("p", 2, 0))));
  ASSERT_TRUE(stream.apply(encode(produced("p", 2, 1))));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(kind_of(stream, produced("p", 2, 1)), Kind::kDuplicate);
    EXPECT_EQ(kind_of(stream, produced("p", 2, 2)), Kind::kAccepted);
    EXPECT_EQ(kind_of(stream, produced("p", 2, 4)), Kind::kGap);
    EXPECT_EQ(stream.judge(produced("p", 2, 4), "text/plain").producer.expected, 2U);
    EXPECT_EQ(kind_of(stream, produced("p", 1, 0)), Kind::kStaleEpoch);
    EXPECT_EQ(stream.judge(produced("p", 1, 0), "text/plain").producer.epoch, 2U);
    EXPECT_EQ(kind_of(stream, produced("p", 3, 1)), Kind::kBadFirst);
    EXPECT_EQ(kind_of(stream, produced("p", 3, 0)), Kind::kAccepted);
    EXPECT_EQ(kind_of(stream, produced("q", 0, 1)), Kind::kGap);
    restart(stream);
  }
  // A duplicate changes nothing, also in the log.
  EXPECT_FALSE(stream.prepare(encode(produced("p", 2, 0)))->changes);
}

TEST(Stream, ProducersAreBounded) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain")));
  ASSERT_TRUE(stream.apply(encode(produced("first", 0, 0))));
  const std::size_t kMost = Producers::kMost;
  for (std::size_t i = 0; i + 1 < kMost; ++i)
    ASSERT_TRUE(stream.apply(encode(produced(("p" + std::to_string(i)).c_str(), 0, 0))));
  EXPECT_EQ(kind_of(stream, produced("first", 0, 0)), Kind::kDuplicate);
  ASSERT_TRUE(stream.apply(encode(produced("first", 0, 1))));  // now "p0" is the oldest
  ASSERT_TRUE(stream.apply(encode(produced("one more", 0, 0))));
  EXPECT_EQ(kind_of(stream, produced("p0", 0, 1)), Kind::kGap);
  EXPECT_EQ(kind_of(stream, produced("first", 0, 1)), Kind::kDuplicate);
  const std::size_t memory = stream.memory_bytes();
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(stream.apply(encode(produced(("more" + std::to_string(i)).c_str(), 0, 0))));
  EXPECT_LT(stream.memory_bytes(), memory + 1000);
  restart(stream);
}

TEST(Stream, SequencesAreComparedAsTexts) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain")));
  const auto numbered = [](const char* seq) {
    Append append = append_of("x");
    append.stream_seq = seq;
    return append;
  };
  ASSERT_TRUE(stream.apply(encode(numbered("2"))));
  restart(stream);
  EXPECT_EQ(kind_of(stream, numbered("10")), Kind::kNotBehind);
  EXPECT_EQ(kind_of(stream, numbered("2")), Kind::kNotBehind);
  EXPECT_EQ(kind_of(stream, numbered("20")), Kind::kAccepted);
  EXPECT_EQ(kind_of(stream, append_of("x")), Kind::kAccepted);
}

TEST(Stream, ContentTypesAreComparedWithoutCaseAndParameters) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("Application/JSON; charset=utf-8")));
  EXPECT_EQ(stream.judge(append_of("1"), "application/json").kind, Kind::kAccepted);
  EXPECT_EQ(stream.judge(append_of("1"), "text/plain").kind, Kind::kOtherType);
  Append close;
  close.closes = true;
  EXPECT_EQ(stream.judge(close, "text/plain").kind, Kind::kAccepted);
}

TEST(Stream, AHiddenOneIsGone) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain", "a")));
  ASSERT_TRUE(stream.apply(encode(ReferStream{.fork = "b", .tail = 1})));
  EXPECT_EQ(stream.tail(2), 1U);
  EXPECT_FALSE(stream.prepare(encode(ReferStream{.fork = "b", .tail = 1}))->changes);
  ASSERT_TRUE(stream.apply(encode(HideStream{.tail = 1})));
  restart(stream);
  EXPECT_TRUE(stream.hidden());
  EXPECT_EQ(stream.prepare(encode(append_of("x"))).error().code, ErrorCode::kGone);
  EXPECT_EQ(stream.prepare(encode(ReferStream{.fork = "c"})).error().code, ErrorCode::kGone);
}

TEST(Stream, ForksAreBounded) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain", "a")));
  for (std::size_t i = 0; i < kMostForks; ++i)
    ASSERT_TRUE(stream.apply(encode(ReferStream{.fork = std::to_string(i), .tail = 1})));
  EXPECT_EQ(stream.prepare(encode(ReferStream{.fork = "one more", .tail = 1})).error().code,
            ErrorCode::kTooLarge);
  restart(stream);
}

TEST(Stream, ForksThatAreGoneMakeRoom) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain", "a")));
  for (std::size_t i = 0; i < kMostForks; ++i)
    ASSERT_TRUE(stream.apply(encode(ReferStream{.fork = std::to_string(i), .tail = 1})));
  const std::size_t memory = stream.memory_bytes();
  const Bytes forget = encode(ForgetForks{.forks = {"7", "8", "none"}, .tail = 1});
  EXPECT_TRUE(stream.prepare(forget)->changes);
  ASSERT_TRUE(stream.apply(forget));
  EXPECT_FALSE(stream.prepare(forget)->changes);
  EXPECT_LT(stream.memory_bytes(), memory);
  restart(stream);
  EXPECT_FALSE(stream.forks().contains("7"));
  EXPECT_TRUE(stream.prepare(encode(ReferStream{.fork = "one more", .tail = 1}))->changes);
}

// Whoever has looked for forks before sees that he must look again, also after a restart.
TEST(Stream, EachConfirmationOfAForkCounts) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain", "a")));
  EXPECT_EQ(stream.prepare(encode(ConfirmFork{.fork = "b"})).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(stream.apply(encode(ReferStream{.fork = "b", .tail = 1})));
  const std::uint64_t notes = stream.fork_notes();
  EXPECT_TRUE(stream.prepare(encode(ConfirmFork{.fork = "b", .tail = 1}))->changes);
  ASSERT_TRUE(stream.apply(encode(ConfirmFork{.fork = "b", .tail = 1})));
  restart(stream);
  EXPECT_EQ(stream.fork_notes(), notes + 1);
  EXPECT_EQ(stream.tail(9), 1U);
  ASSERT_TRUE(stream.apply(encode(HideStream{.tail = 1})));
  EXPECT_EQ(stream.prepare(encode(ConfirmFork{.fork = "b"})).error().code, ErrorCode::kGone);
}

TEST(Stream, AForkSaysWhatItBeginsWith) {
  const Fork fork{
      .from = {.source = "a", .offset = 4, .sub_offset = 2},
      .parts = {{.object = "root", .generation = 2, .after = 1, .to = 3},
                {.object = "a", .generation = 1, .after = 3, .to = 4, .part_at = 6, .part = 2}}};
  Stream stream;
  ASSERT_TRUE(stream.apply(encode(
      CreateStream{.config = {.content_type = "text/plain", .ttl_s = 60, .expires_at_ms = {}},
                   .closed = false,
                   .fork = fork,
                   .unix_ms = 99,
                   .content = {}})));
  EXPECT_EQ(stream.tail(100), 6U);
  restart(stream);
  EXPECT_EQ(stream.fork(), fork);
  EXPECT_EQ(stream.config().ttl_s, 60U);
  EXPECT_EQ(stream.written_ms(), 99U);
}

TEST(Stream, BadBytesAreRefused) {
  Stream stream;
  ASSERT_TRUE(stream.apply(created("text/plain", "a")));
  const Bytes before = stream.snapshot();
  EXPECT_FALSE(stream.apply({}));
  EXPECT_EQ(stream.apply(Bytes{9}).error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(stream.apply(Bytes{2, 0, 0}));     // nothing to append
  EXPECT_FALSE(stream.apply(Bytes{2, 0, 5, 1}));  // an end that is not that of its event
  EXPECT_FALSE(stream.apply(Bytes{2, 127, 0, 1}));
  EXPECT_EQ(stream.snapshot(), before);
  Bytes cut = before;
  cut.pop_back();
  EXPECT_FALSE(Stream().restore(cut));
  EXPECT_EQ(Stream().restore(Bytes{3}).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace syncline::streams
