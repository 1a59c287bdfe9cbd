// The files and keys of other servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "migrate/document.h"
#include "migrate/update_file.h"
#include "migrate/y_leveldb.h"
#include "migrate/y_sweet.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::migrate {
namespace {

using crdt::UpdateVersion;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The updates of a text that is written in three steps.
std::vector<Bytes> three_updates() {
  crdt::Doc doc({.client_id = 7});
  std::vector<Bytes> updates;
  doc.on_update(
      [&](const crdt::UpdateEvent& event) { updates.push_back(to_bytes(event.update())); });
  for (const char* word : {"one ", "two ", "three "})
    EXPECT_TRUE(doc.text("text").insert(doc.text("text").length(), word, {}));
  return updates;
}

std::string text_of(const StoredUpdates& updates) {
  const auto document = document_of(updates);
  EXPECT_TRUE(document);
  return document ? crdt::to_json(document->json) : "";
}

Bytes log_of(std::initializer_list<Bytes> updates) {
  Bytes log;
  for (const Bytes& update : updates) {
    log.push_back(static_cast<std::uint8_t>(update.size()));
    log.insert(log.end(), update.begin(), update.end());
  }
  return log;
}

// ---- files of updates

TEST(UpdateFile, AStateOrALogOfEitherVersion) {
  const auto updates = three_updates();
  const auto second = [](const Bytes& update) {
    return *crdt::convert_update(update, UpdateVersion::kV1, UpdateVersion::kV2);
  };
  for (const Bytes& file : {log_of({updates[0], updates[1], updates[2]}),
                            log_of({second(updates[0]), second(updates[1]), second(updates[2])})}) {
    const auto read = read_update_file(file);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->size(), 3u);
    EXPECT_EQ(text_of(*read), R"({"text":"one two three "})");
  }
  for (const Bytes& file : {updates[0], second(updates[0])}) {
    const auto read = read_update_file(file);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(text_of(*read), R"({"text":"one "})");
  }
}

TEST(UpdateFile, AWantedVersionIsTheOnlyOne) {
  const auto updates = three_updates();
  ASSERT_TRUE(read_update_file(updates[0], UpdateVersion::kV1));
  const auto read = read_update_file(updates[0], UpdateVersion::kV2);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, StartsWith("no Yjs update v2: "));
}

TEST(UpdateFile, AnythingElseIsRefused) {
  const auto updates = three_updates();
  Bytes cut = updates[0];
  cut.pop_back();
  Bytes cut_log = log_of({updates[0], updates[1]});
  cut_log.pop_back();
  for (const Bytes& bad : {Bytes{}, to_bytes(as_bytes("# A heading\n")), cut, cut_log,
                           log_of({updates[0], Bytes{1, 2, 3}})}) {
    const auto read = read_update_file(bad);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kMalformed);
  }
}

// ---- y-leveldb

// As y-leveldb's keyEncoding writes ["v1", "notes", "update", 258] and others.
TEST(YLeveldb, KeysAreRead) {
  const std::string update("\0\2v1\0\5notes\0\6update\1\0\0\1\2", 24);
  const auto key = read_y_leveldb_key(as_bytes(update));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->kind, YLeveldbKey::Kind::kUpdate);
  EXPECT_EQ(key->document, "notes");
  EXPECT_EQ(key->number, 258u);
  const std::string meta("\0\2v1\0\5notes\0\4meta\0\1k", 20);
  EXPECT_EQ(read_y_leveldb_key(as_bytes(meta))->kind, YLeveldbKey::Kind::kMeta);
  const std::string state("\0\5v1_sv\0\5notes", 14);
  EXPECT_EQ(read_y_leveldb_key(as_bytes(state))->kind, YLeveldbKey::Kind::kState);
}

TEST(YLeveldb, OtherKeysAreRefused) {
  const std::string whole("\0\2v1\0\5notes\0\6update\1\0\0\1\2", 24);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_y_leveldb_key(as_bytes(whole).first(size))) << size;
  EXPECT_FALSE(read_y_leveldb_key(as_bytes(whole + "x")));
  EXPECT_FALSE(read_y_leveldb_key(as_bytes("user:17")));
  EXPECT_FALSE(
      read_y_leveldb_key(as_bytes(std::string("\0\2v2\0\5notes\0\6update\1\0\0\1\2", 24))));
}

// ---- y-sweet

void put_length(Bytes& out, std::size_t length) {
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<std::uint8_t>(length >> (8 * i)));
}

