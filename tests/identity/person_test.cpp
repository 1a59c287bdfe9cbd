#include "identity/person.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "identity/names.h"

namespace syncline::identity {
namespace {

TEST(Person, IsReadAsWritten) {
  const Person ada{.name = "Ada Löffel", .first_day = 20'000, .last_day = 20'787};
  EXPECT_EQ(decode_person(encode_person(ada)), ada);
  const Person forgotten{.forgotten = true};
  EXPECT_EQ(decode_person(encode_person(forgotten)), forgotten);
}

TEST(Person, ADamagedRecordIsRefused) {
  const Bytes whole = encode_person({.name = "Ada", .first_day = 1, .last_day = 2});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_person(ByteView(whole).first(size))) << size;
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(decode_person(longer));
  Bytes later = whole;
  later[0] = 2;
  EXPECT_EQ(decode_person(later).error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(decode_person(encode_person({.name = "Ada", .first_day = 3, .last_day = 2})));
  EXPECT_FALSE(decode_person(encode_person({.name = "A\nda"})));
  EXPECT_FALSE(decode_person(encode_person({.name = "Ada", .forgotten = true})));
}

TEST(Person, IdsOfTenantsCannotBeMistaken) {
  EXPECT_NE(person_id("a", "b"), person_id("", "ab"));
  EXPECT_TRUE(person_id("", "ann")->starts_with(people_of("")));
  EXPECT_FALSE(person_id("", ""));
  EXPECT_FALSE(person_id("", std::string("a\0b", 3)));
  EXPECT_FALSE(person_id("a\x1e", "b"));
  EXPECT_FALSE(person_id("", std::string(3000, 'x')));
}

TEST(Person, SharedTokensVouchForNobody) {
  const auto from = [](Identity::Source source) {
    return Principal{.id = "ann",
                     .identity = std::make_shared<Identity>(Identity{.source = source})};
  };
  EXPECT_FALSE(is_verified({.id = "ann"}));
  EXPECT_FALSE(is_verified(from(Identity::Source::kShared)));
  EXPECT_TRUE(is_verified(from(Identity::Source::kJwt)));
  Principal nobody = from(Identity::Source::kKey);
  nobody.id = "anonymous";
  EXPECT_FALSE(is_verified(nobody));
}

TEST(DisplayName, IsOneLineThatCanBeSeen) {
  EXPECT_EQ(display_name("  Ada \t\n Löffel "), "Ada Löffel");
  EXPECT_EQ(display_name("A\u202eda\u200b\x07\u2066"), "Ada");
  EXPECT_EQ(display_name("\u00a0Ada\u2003L"), "Ada L");
  EXPECT_EQ(display_name("\u202e \x01"), "");
  EXPECT_EQ(display_name("Ada\xff"), "");
  EXPECT_EQ(display_name(""), "");
}

TEST(DisplayName, IsCutBetweenCharacters) {
  std::string name(kMaxDisplayNameBytes - 1, 'a');
  EXPECT_EQ(display_name(name + "b"), name + "b");
  EXPECT_EQ(display_name(name + "é"), name);
  EXPECT_EQ(display_name(name + " b"), name);
  EXPECT_EQ(display_name(std::string(1 << 20, 'a')).size(), kMaxDisplayNameBytes);
}

}  // namespace
}  // namespace syncline::identity
