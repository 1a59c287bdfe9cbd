// What every store must do for the records of the directory. Fixtures are those of log/event_log_conformance.h.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/log_backend.h"
#include "log/test_loop.h"

namespace syncline::testing {

template <typename Fixture>
class DirectoryConformance : public ::testing::Test {
 protected:
  using Kind = log::DirectoryKind;
  using Entries = std::vector<log::DirectoryEntry>;

  DirectoryConformance() { store_ = fixture_.open(loop_); }
  ~DirectoryConformance() override { store_.reset(); }

  void restart() {
    store_.reset();
    fixture_.restart();
    store_ = fixture_.open(loop_);
  }

  Result<void> change(std::vector<log::DirectoryChange> changes) {
    return await<void>(loop_, [&](auto done) {
      store_->directory().change_directory(std::move(changes), std::move(done));
    });
  }

  Result<std::optional<Bytes>> load(Kind kind, const std::string& id) {
    return await<std::optional<Bytes>>(
        loop_, [&](auto done) { store_->directory().load_entry(kind, id, std::move(done)); });
  }

  Result<Entries> people(const std::string& prefix = "", const std::string& after = "",
                         std::size_t limit = 100) {
    return await<Entries>(loop_, [&](auto done) {
      store_->directory().list_entries(Kind::kPerson, prefix, after, limit, std::move(done));
    });
  }

  TestLoop loop_;
  Fixture fixture_;
  std::unique_ptr<log::LoopStore> store_;
};

TYPED_TEST_SUITE_P(DirectoryConformance);

TYPED_TEST_P(DirectoryConformance, RecordsAreFoundByKindAndId) {
  using Kind = log::DirectoryKind;
  using Entries = std::vector<log::DirectoryEntry>;
  ASSERT_TRUE(this->change({{Kind::kPerson, "a/1", Bytes{1}},
                            {Kind::kPerson, "a/2", Bytes{}},
                            {Kind::kPerson, "b/1", Bytes{3}},
                            {Kind::kKey, "a/1", Bytes{4}}}));
  this->restart();
  EXPECT_EQ(this->load(Kind::kPerson, "a/1").value(), Bytes{1});
  EXPECT_EQ(this->load(Kind::kPerson, "a/2").value(), Bytes{});
  EXPECT_EQ(this->load(Kind::kKey, "a/1").value(), Bytes{4});
  EXPECT_EQ(this->load(Kind::kTenant, "a/1").value(), std::nullopt);
  EXPECT_EQ(this->people().value(), (Entries{{"a/1", {1}}, {"a/2", {}}, {"b/1", {3}}}));
  EXPECT_EQ(this->people("a/").value(), (Entries{{"a/1", {1}}, {"a/2", {}}}));
  EXPECT_EQ(this->people("a/", "a/1").value(), (Entries{{"a/2", {}}}));
  EXPECT_EQ(this->people("", "a/1", 1).value(), (Entries{{"a/2", {}}}));
}

TYPED_TEST_P(DirectoryConformance, RecordsAreReplacedAndErased) {
  using Kind = log::DirectoryKind;
  using Entries = std::vector<log::DirectoryEntry>;
  ASSERT_TRUE(this->change({{Kind::kPerson, "a", Bytes{1}}, {Kind::kPerson, "b", Bytes{2}}}));
  ASSERT_TRUE(this->change({{Kind::kPerson, "a", Bytes{5}}, {Kind::kPerson, "b", std::nullopt}}));
  ASSERT_TRUE(this->change({{Kind::kPerson, "c", Bytes{6}}, {Kind::kPerson, "c", std::nullopt}}));
  this->restart();
  EXPECT_EQ(this->people().value(), (Entries{{"a", {5}}}));
  EXPECT_EQ(this->load(Kind::kPerson, "b").value(), std::nullopt);
}

TYPED_TEST_P(DirectoryConformance, ARefusedChangeChangesNothing) {
  using Kind = log::DirectoryKind;
  ASSERT_TRUE(this->change({{Kind::kPerson, "a", Bytes{1}}}));
  const std::vector<std::pair<log::DirectoryChange, ErrorCode>> refused = {
      {{Kind::kPerson, "", Bytes{}}, ErrorCode::kInvalid},
      {{Kind::kPerson, std::string("a\0b", 3), Bytes{}}, ErrorCode::kInvalid},
      {{Kind::kPerson, std::string(log::kMaxDirectoryIdBytes + 1, 'x'), Bytes{}},
       ErrorCode::kTooLarge},
      {{Kind::kPerson, "b", Bytes(log::kMaxDirectoryValueBytes + 1)}, ErrorCode::kTooLarge}};
  for (const auto& [bad, code] : refused)
    EXPECT_EQ(this->change({{Kind::kPerson, "a", Bytes{9}}, bad}).error().code, code);
  EXPECT_EQ(this->load(Kind::kPerson, "a").value(), Bytes{1});
}

REGISTER_TYPED_TEST_SUITE_P(DirectoryConformance, RecordsAreFoundByKindAndId,
                            RecordsAreReplacedAndErased, ARefusedChangeChangesNothing);

}  // namespace syncline::testing
