#include "log/event.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/crc32c.h"
#include "log/blocking_log.h"

namespace syncline::testing {
namespace {

using log::Event;

// The example of docs/formats/log.md.
Event example_event() {
  Event event;
  event.position = 2;
  event.hlc = HlcStamp::of(1'700'000'000'000, 3);
  event.previous_hash = sha256(as_bytes("before"));
  event.principal = "anna";
  event.actor = "s1";
  event.actor_seq = 300;
  event.object = "notes/plan";
  event.type = "doc";
  event.intent = {0x00, 0x00};
  event.effect = {};
  event.schema = 4;
  event.region = "eu";
  event.node = "n1";
  event.extensions = {{1, {0xff}}};
  return event;
}

void append_crc(Bytes& record) {
  const std::uint32_t crc = crc32c(record);
  for (int shift = 24; shift >= 0; shift -= 8)
    record.push_back(static_cast<std::uint8_t>(crc >> shift));
}

Bytes body_of(const Event& event) {
  Bytes record = log::encode_event(event).value().record;
  record.resize(record.size() - 4);
  return record;
}

TEST(Event, SurvivesItsRecord) {
  Event event = example_event();
  const auto encoded = log::encode_event(event);
  ASSERT_TRUE(encoded.has_value());
  event.hash = encoded->hash;
  EXPECT_EQ(log::decode_event(encoded->record).value(), event);
}

// The place alone is not read from a record of which a byte is wrong.
TEST(Event, ItsPlaceIsReadAlone) {
  const Event event = example_event();
  Bytes record = log::encode_event(event).value().record;
  const auto link = log::decode_link(record);
  ASSERT_TRUE(link);
  EXPECT_EQ(link->position, event.position);
  EXPECT_EQ(link->previous_hash, event.previous_hash);
  for (std::uint8_t& byte : record) {
    byte ^= 0x10;
    EXPECT_FALSE(log::decode_link(record));
    byte ^= 0x10;
  }
  for (std::size_t size = 0; size < record.size(); ++size)
    EXPECT_FALSE(log::decode_link(ByteView(record).first(size)));
  Bytes short_one = {1, 2};
  append_crc(short_one);
  EXPECT_FALSE(log::decode_link(short_one));
}

// SHA-256 of a zero, the header, and the SHA-256 of the payload: without code of the log's own.
TEST(Event, ItsHashCoversHeaderAndPayload) {
  const Event event = example_event();
  const Bytes body = body_of(event);
  const std::size_t payload = 1 + 1 + event.intent.size() + 1;  // form, then two with their lengths
  const ByteView header = ByteView(body).first(body.size() - payload);
  Bytes hashed{0};
  hashed.insert(hashed.end(), header.begin(), header.end());
  const Hash256 digest = sha256(ByteView(body).last(payload - 1));
  hashed.insert(hashed.end(), digest.begin(), digest.end());
  EXPECT_EQ(log::encode_event(event)->hash, sha256(hashed));
  EXPECT_EQ(log::payload_digest(event), digest);
}

TEST(Event, KeepsItsHashWithoutItsPayload) {
  Event event = example_event();
  event.effect = Bytes(1000, 7);
  const auto whole = log::encode_event(event).value();
  const Event header = log::without_payload(event);
  const auto rest = log::encode_event(header).value();
  EXPECT_EQ(rest.hash, whole.hash);
  EXPECT_LT(rest.record.size(), 200u);
  const Event read = log::decode_event(rest.record).value();
  EXPECT_EQ(read.hash, whole.hash);
  EXPECT_EQ(read.dropped_payload, log::payload_digest(event));
  EXPECT_TRUE(read.intent.empty() && read.effect.empty());
  EXPECT_EQ(log::without_payload(read), read);

  Event both = header;
  both.intent = {1};
  EXPECT_EQ(log::encode_event(both).error().code, ErrorCode::kInvalid);
}

TEST(Event, ItsKindMayBeUnknown) {
  Event event = example_event();
  event.kind = static_cast<log::EventKind>(999);
  const auto record = log::encode_event(event).value().record;
  EXPECT_EQ(log::decode_event(record).value().kind, event.kind);
}

TEST(Event, EveryFlippedBitIsFound) {
  const Bytes record = log::encode_event(example_event()).value().record;
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    Bytes damaged = record;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_EQ(log::decode_event(damaged).error().code, ErrorCode::kCorrupt) << bit;
  }
}

TEST(Event, EveryTruncationIsFoundEvenWithAValidChecksum) {
  const Bytes body = body_of(example_event());
  for (std::size_t size = 0; size < body.size(); ++size) {
    Bytes cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(log::decode_event(cut).has_value());
    append_crc(cut);
    EXPECT_FALSE(log::decode_event(cut).has_value()) << size;
  }
  Bytes longer = body;
  longer.push_back(0);
  append_crc(longer);
  EXPECT_EQ(log::decode_event(longer).error().code, ErrorCode::kMalformed);
}

TEST(Event, HasOneEncodingOnly) {
  Bytes body = body_of(example_event());
  ASSERT_EQ(body[1], 2);  // the position, as 0x82 0x00 now
  body[1] = 0x82;
  body.insert(body.begin() + 2, 0);
  append_crc(body);
  EXPECT_EQ(log::decode_event(body).error().code, ErrorCode::kMalformed);
}

TEST(Event, ANewerVersionIsNamed) {
  Bytes body = body_of(example_event());
  body[0] = 2;
  append_crc(body);
  EXPECT_EQ(log::decode_event(body).error().code, ErrorCode::kUnsupported);
}

TEST(Event, FieldsKeepToTheirLimits) {
  const auto code = [](auto change) {
    Event event = example_event();
    change(event);
    const auto encoded = log::encode_event(event);
    return encoded ? std::nullopt : std::optional(encoded.error().code);
  };
  using enum ErrorCode;
  EXPECT_EQ(code([](Event&) {}), std::nullopt);
  EXPECT_EQ(code([](Event& event) { event.position = 0; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.object = ""; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.object = std::string("a\0b", 3); }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.object = "\xff"; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.object.assign(1025, 'x'); }), kTooLarge);
  EXPECT_EQ(code([](Event& event) { event.type = ""; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.actor.assign(256, 'x'); }), kTooLarge);
  EXPECT_EQ(code([](Event& event) { event.principal = ""; }), std::nullopt);
  EXPECT_EQ(code([](Event& event) { event.region.assign(65, 'x'); }), kTooLarge);
  EXPECT_EQ(code([](Event& event) { event.node = "\xff"; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.trace.assign(257, 'x'); }), kTooLarge);
  EXPECT_EQ(code([](Event& event) { event.schema = std::uint64_t{1} << 53; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.extensions = {{2, {}}, {2, {}}}; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.intent.resize(log::kMaxRecordBytes); }), kTooLarge);
}

