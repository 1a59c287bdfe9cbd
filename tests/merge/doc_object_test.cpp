// A document on the server is what its log says: nothing more, whatever the log holds.
#include <gtest/gtest.h>

#include <array>

#include "merge/object.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::merge {
namespace {

using crdt::Doc;
using crdt::UpdateVersion;

constexpr UpdateVersion kV1 = UpdateVersion::kV1;

Bytes update_after(Doc& doc, const crdt::StateVector& before) {
  return doc.encode_state_as_update(before);
}

crdt::DeleteSet deletes_of(ByteView update) {
  return crdt::update_meta(update, kV1)->deletes;
}

crdt::Text body_of(Doc& doc) {
  const crdt::Type type = std::get<crdt::Type>(*doc.map("notes").get("body"));
  return {type.engine(), type.index()};
}

// Two people make the first letter of a nested text bold, which leaves formats that change nothing.
// A replica that edits deletes them; were the server to do so, it would hold what no event says.
TEST(DocObject, DeletesNothingOfItsOwn) {
  const crdt::Attributes bold{{"bold", true}};
  Doc one({.client_id = 1});
  ASSERT_TRUE(one.map("notes").set_type("body", crdt::TypeKind::kText));
  crdt::Text text = body_of(one);
  ASSERT_TRUE(text.insert(0, "a word"));
  const Bytes base = one.encode_state_as_update();
  const crdt::StateVector common = one.state_vector();

  Doc two({.client_id = 2});
  ASSERT_TRUE(two.apply_update(base, kV1));
  ASSERT_TRUE(text.format(0, 1, bold));
  ASSERT_TRUE(body_of(two).format(0, 1, bold));
  const std::array updates{base, update_after(one, common), update_after(two, common)};

  ASSERT_TRUE(one.apply_update(updates[2], kV1));
  ASSERT_FALSE(deletes_of(one.encode_state_as_update()).empty()) << "there is something to clean";

  const auto object = doc_type().create();
  for (const Bytes& update : updates) ASSERT_TRUE(object->apply(update));
  EXPECT_TRUE(deletes_of(*object->diff_since({})).empty());

  const auto restored = doc_type().restore(object->snapshot());
  ASSERT_TRUE(restored);
  EXPECT_TRUE(deletes_of(*(*restored)->diff_since({})).empty());
}

}  // namespace
}  // namespace syncline::merge
