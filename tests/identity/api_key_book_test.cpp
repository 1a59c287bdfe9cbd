// The keys of a server in memory: what is stored, and from when on a key is good or not. The table of a process is tested in
// tests/backend/api_key_table_test.cpp.
#include "identity/api_key_book.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/test_world.h"

namespace syncline::identity {
namespace {

class ApiKeyBookTest : public ::testing::Test {
 protected:
  ApiKey make() {
    const NewKey made = new_key(random_);
    text_ = made.text();
    return {.id = made.id,
            .secret_hash = hash_of_secret(made.secret),
            .principal = "key:" + made.id,
            .rights = "write"};
  }

  std::string who(const ApiKeyBook& book) const {
    const auto judged = book.judge(text_, 1000);
    return judged ? judged->id : judged.error().message;
  }

  testing::TestRandom random_;
  std::string text_;  // of the key that was made last
};

TEST_F(ApiKeyBookTest, AKeyIsGoodFromTheMomentInWhichItIsStored) {
  ApiKeyBook book;
  const ApiKey key = make();
  const auto change = book.begin_add(key);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->id, key.id);
  EXPECT_EQ(who(book), "unknown token");
  book.added(key, true);
  EXPECT_EQ(who(book), key.principal);
  EXPECT_EQ(book.begin_add(key).error().code, ErrorCode::kConflict);
}

TEST_F(ApiKeyBookTest, AKeyThatCouldNotBeStoredTakesNoPlace) {
  ApiKeyBook book(1);
  const ApiKey key = make();
  ASSERT_TRUE(book.begin_add(key));
  EXPECT_EQ(book.begin_add(make()).error().code, ErrorCode::kTooLarge);
  book.added(key, false);
  EXPECT_TRUE(book.list(std::nullopt, "", 10).empty());
  EXPECT_TRUE(book.begin_add(make()));
}

TEST_F(ApiKeyBookTest, WhatIsStoredOfARevokedKeySaysSo) {
  ApiKeyBook book;
  const ApiKey key = make();
  ASSERT_TRUE(book.begin_add(key));
  book.added(key, true);
  ASSERT_TRUE(book.revoke("", key.id, 700));
  EXPECT_TRUE(book.revoke("", key.id, 900));  // it stays revoked since 700
  EXPECT_EQ(who(book), "this key was revoked");
  const auto record = book.record(key.id);
  ASSERT_TRUE(record && record->value);
  ApiKeyBook after;
  ASSERT_TRUE(after.load([&](const std::string&, std::size_t) {
    return std::vector<log::DirectoryEntry>{{record->id, *record->value}};
  }));
  EXPECT_EQ(who(after), "this key was revoked");
  EXPECT_EQ(after.list("", "", 1).front().revoked_ms, 700U);
  EXPECT_FALSE(book.record("abcdefghijklmnop"));
}

}  // namespace
}  // namespace syncline::identity