using Entry = std::pair<Bytes, Bytes>;

Bytes y_sweet_file(const std::vector<Entry>& entries) {
  Bytes file;
  put_length(file, entries.size());
  for (const auto& [key, value] : entries)
    for (const Bytes* bytes : {&key, &value}) {
      put_length(file, bytes->size());
      file.insert(file.end(), bytes->begin(), bytes->end());
    }
  return file;
}

const Entry kNamed{{0, 0, 'd', 'o', 'c', 0}, {0, 0, 0, 1}};

TEST(YSweet, TheStateAndTheUpdatesAreRead) {
  const auto updates = three_updates();
  const auto read = read_y_sweet(y_sweet_file({kNamed,
                                               {{0, 1, 0, 0, 0, 1, 0}, updates[0]},
                                               {{0, 1, 0, 0, 0, 1, 1}, {1, 7, 4}},
                                               {{0, 1, 0, 0, 0, 1, 2, 0, 0, 0, 9, 0}, updates[1]},
                                               {{0, 1, 0, 0, 0, 1, 2, 0, 0, 1, 0, 0}, updates[2]},
                                               {{0, 1, 0, 0, 0, 1, 3, 'm', 0}, {1}}}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(text_of(*read), R"({"text":"one two three "})");
  EXPECT_TRUE(read_y_sweet(y_sweet_file({}))->empty());
}

TEST(YSweet, OtherFilesAreRefused) {
  const auto updates = three_updates();
  const Entry state{{0, 1, 0, 0, 0, 1, 0}, updates[0]};
  const Bytes whole = y_sweet_file({kNamed, state});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_y_sweet(ByteView(whole).first(size))) << size;
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(read_y_sweet(longer));
  EXPECT_FALSE(read_y_sweet(y_sweet_file({state, {{0, 1, 0, 0, 0, 2, 0}, updates[1]}})))
      << "two documents";
  EXPECT_FALSE(read_y_sweet(y_sweet_file({{{1, 1, 0, 0, 0, 1, 0}, updates[0]}})));
  Bytes many;
  put_length(many, ~std::size_t{0});
  EXPECT_FALSE(read_y_sweet(many));
}

// ---- comparison

TEST(Document, DifferencesHaveNames) {
  const auto updates = three_updates();
  const StoredUpdates two{{updates[0]}, {updates[1]}};
  const StoredUpdates three{{updates[0]}, {updates[1]}, {updates[2]}};
  const Document less = *document_of(two);
  const Document more = *document_of(three);
  EXPECT_TRUE(contains(more, less));
  EXPECT_FALSE(contains(less, more));
  EXPECT_EQ(difference(more, more, more.json), "");
  EXPECT_EQ(difference(less, more, more.json), "the target has further changes");
  EXPECT_EQ(difference(more, less, less.json), "the target lacks changes of the source");
  EXPECT_EQ(difference(more, more, less.json), "the content differs at '/text'");

  crdt::Doc doc({.client_id = 9});
  for (const Bytes& update : updates) EXPECT_TRUE(doc.apply_update(update));
  EXPECT_TRUE(doc.text("text").erase(0, 4));
  const StoredUpdates erased{{doc.encode_state_as_update()}};
  const Document shorter = *document_of(erased);
  EXPECT_THAT(difference(more, shorter, shorter.json), HasSubstr("more is deleted in the target"));
  EXPECT_THAT(difference(shorter, more, more.json), HasSubstr("is not deleted in the target"));
}

TEST(Document, ABadUpdateHasANumber) {
  const auto updates = three_updates();
  const StoredUpdates bad{{updates[0]}, {Bytes{1, 2, 3}}};
  const auto document = document_of(bad);
  ASSERT_FALSE(document);
  EXPECT_THAT(document.error().message, StartsWith("update 2 of 2: "));
}

TEST(Document, DeletedContentIsKeptIfItIsWanted) {
  crdt::Doc doc({.client_id = 7, .gc = false});
  EXPECT_TRUE(doc.text("text").insert(0, "a secret", {}));
  EXPECT_TRUE(doc.text("text").erase(0, 8));
  const StoredUpdates stored{{doc.encode_state_as_update()}};
  const auto has_secret = [](const Document& document) {
    return as_text(document.state).find("secret") != std::string_view::npos;
  };
  EXPECT_FALSE(has_secret(*document_of(stored)));
  EXPECT_TRUE(has_secret(*document_of(stored, true)));
}

}  // namespace
}  // namespace syncline::migrate