TEST(EventChain, NumbersStampsAndLinks) {
  log::EventChain chain({});
  Event first = sample_event("a", "1");
  Event second = sample_event("a", "2");
  ASSERT_TRUE(chain.seal(first, 1000).has_value());
  Event refused = sample_event("", "3");
  EXPECT_FALSE(chain.seal(refused, 5000).has_value());
  ASSERT_TRUE(chain.seal(second, 900).has_value());
  EXPECT_EQ(first.position, 1u);
  EXPECT_EQ(first.previous_hash, Hash256{});
  EXPECT_EQ(second.position, 2u);
  EXPECT_EQ(second.previous_hash, first.hash);
  EXPECT_EQ(second.hlc, HlcStamp::of(1000, 1));
  EXPECT_EQ(chain.head(), (log::Head{2, second.hash, second.hlc}));
}

// The bytes in the specification are those of the code.
TEST(EventFormat, TheDocumentedExampleIsTrue) {
  std::ifstream file(SYNCLINE_SOURCE_DIR "/docs/formats/log.md");
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const auto start = text.find("<!-- example: record -->");
  ASSERT_NE(start, std::string::npos);
  std::istringstream lines(text.substr(start, text.find("<!-- end -->", start) - start));
  Bytes documented;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("    ")) continue;
    std::istringstream words(line.substr(0, line.find('|')));
    for (std::string word; words >> word;)
      documented.push_back(static_cast<std::uint8_t>(std::stoul(word, nullptr, 16)));
  }
  const auto encoded = log::encode_event(example_event()).value();
  EXPECT_EQ(documented, encoded.record);
  EXPECT_NE(text.find(to_hex(encoded.hash)), std::string::npos) << to_hex(encoded.hash);
}

}  // namespace
}  // namespace syncline::testing
