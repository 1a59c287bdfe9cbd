// The API keys of a server: good when they are durable, worthless when they are revoked, and the same after a restart.
#include "backend/tokens/api_key_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "store/directory.h"
#include "store/memory_store.h"
#include "support/test_world.h"
#include "support/virtual_loop.h"

namespace syncline::backend {
namespace {

constexpr std::uint64_t kMinute = 60'000;

class ApiKeyTableTest : public ::testing::Test {
 protected:
  ApiKeyTableTest() { reopen(); }

  void reopen(std::size_t max_keys = ApiKeyTable::kMaxKeys) {
    auto opened = ApiKeyTable::open(
        store_.tables(), {.with_directory = [this](auto use) { use(directory_->directory()); },
                          .max_keys = max_keys});
    ASSERT_TRUE(opened) << opened.error().message;
    table_ = std::move(*opened);
  }

  // Returns the text of a new key, which is not durable before run().
  std::string add(identity::ApiKey key = {}) {
    const identity::NewKey made = identity::new_key(random_);
    key.id = made.id;
    key.secret_hash = identity::hash_of_secret(made.secret);
    if (key.principal.empty()) key.principal = "key:" + made.id;
    if (key.rights.empty()) key.rights = "write";
    key.made_ms = loop_.unix_ms();
    table_->add(std::move(key), [this](Result<void> stored) { stored_ = std::move(stored); });
    return made.text();
  }

  std::string added(identity::ApiKey key = {}) {
    std::string text = add(std::move(key));
    loop_.run();
    EXPECT_TRUE(stored_ && *stored_);
    return text;
  }

  static std::string id_of(const std::string& text) {
    return std::string(identity::key_id_of(text).value_or(""));
  }

  // The principal, or the reason.
  std::string who(const std::string& text) {
    std::optional<Result<identity::Principal>> answer;
    table_->authenticate({.token = text}, loop_,
                         [&](Result<identity::Principal> judged) { answer = std::move(judged); });
    if (!answer) return "no answer";
    return *answer ? (*answer)->id : answer->error().message;
  }

  Result<void> revoke(const std::string& text, api::KeyOwner owner = "") {
    std::optional<Result<void>> answer;
    table_->revoke(owner, id_of(text), loop_.unix_ms(),
                   [&](Result<void> done) { answer = std::move(done); });
    loop_.run();
    return answer.value_or(fail(ErrorCode::kUnavailable, "no answer"));
  }

  void keep_up(std::uint64_t later_ms = 0) {
    table_->keep_up(loop_.unix_ms() + later_ms);
    loop_.run();
  }

  std::uint64_t stored_use(const std::string& text) {
    const auto value =
        syncline::store::read_directory(store_.tables(), log::DirectoryKind::kKey, id_of(text));
    return value && *value ? identity::decode_api_key(id_of(text), **value)->used_ms : 99;
  }

