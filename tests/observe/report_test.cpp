#include "observe/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "observe/levels.h"
#include "observe/limiter.h"
#include "observe/line.h"

namespace syncline::observe {
namespace {

constexpr std::uint64_t kTime = 1'764'402'000'123;
constexpr std::string_view kTimeText = "2025-11-29T07:40:00.123Z";

std::string text_of(std::vector<Field> fields, const Secrets& secrets = {}) {
  return text_line({Level::kWarn, Area::kServer, "slow turn", fields}, kTime, 0, secrets);
}

std::string json_of(std::vector<Field> fields, const Secrets& secrets = {}) {
  return json_line({Level::kInfo, Area::kSession, "session refused", fields}, kTime, 0, secrets);
}

TEST(Line, AsText) {
  EXPECT_EQ(text_of({{"what", "change"}, {"what_ms", 12.5}, {"loop", 1u}, {"first", true}}),
            std::string(kTimeText) +
                " warn  server    slow turn  what=change what_ms=12.500 loop=1 first=true\n");
  EXPECT_EQ(text_of({}), std::string(kTimeText) + " warn  server    slow turn\n");
  EXPECT_EQ(text_of({{"reason", "two words"}, {"empty", ""}, {"is", "a=b"}, {"q", "say \"x\""}}),
            std::string(kTimeText) +
                " warn  server    slow turn  reason=\"two words\" "
                "is=\"a=b\" q=\"say \\\"x\\\"\"\n");
}

TEST(Line, AsJson) {
  EXPECT_EQ(json_of({{"reason", "no \"token\""}, {"code", 4401u}, {"ms", 0.25}, {"ok", false}}),
            "{\"time\":\"" + std::string(kTimeText) +
                "\",\"level\":\"info\",\"area\":\"session\",\"message\":\"session refused\","
                "\"reason\":\"no \\\"token\\\"\",\"code\":4401,\"ms\":0.250,\"ok\":false}\n");
  const Report report{Level::kError, Area::kStore, "x"};
  EXPECT_NE(json_line(report, kTime, 7, {}).find(",\"suppressed\":7}\n"), std::string::npos);
  EXPECT_NE(text_line(report, kTime, 7, {}).find("  suppressed=7\n"), std::string::npos);
}

// What a client names itself must not control the operator's terminal, or look like another line.
TEST(Line, NothingInItControlsATerminal) {
  const std::string evil =
      "a\x1b[2Jb\r\nc\x07\x7f\xc2\x9b"
      "31m\xe2\x80\xae"
      "d\xe2\x80\x8b\xff\xc3("
      "\xf3\xa0\x80\x81";
  for (const std::string& line : {text_of({{"name", evil}}), json_of({{"name", evil}})}) {
    EXPECT_EQ(std::ranges::count(line, '\n'), 1);
    EXPECT_TRUE(line.ends_with('\n'));
    EXPECT_TRUE(is_valid_utf8(line));
    for (const char byte : line.substr(0, line.size() - 1))
      EXPECT_TRUE(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F) << line;
    for (const char* hidden : {"\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\x8b", "\xf3\xa0\x80\x81"})
      EXPECT_EQ(line.find(hidden), std::string::npos) << line;
  }
  EXPECT_NE(text_of({{"name", evil}})
                .find("name=\"a\\u{1b}[2Jb\\u{d}\\u{a}c\\u{7}\\u{7f}\\u{9b}31m\\u{202e}d\\u{200b}"
                      "\\xff\\xc3(\\u{e0001}\""),
            std::string::npos);
  EXPECT_NE(json_of({{"name", evil}})
                .find("\"a\\u001b[2Jb\\u000d\\u000ac\\u0007\\u007f\\u009b31m\\u202ed\\u200b\\ufffd"
                      "\\ufffd(\\udb40\\udc01\""),
            std::string::npos);
  EXPECT_NE(text_of({{"name", "Grüße, 世界 🌍"}}).find("\"Grüße, 世界 🌍\""), std::string::npos);
}

TEST(Line, IsBounded) {
  std::string worst;
  for (int i = 0; i < 10'000; ++i) worst += '\x01';
  std::vector<Field> fields(40, Field("key", worst));
  for (const std::string& line : {text_of(fields), json_of(fields)})
    EXPECT_LT(line.size(), kMaxLineBytes);
  const std::string cut = json_of({{"text", std::string(511, 'x') + "ü tail"}});
  EXPECT_NE(cut.find(std::string(511, 'x') + "…\""), std::string::npos);
  EXPECT_NE(json_of({{"text", std::string(kMaxLookedAtBytes + 1, 'x')}}).find("\"[65537 bytes]\""),
            std::string::npos);
}

TEST(Secrets, JwtsAreRemovedWhereverTheyStand) {
  const Secrets none;
  EXPECT_EQ(none.cleaned("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln-_"), Secrets::kRemoved);
  EXPECT_EQ(none.cleaned("a (eyJh.eyJz.c2ln) and eyJh.eyJz., too"),
            "a ([removed]) and [removed], too");
  EXPECT_EQ(none.cleaned("eyJh.eyJz eyJ eyJa.b"), "eyJh.eyJz eyJ eyJa.b");
}

TEST(Secrets, AreNeverInALine) {
  const Secrets secrets({"s3cret/token+1", "short"});
  const std::vector<std::string> texts = {
      "s3cret/token+1",
      "the token s3cret/token+1 is wrong",
      "s3cret/token+1s3cret/token+1",
      "/y/w/doc?token=s3cret%2Ftoken%2B1&ack=1",
      "/y/w/doc?Token=of-somebody-else&ack=1",
      "Authorization: bearer of-somebody-else",
      "short",
      std::string(505, 'x') + "s3cret/token+1",  // where the value is cut
  };
  for (const std::string& text : texts) {
    for (const std::string& line :
         {text_of({{"value", text}}, secrets), json_of({{"value", text}}, secrets)}) {
      for (const char* part :
           {"s3cret", "token+1", "token%2B1", "of-somebody-else", "\"short\"", "=short"})
        EXPECT_EQ(line.find(part), std::string::npos) << line;
    }
  }
  EXPECT_EQ(secrets.cleaned("a shorter path"), "a shorter path");
  EXPECT_EQ(secrets.cleaned("yjs, syncline.token.eyJ.x.y"), "yjs, syncline.token.[removed]");
  EXPECT_EQ(secrets.cleaned("key slk_abcdefghijklmnop_qrstuvw, ticket slt_AQEBAQEBAQEBAQEBAQE"),
            "key slk_[removed] ticket slt_[removed]");
  EXPECT_EQ(secrets.cleaned("slk_abcdefghijklmnop was revoked"), "slk_abcdefghijklmnop was revoked");
  EXPECT_EQ(secrets.cleaned("/y/w/doc?token=x&ack=1"), "/y/w/doc?token=[removed]&ack=1");
}

TEST(Levels, AreParsedAndPrinted) {
  const Levels info;
  const auto levels = info.changed("warn,net=debug,store=info");
  ASSERT_TRUE(levels.has_value());
  EXPECT_EQ(levels->of(Area::kNet), Level::kDebug);
  EXPECT_EQ(levels->of(Area::kStore), Level::kInfo);
  EXPECT_EQ(levels->of(Area::kApi), Level::kWarn);
  EXPECT_TRUE(levels->wants(Level::kError, Area::kApi));
  EXPECT_FALSE(levels->wants(Level::kInfo, Area::kApi));
  EXPECT_EQ(to_string(*levels), "warn,net=debug,store=info");
  EXPECT_EQ(info.changed(to_string(*levels)).value(), *levels);
  EXPECT_EQ(to_string(info), "info");
  EXPECT_EQ(to_string(levels->changed("net=warn").value()), "warn,store=info");
  for (const char* wrong : {"", "loud", "net", "net=", "net=loud", "sea=info", "info,", ",info"})
    EXPECT_EQ(info.changed(wrong).error().code, ErrorCode::kInvalid) << wrong;
}

TEST(Levels, EveryNameIsKnown) {
  for (std::size_t i = 0; i < kAreas; ++i) {
    const std::string text = std::string(to_string(static_cast<Area>(i))) + "=debug";
    EXPECT_TRUE(Levels().changed(text).has_value()) << text;
  }
  for (std::size_t i = 0; i < kLevels; ++i)
    EXPECT_TRUE(Levels().changed(to_string(static_cast<Level>(i))).has_value());
}

TEST(Limiter, LetsABurstThroughAndThenAPace) {
  Limiter limiter({.burst = 3, .refill_ms = 100});
  const Report report{Level::kInfo, Area::kSession, "session refused"};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(limiter.admit(report, 1000), std::optional<std::uint64_t>(0));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limiter.admit(report, 1050), std::nullopt);
  EXPECT_EQ(limiter.admit(report, 1100), std::optional<std::uint64_t>(5));
  EXPECT_EQ(limiter.admit(report, 1150), std::nullopt);
  EXPECT_EQ(limiter.admit(report, 1200), std::optional<std::uint64_t>(1));
  // After a rest, a burst passes again, and no more than that.
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(limiter.admit(report, 1'000'000), std::optional<std::uint64_t>(0));
  EXPECT_EQ(limiter.admit(report, 1'000'000), std::nullopt);
  EXPECT_EQ(limiter.suppressed(), 7u);
}

TEST(Limiter, ReportsDoNotTakeEachOthersPlace) {
  Limiter limiter({.burst = 1, .refill_ms = 100});
  const auto passes = [&](Area area, Constant message) {
    return limiter.admit({Level::kInfo, area, message}, 5).has_value();
  };
  EXPECT_TRUE(passes(Area::kNet, "a"));
  EXPECT_FALSE(passes(Area::kNet, "a"));
  EXPECT_TRUE(passes(Area::kNet, "b"));
  EXPECT_TRUE(passes(Area::kApi, "a"));
}

TEST(Limiter, WhatWasSuppressedIsTold) {
  Limiter limiter({.burst = 1, .refill_ms = 1000});
  const Report report{Level::kWarn, Area::kNet, "a"};
  limiter.admit(report, 0);
  for (int i = 0; i < 4; ++i) limiter.admit(report, 1);
  EXPECT_TRUE(limiter.take_untold(Limiter::kTellMs).empty());
  const auto untold = limiter.take_untold(Limiter::kTellMs + 1);
  ASSERT_EQ(untold.size(), 1u);
  EXPECT_EQ(untold[0].suppressed, 4u);
  EXPECT_EQ(untold[0].message.view(), "a");
  EXPECT_EQ(untold[0].level, Level::kWarn);
  EXPECT_TRUE(limiter.take_untold(Limiter::kTellMs * 3).empty());
}

}  // namespace
}  // namespace syncline::observe
