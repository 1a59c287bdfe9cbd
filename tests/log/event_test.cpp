#include "log/event.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/crc32c.h"
#include "log/blocking_log.h"
#include "log/group_check.h"

namespace syncline::testing {
namespace {

using log::Event;

// The examples of docs/formats/log.md.
Event example_event_v1() {
  Event event;
  event.version = log::kUnsaltedVersion;
  event.generation = 0;
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

Event example_event() {
  Event event;
  event.position = 9;
  event.hlc = HlcStamp::of(1'700'000'000'000, 3);
  event.previous_hash = sha256(as_bytes("before"));
  event.principal = "p7";
  event.session_at = 4;
  event.actor = "s1";
  event.actor_seq = 300;
  event.further_seqs = 2;
  event.object = "notes/plan";
  event.type = "doc";
  event.generation = 2;
  event.schema = 4;
  event.group = {1, 2};
  event.epoch = 5;
  event.idempotency_key = {0x6b, 0x31};
  event.origin = log::Origin{"us", 77};
  for (std::size_t i = 0; i < event.salt.size(); ++i) event.salt[i] = static_cast<std::uint8_t>(i);
  event.intent = {0x00, 0x00};
  return event;
}

// Every field has a value of its own.
Event full_event() {
  Event event = example_event();
  event.policy_at = 8;
  event.tenant_policy_at = 12;
  event.node = "n1";
  event.region = "eu";
  event.tenant = "t9";
  event.trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  event.kind = static_cast<log::EventKind>(999);
  event.actor_named = true;
  event.extensions = {{1, {0xff}}, {9, {}}};
  event.effect = {0x07};
  return event;
}

const std::vector<Event>& examples() {
  static const std::vector<Event> all = {example_event_v1(), example_event(), full_event()};
  return all;
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
  for (Event event : examples()) {
    const auto encoded = log::encode_event(event);
    ASSERT_TRUE(encoded.has_value()) << encoded.error().message;
    event.hash = encoded->hash;
    EXPECT_EQ(log::decode_event(encoded->record).value(), event);
    EXPECT_EQ(log::record_bytes(event), encoded->record.size());
    EXPECT_EQ(encoded->group, event.group);
    EXPECT_EQ(encoded->origin, event.origin);
  }
}

// What is rare costs a bit of the mask, which stays one byte for what is met often.
TEST(Event, AbsentFieldsCostNothing) {
  Event event;
  event.position = 1;
  event.object = "o";
  event.type = "doc";
  // Version, position, clock, previous hash, mask, object, type, form, salt, intent, effect, checksum.
  const std::size_t bare = 1 + 1 + 8 + 32 + 1 + 2 + 4 + 1 + 16 + 1 + 1 + 4;
  EXPECT_EQ(log::encode_event(event)->record.size(), bare);
  event.actor = "a";
  EXPECT_EQ(log::encode_event(event)->record.size(), bare + 2);
  event.epoch = 1;
  EXPECT_EQ(log::encode_event(event)->record.size(), bare + 3);
  event.trace = "t";
  EXPECT_EQ(log::encode_event(event)->record.size(), bare + 3 + 2 + 1);
  event.extensions = {{1, {}}};
  EXPECT_EQ(log::encode_event(event)->record.size(), bare + 3 + 2 + 2 + 3);
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
  for (const Event& event : {example_event_v1(), example_event()}) {
    const Bytes body = body_of(event);
    // Form, then the salt, and two with their lengths.
    const std::size_t salt = event.version == 1 ? 0 : 16;
    const std::size_t payload = 1 + salt + 1 + event.intent.size() + 1;
    const ByteView header = ByteView(body).first(body.size() - payload);
    Bytes hashed{0};
    hashed.insert(hashed.end(), header.begin(), header.end());
    const Hash256 digest = sha256(ByteView(body).last(payload - 1));
    hashed.insert(hashed.end(), digest.begin(), digest.end());
    EXPECT_EQ(log::encode_event(event)->hash, sha256(hashed));
    EXPECT_EQ(log::payload_digest(event), digest);
  }
}

TEST(Event, KeepsItsHashWithoutItsPayload) {
  for (Event event : {example_event_v1(), example_event()}) {
    event.effect = Bytes(1000, 7);
    const auto whole = log::encode_event(event).value();
    const Event header = log::without_payload(event);
    const auto rest = log::encode_event(header).value();
    EXPECT_EQ(rest.hash, whole.hash);
    EXPECT_LT(rest.record.size(), 200u);
    const Event read = log::decode_event(rest.record).value();
    EXPECT_EQ(read.version, event.version);
    EXPECT_EQ(read.hash, whole.hash);
    EXPECT_EQ(read.dropped_payload, log::payload_digest(event));
    EXPECT_TRUE(read.intent.empty() && read.effect.empty());
    EXPECT_EQ(read.salt, log::Salt{});
    EXPECT_EQ(log::without_payload(read), read);

    Event both = header;
    both.intent = {1};
    EXPECT_EQ(log::encode_event(both).error().code, ErrorCode::kInvalid);
  }
  Event salted = log::without_payload(example_event());
  salted.salt[3] = 1;
  EXPECT_EQ(log::encode_event(salted).error().code, ErrorCode::kInvalid);
}

// Without it, who has the digest of a dropped payload could try what it may have said.
TEST(Event, ItsSaltIsNewForEachEventAndHidesEqualPayloads) {
  TestChain chain;
  Event first = sample_event("a", "yes");
  Event second = sample_event("a", "yes");
  ASSERT_TRUE(chain.seal(first, 1000).has_value());
  ASSERT_TRUE(chain.seal(second, 1000).has_value());
  EXPECT_NE(first.salt, log::Salt{});
  EXPECT_NE(first.salt, second.salt);
  EXPECT_NE(log::payload_digest(first), log::payload_digest(second));
  first.salt = second.salt;
  EXPECT_EQ(log::payload_digest(first), log::payload_digest(second));
}

TEST(Event, ItsKindMayBeUnknown) {
  Event event = example_event();
  event.kind = static_cast<log::EventKind>(999);
  const auto record = log::encode_event(event).value().record;
  EXPECT_EQ(log::decode_event(record).value().kind, event.kind);
}

TEST(Event, EveryFlippedBitIsFound) {
  const Bytes record = log::encode_event(full_event()).value().record;
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    Bytes damaged = record;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_EQ(log::decode_event(damaged).error().code, ErrorCode::kCorrupt) << bit;
  }
}

TEST(Event, EveryTruncationIsFoundEvenWithAValidChecksum) {
  for (const Event& event : examples()) {
    const Bytes body = body_of(event);
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
}

TEST(Event, HasOneEncodingOnly) {
  for (const Event& event : examples()) {
    Bytes body = body_of(event);
    ASSERT_EQ(body[1], event.position);  // as 0x82 0x00 now, or 0x89 0x00
    body[1] |= 0x80;
    body.insert(body.begin() + 2, 0);
    append_crc(body);
    EXPECT_EQ(log::decode_event(body).error().code, ErrorCode::kMalformed);
  }
}

// Each field, said to be there with the value that stands for absent.
TEST(Event, APresentFieldIsNotWhatStandsForAbsent) {
  Event event;
  event.position = 1;
  event.object = "o";
  event.type = "t";
  const Bytes plain = body_of(event);
  constexpr std::size_t kMask = 1 + 1 + 8 + 32;
  constexpr std::size_t kFields = kMask + 1 + 2 + 2;
  ASSERT_EQ(plain[kMask], 0);
  for (unsigned field = 0; field < 20; ++field) {
    Bytes body(plain.begin(), plain.begin() + kMask);
    std::uint32_t mask = std::uint32_t{1} << field;
    for (; mask > 0x7f; mask >>= 7) body.push_back(static_cast<std::uint8_t>(mask | 0x80));
    body.push_back(static_cast<std::uint8_t>(mask));
    body.insert(body.end(), plain.begin() + kMask + 1, plain.begin() + kFields);
    const bool one_is_absent = field == 9 || field == 13;  // generation, kind
    const Bytes values = field == 14 || field == 16 ? Bytes{0, 0} : Bytes{one_is_absent};
    if (field < 18) body.insert(body.end(), values.begin(), values.end());
    body.insert(body.end(), plain.begin() + kFields, plain.end());
    append_crc(body);
    EXPECT_EQ(log::decode_event(body).error().code, ErrorCode::kMalformed) << field;
  }
}

// A record of version 1 has no place for what was added since.
TEST(Event, AnOldRecordKeepsToItsVersion) {
  const auto refused = [](auto change) {
    Event event = example_event_v1();
    change(event);
    const auto encoded = log::encode_event(event);
    return !encoded && encoded.error().code == ErrorCode::kInvalid;
  };
  EXPECT_FALSE(refused([](Event&) {}));
  EXPECT_TRUE(refused([](Event& event) { event.tenant = "t"; }));
  EXPECT_TRUE(refused([](Event& event) { event.session_at = 1; }));
  EXPECT_TRUE(refused([](Event& event) { event.policy_at = 1; }));
  EXPECT_TRUE(refused([](Event& event) { event.tenant_policy_at = 1; }));
  EXPECT_TRUE(refused([](Event& event) { event.further_seqs = 1; }));
  EXPECT_TRUE(refused([](Event& event) { event.actor_named = true; }));
  EXPECT_TRUE(refused([](Event& event) { event.generation = 1; }));
  EXPECT_TRUE(refused([](Event& event) { event.group = {0, 2}; }));
  EXPECT_TRUE(refused([](Event& event) { event.epoch = 1; }));
  EXPECT_TRUE(refused([](Event& event) { event.idempotency_key = {1}; }));
  EXPECT_TRUE(refused([](Event& event) { event.origin = log::Origin{"us", 1}; }));
  EXPECT_TRUE(refused([](Event& event) { event.salt[15] = 1; }));
  EXPECT_TRUE(refused([](Event& event) { event.version = 3; }));
}

TEST(Event, ANewerVersionIsNamed) {
  for (const std::uint8_t version : {0, 3, 255}) {
    Bytes body = body_of(example_event());
    body[0] = version;
    append_crc(body);
    EXPECT_EQ(log::decode_event(body).error().code, ErrorCode::kUnsupported);
  }
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
  EXPECT_EQ(code([](Event& event) { event.extensions.resize(65); }), kTooLarge);
  EXPECT_EQ(code([](Event& event) { event.tenant.assign(65, 'x'); }), kTooLarge);
  EXPECT_EQ(code([](Event& event) { event.idempotency_key.resize(256); }), kTooLarge);
  EXPECT_EQ(code([](Event& event) { event.generation = 0; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.generation = std::uint64_t{1} << 53; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.epoch = std::uint64_t{1} << 53; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.session_at = 9; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.policy_at = 9; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.actor_seq = 0; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.further_seqs = (std::uint64_t{1} << 53) - 300; }),
            kInvalid);
  EXPECT_EQ(code([](Event& event) { event.further_seqs = ~std::uint64_t{0}; }), kInvalid);
  const auto named = [](std::string actor, std::uint64_t number) {
    return [actor = std::move(actor), number](Event& event) {
      event.actor_named = true;
      event.actor = actor;
      event.actor_seq = number;
      event.further_seqs = 0;
    };
  };
  EXPECT_EQ(code(named("tablet", 1)), std::nullopt);
  EXPECT_EQ(code(named("", 1)), kInvalid);
  EXPECT_EQ(code(named("tablet", 0)), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.group = {0, 1}; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.group = {2, 2}; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.group = {9, 10}; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.group = {0, 4097}; }), kTooLarge);
  EXPECT_EQ(code([](Event& event) { event.group = {1, 0}; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.origin = log::Origin{"", 1}; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.origin = log::Origin{"us", 0}; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.origin->region.assign(65, 'x'); }), kTooLarge);
  EXPECT_EQ(code([](Event& event) { event.era = {event.position + 1, 1}; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.era = {0, 1}; }), kInvalid);
  EXPECT_EQ(code([](Event& event) { event.era = {1, HlcStamp::kMaxMs + 1}; }), kInvalid);
  EXPECT_EQ(code([](Event& event) {
              event.era = {event.position, HlcStamp::kMaxMs};
            }),
            std::nullopt);
  EXPECT_EQ(code([](Event& event) { event.intent.resize(log::kMaxRecordBytes); }), kTooLarge);
}

// Whatever size the header was expected to have.
TEST(EventRecord, APayloadThatWasEncodedBeforeGivesTheSameRecord) {
  Event large = full_event();
  large.intent = Bytes(100'000, std::uint8_t{7});
  large.effect = Bytes(30'000, std::uint8_t{8});
  for (const Event& event : {full_event(), example_event(), example_event_v1(), large}) {
    const auto whole = log::encode_event(event).value();
    for (const std::size_t room : {log::header_bytes(event), std::size_t{0}, std::size_t{1000}}) {
      const auto again = log::encode_event(event, log::encode_payload(event, room));
      ASSERT_TRUE(again);
      EXPECT_EQ(again->record, whole.record);
      EXPECT_EQ(again->hash, whole.hash);
    }
  }
  Event refused = large;
  refused.principal = std::string(100'000, 'p');
  EXPECT_FALSE(log::encode_event(refused, log::encode_payload(refused, 100)));
}

TEST(EventChain, APayloadThatWasEncodedBeforeIsSealedAsAnyOther) {
  TestChain one;
  TestChain other;
  Event event;
  event.object = "o";
  event.type = "doc";
  event.intent = Bytes(1000, std::uint8_t{3});
  Event again = event;
  const auto whole = one.seal(event, 1000).value();
  again.salt = event.salt;
  EXPECT_EQ(event.salt, other.draw_salt()) << "salts of a test chain repeat";
  const auto sealed = other.seal(again, 1000, log::encode_payload(again, 90)).value();
  EXPECT_EQ(sealed.record, whole.record);
  EXPECT_EQ(sealed.hash, whole.hash);
}

TEST(EventChain, NumbersStampsAndLinks) {
  TestChain chain;
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

// Stamps only grow; the time of acceptance goes back with the clock, once.
TEST(EventChain, AfterAClockThatWasAheadAnEraBegins) {
  constexpr std::uint64_t kYears = 10ull * 365 * 24 * 3600 * 1000;
  constexpr std::uint64_t kNow = 1'700'000'000'000;
  TestChain chain;
  const auto seal = [&](std::uint64_t unix_ms) {
    Event event = sample_event("a", "1");
    EXPECT_TRUE(chain.seal(event, unix_ms));
    EXPECT_EQ(chain.head().era, event.era);
    EXPECT_EQ(chain.head().accepted_ms(), event.accepted_ms());
    return event;
  };
  EXPECT_EQ(seal(kNow).era, log::Era{});
  const Event ahead = seal(kNow + kYears);
  EXPECT_EQ(ahead.era, log::Era{});
  EXPECT_EQ(ahead.accepted_ms(), kNow + kYears);
  const Event back = seal(kNow + 10);
  EXPECT_EQ(back.era, (log::Era{3, kNow + 10}));
  EXPECT_GT(back.hlc, ahead.hlc);
  // Small steps back belong to the era.
  EXPECT_EQ(seal(kNow + 5).era, (log::Era{3, kNow + 10}));
  EXPECT_EQ(seal(kNow + 20).era, (log::Era{3, kNow + 20}));
  EXPECT_EQ(seal(kNow + 20 + HlcClock::kMaxAheadMs).era.since, 3u);
  EXPECT_EQ(seal(kNow + 20).era.since, 3u) << "a minute is tolerated";
  EXPECT_EQ(seal(kNow + 19).era, (log::Era{8, kNow + 19}));

  // It is continued from the stored head.
  TestChain continued(chain.head());
  Event next = sample_event("a", "1");
  ASSERT_TRUE(continued.seal(next, kNow + 30));
  EXPECT_EQ(next.era, (log::Era{8, kNow + 30}));
  const auto encoded = log::encode_event(next);
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->era, next.era);
  EXPECT_EQ(encoded->record.size(), log::record_bytes(next));
  EXPECT_EQ(log::decode_event(encoded->record).value(), next);
}

TEST(EventChain, AClockThatShowsNothingSensibleIsBounded) {
  TestChain chain;
  Event event = sample_event("a", "1");
  ASSERT_TRUE(chain.seal(event, ~std::uint64_t{0}));
  ASSERT_TRUE(chain.seal(event, 0));
  EXPECT_EQ(event.era, (log::Era{2, 0}));
  EXPECT_TRUE(log::decode_event(log::encode_event(event).value().record));
}

// Of an event that is ingested: what is sealed next comes after it.
TEST(EventChain, StampsAreGreaterThanWhatWasObserved) {
  TestChain chain;
  ASSERT_TRUE(chain.observe(HlcStamp::of(9000, 7), 1000));
  Event event = sample_event("a", "1");
  ASSERT_TRUE(chain.seal(event, 1000));
  EXPECT_EQ(event.hlc, HlcStamp::of(9000, 8));
  EXPECT_EQ(chain.observe(HlcStamp::of(1000 + HlcClock::kMaxAheadMs + 1, 0), 1000).error().code,
            ErrorCode::kInvalid);
}

// The bytes in the specification are those of the code.
void expect_documented(const std::string& example, const Event& event) {
  std::ifstream file(SYNCLINE_SOURCE_DIR "/docs/formats/log.md");
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const auto start = text.find("<!-- example: " + example + " -->");
  ASSERT_NE(start, std::string::npos);
  std::istringstream lines(text.substr(start, text.find("<!-- end -->", start) - start));
  Bytes documented;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("    ")) continue;
    std::istringstream words(line.substr(0, line.find('|')));
    for (std::string word; words >> word;)
      documented.push_back(static_cast<std::uint8_t>(std::stoul(word, nullptr, 16)));
  }
  const auto encoded = log::encode_event(event).value();
  EXPECT_EQ(documented, encoded.record);
  EXPECT_NE(text.find(to_hex(encoded.hash)), std::string::npos) << to_hex(encoded.hash);
}

TEST(EventFormat, TheDocumentedExamplesAreTrue) {
  expect_documented("record", example_event());
  expect_documented("record 1", example_event_v1());
}

TEST(GroupCheck, GroupsAreWholeAndInOrder) {
  log::GroupCheck check;
  ASSERT_TRUE(check.take(5, {}));
  ASSERT_TRUE(check.take(6, {0, 3}));
  EXPECT_TRUE(check.open());
  EXPECT_EQ(check.first(), 6u);
  EXPECT_FALSE(check.take(7, {}));
  EXPECT_FALSE(check.take(7, {2, 3}));
  EXPECT_FALSE(check.take(7, {1, 4}));
  EXPECT_FALSE(check.take(7, {0, 2}));
  ASSERT_TRUE(check.take(7, {1, 3}));
  ASSERT_TRUE(check.take(8, {2, 3}));
  EXPECT_FALSE(check.open());
  EXPECT_FALSE(check.take(9, {1, 2}));
  ASSERT_TRUE(check.take(9, {0, 2}));
}

}  // namespace
}  // namespace syncline::testing