  testing::VirtualLoop loop_;
  testing::TestRandom random_;
  syncline::store::MemoryStore store_;
  std::unique_ptr<log::LoopStore> directory_ = store_.open_loop(loop_);
  std::unique_ptr<ApiKeyTable> table_;
  std::optional<Result<void>> stored_;
};

TEST_F(ApiKeyTableTest, AKeyIsGoodWhenItIsDurableAndAfterARestart) {
  const std::string key = add();
  EXPECT_EQ(who(key), "unknown token");
  loop_.run();
  ASSERT_TRUE(stored_ && *stored_);
  EXPECT_EQ(who(key), "key:" + id_of(key));
  EXPECT_EQ(who(key + "a"), "unknown token");
  EXPECT_EQ(who("slk_"), "unknown token");
  reopen();
  EXPECT_EQ(who(key), "key:" + id_of(key));
  EXPECT_TRUE(table_->any_valid(loop_.unix_ms()));
}

TEST_F(ApiKeyTableTest, ARevokedKeyIsWorthlessAtOnceAndForEver) {
  const std::string key = added();
  bool durable = false;
  table_->revoke("", id_of(key), loop_.unix_ms(), [&](Result<void> done) {
    EXPECT_TRUE(done);
    durable = true;
  });
  EXPECT_EQ(who(key), "this key was revoked");
  EXPECT_TRUE(table_->is_withdrawn("slk_" + id_of(key)));
  loop_.run();
  EXPECT_TRUE(durable);
  reopen();
  EXPECT_EQ(who(key), "this key was revoked");
  EXPECT_TRUE(table_->is_withdrawn("slk_" + id_of(key)));
  EXPECT_FALSE(table_->any_valid(loop_.unix_ms()));
  EXPECT_TRUE(revoke(key));  // again
  EXPECT_EQ(revoke("slk_abcdefghijklmnop").error().code, ErrorCode::kNotFound);
}

TEST_F(ApiKeyTableTest, WhatIsNoKeyIsNotWithdrawn) {
  EXPECT_FALSE(table_->is_withdrawn("slt_abcdefghijklmnop"));
  EXPECT_FALSE(table_->is_withdrawn("jti"));
  EXPECT_FALSE(table_->is_withdrawn("abcdefghijklmnop"));
  EXPECT_FALSE(table_->is_withdrawn(""));
  EXPECT_TRUE(table_->is_withdrawn("slk_abcdefghijklmnop"));  // a key that nobody knows
}

TEST_F(ApiKeyTableTest, ATenantSeesItsOwnKeysAlone) {
  const std::string ours = added({.tenant = "acme"});
  const std::string theirs = added({.tenant = "umbrella"});
  EXPECT_EQ(table_->list("acme", "", 10).size(), 1U);
  EXPECT_EQ(table_->list("", "", 10).size(), 0U);
  EXPECT_EQ(table_->list(std::nullopt, "", 10).size(), 2U);
  EXPECT_EQ(revoke(theirs, "acme").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(who(theirs), "key:" + id_of(theirs));
  EXPECT_TRUE(revoke(ours, "acme"));
}

TEST_F(ApiKeyTableTest, ListsPageByPage) {
  for (int i = 0; i < 25; ++i) added();
  std::string after;
  std::vector<std::string> ids;
  for (;;) {
    const auto page = table_->list("", after, 10);
    for (const identity::ApiKey& key : page) ids.push_back(key.id);
    if (page.size() < 10) break;
    after = page.back().id;
  }
  EXPECT_EQ(ids.size(), 25U);
  EXPECT_TRUE(std::ranges::is_sorted(ids));
}

TEST_F(ApiKeyTableTest, ThereIsABound) {
  reopen(3);
  for (int i = 0; i < 2; ++i) added();
  add();
  const std::string too_many = add();  // while the third is not durable
  loop_.run();
  ASSERT_TRUE(stored_);
  EXPECT_EQ(table_->list("", "", 10).size(), 3U);
  EXPECT_EQ(who(too_many), "unknown token");
  identity::ApiKey twice = table_->list("", "", 1).front();
  reopen();
  table_->add(twice, [this](Result<void> stored) { stored_ = std::move(stored); });
  EXPECT_EQ(stored_->error().code, ErrorCode::kConflict);
}

TEST_F(ApiKeyTableTest, TheLastUseIsStoredSeldom) {
  const std::string key = added();
  const std::uint64_t first = loop_.unix_ms();
  EXPECT_EQ(who(key), "key:" + id_of(key));
  EXPECT_EQ(table_->list("", "", 1).front().used_ms, first);
  EXPECT_EQ(stored_use(key), 0U);
  keep_up();
  EXPECT_EQ(stored_use(key), first);
  loop_.advance(4 * kMinute);
  who(key);
  keep_up();
  EXPECT_EQ(stored_use(key), first);
  loop_.advance(kMinute);
  who(key);
  keep_up();
  EXPECT_EQ(stored_use(key), first + 5 * kMinute);
  who("slk_" + id_of(key) + "_" +
      std::string(identity::kKeySecretChars, 'a'));  // a wrong secret is no use
  EXPECT_EQ(table_->list("", "", 1).front().used_ms, first + 5 * kMinute);
}

TEST_F(ApiKeyTableTest, UpkeepBringsNoRevokedKeyBack) {
  const std::string key = added();
  who(key);
  table_->revoke("", id_of(key), loop_.unix_ms(), [](Result<void> done) { EXPECT_TRUE(done); });
  table_->keep_up(loop_.unix_ms() + 10 * kMinute);
  loop_.run();
  reopen();
  EXPECT_EQ(who(key), "this key was revoked");
}

TEST_F(ApiKeyTableTest, WhatEndedLongAgoIsForgotten) {
  const std::string revoked = added();
  const std::string expired = added({.expires_ms = loop_.unix_ms() + 1000});
  const std::string good = added();
  EXPECT_TRUE(revoke(revoked));
  keep_up(ApiKeyTable::kKeptMs - 1);
  EXPECT_EQ(table_->list("", "", 10).size(), 3U);
  keep_up(ApiKeyTable::kKeptMs + 1000);
  EXPECT_EQ(table_->list("", "", 10).size(), 1U);
  reopen();
  EXPECT_EQ(table_->list("", "", 10).size(), 1U);
  EXPECT_EQ(who(good), "key:" + id_of(good));
  EXPECT_TRUE(table_->is_withdrawn("slk_" + id_of(revoked)));
}

TEST_F(ApiKeyTableTest, ADamagedRecordIsNamed) {
  added();
  directory_->directory().change_directory(
      {{log::DirectoryKind::kKey, "abcdefghijklmnop", Bytes{9}}}, [](Result<void>) {});
  loop_.run();
  const auto opened = ApiKeyTable::open(store_.tables(), {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(opened.error().message.find("abcdefghijklmnop"), std::string::npos);
}

TEST_F(ApiKeyTableTest, LoopsAskWhileKeysComeAndGo) {
  const std::string key = added();
  std::atomic<bool> stop = false;
  std::vector<std::thread> askers;
  for (int i = 0; i < 2; ++i)
    askers.emplace_back([&] {
      testing::VirtualLoop loop;
      while (!stop)
        table_->authenticate({.token = key}, loop,
                             [](Result<identity::Principal> who) { EXPECT_TRUE(who); });
    });
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(revoke(added()));
  stop = true;
  for (std::thread& asker : askers) asker.join();
}

}  // namespace
}  // namespace syncline::backend
