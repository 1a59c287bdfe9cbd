#include "merge/type_registry.h"

#include <gtest/gtest.h>

#include "support/toy_list.h"
#include "support/toy_register.h"

namespace syncline::merge {
namespace {

const TypeRegistry& registry() {
  static const TypeRegistry types{&doc_type(), &test::toy_list(), &test::toy_register()};
  return types;
}

TEST(TypeRegistry, FindsTypesByTheirNames) {
  EXPECT_EQ(registry().find("doc"), &doc_type());
  EXPECT_EQ(registry().find("toy-list"), &test::toy_list());
  EXPECT_EQ(registry().find("table"), nullptr);
  EXPECT_EQ(registry().require("toy-register").value(), &test::toy_register());
  EXPECT_EQ(registry().types().size(), 3u);
  EXPECT_EQ(TypeRegistry().find("doc"), nullptr);
}

TEST(TypeRegistry, AnUnknownTypeIsUnsupported) {
  const auto type = registry().require("table");
  ASSERT_FALSE(type);
  EXPECT_EQ(type.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(type.error().message.find("'table'"), std::string::npos);
}

TEST(TypeRegistry, AMissingFaceIsUnsupported) {
  EXPECT_TRUE(check_face(doc_type(), "yjs"));
  const auto face = check_face(test::toy_list(), "yjs");
  ASSERT_FALSE(face);
  EXPECT_EQ(face.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(face.error().message, "an object of type 'toy-list' cannot be opened through 'yjs'");
}

TEST(TypeRegistry, ANewObjectTakesTheFirstTypeWithItsFace) {
  EXPECT_EQ(registry().first_with_face("yjs").value(), &doc_type());
  EXPECT_EQ(registry().first_with_face("toy-strict").value(), &test::toy_register());
  EXPECT_EQ(registry().first_with_face("sharedb").error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace syncline::merge
