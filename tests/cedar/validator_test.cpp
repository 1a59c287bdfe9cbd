#include "cedar/validator.h"

#include <gtest/gtest.h>

#include <string>

#include "cedar/parser.h"

namespace syncline::cedar {
namespace {

constexpr std::string_view kSchema = R"(
type Address = { street: String, zip?: Long };
entity Group;
entity User in [Group] { name: String, age?: Long, home?: Address, boss?: User } tags String;
entity Color enum ["red"];
action all;
action read in [all] appliesTo { principal: User, resource: [User, Color], context: { n: Long } };
)";

// Empty if the condition is valid for a user who reads a user.
std::string checked(const std::string& condition) {
  const auto schema = parse_schema(kSchema);
  if (!schema) return schema.error().message;
  const auto policies =
      parse_policies("permit(principal, action == Action::\"read\", resource is User) when { " +
                     condition + " };");
  if (!policies) return policies.error().message;
  const Validation validation = validate(*policies, *schema);
  return validation.passed() ? "" : validation.errors[0].message;
}

TEST(CedarValidator, KnowsWhatAConditionMadeSureOf) {
  EXPECT_EQ(checked("principal.age > 1"),
            "the attribute `age` may be missing; check with `has` first");
  EXPECT_EQ(checked("principal has age && principal.age > 1"), "");
  EXPECT_EQ(checked("if principal has age then principal.age > 1 else false"), "");
  EXPECT_NE(checked("resource has age && principal.age > 1"), "");
  EXPECT_NE(checked("principal has age || principal.age > 1"), "");
  EXPECT_EQ(checked("principal has home.zip && principal.home.zip == 1"), "");
  EXPECT_NE(checked("principal has home && principal.home.zip == 1"), "");
  EXPECT_EQ(checked("principal.getTag(\"k\") == \"v\""),
            "the tag may be missing; check with `hasTag` first");
  EXPECT_EQ(checked("principal.hasTag(\"k\") && principal.getTag(\"k\") == \"v\""), "");
  EXPECT_NE(checked("principal.hasTag(\"j\") && principal.getTag(\"k\") == \"v\""), "");
}

TEST(CedarValidator, FindsWrongTypes) {
  EXPECT_EQ(checked("principal.name + 1 == 2"), "expected Long, got String");
  EXPECT_EQ(checked("principal.name == 1"), "the types String and Long do not go together");
  EXPECT_EQ(checked("principal.nothing"), "the type User has no attribute `nothing`");
  EXPECT_EQ(checked("[1, \"a\"].contains(1)"), "the types Long and String do not go together");
  EXPECT_EQ(checked("[].isEmpty()"), "the type of an empty set is not known");
  EXPECT_EQ(checked("ip(\"x\").isIpv4()"), "the argument of `ip` has the wrong form");
  EXPECT_EQ(checked("ip(principal.name).isIpv4()"), "the argument of `ip` must be a literal");
  EXPECT_EQ(checked("context.n"), "expected Bool, got Long");
  EXPECT_EQ(checked("principal == Ghost::\"g\""), "the schema has no type `Ghost`");
  EXPECT_NE(checked("principal == Color::\"blue\""), "");
  EXPECT_EQ(checked("principal == Color::\"red\""), "");
  // What is known to be false is not looked into.
  EXPECT_EQ(checked("principal == Color::\"red\" && principal.nothing"), "");
  EXPECT_EQ(checked("action in Action::\"all\" || principal.nothing"), "");
}

TEST(CedarValidator, EndsWhenAPolicyCostsTooMuch) {
  // Each level reads its operand once for each name.
  std::string condition = "principal";
  for (int i = 0; i < 40; ++i)
    condition = "(if " + condition + " has home.street then principal else principal)";
  EXPECT_EQ(checked(condition + " has age"), "checking this policy costs too much");
}

TEST(CedarSchema, RefusesWhatDoesNotFitTogether) {
  for (const char* source :
       {"entity A { x: B };", "entity A, A;", "type A = { x: B }; type B = { y: A };",
        "action a in [b]; action b in [a];",
        "action a appliesTo { principal: [], resource: A }; entity A;",
        "action a appliesTo { principal: A }; entity A;", "entity A in [B];", "type Long = String;",
        "entity A { x: Long, x: Long };", "entity Action;", "namespace N { entity A; } entity A;",
        "action a appliesTo { principal: A, resource: A, context: Long }; entity A;",
        "entity A enum [];"}) {
    EXPECT_FALSE(parse_schema(source)) << source;
  }
  EXPECT_EQ(parse_schema("entity A {\n  x: B };").error().message,
            "line 2, column 6: there is no type `B`");
}

TEST(CedarSchema, RefusesTypesThatAreTooLarge) {
  std::string source = "type T0 = { a: Long, b: Long };\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "T" + std::to_string(i - 1);
    source += "type T" + std::to_string(i) + " = { a: " + before + ", b: " + before + " };\n";
  }
  const auto schema = parse_schema(source);
  ASSERT_FALSE(schema);
  EXPECT_NE(schema.error().message.find("too large"), std::string::npos);
}

TEST(CedarSchema, ReadsBothForms) {
  const auto json = parse_schema_json(R"({"N": {
    "commonTypes": {"T": {"type": "Record", "attributes": {"a": {"type": "Boolean", "required": false}}}},
    "entityTypes": {"A": {"memberOfTypes": ["A"], "shape": {"type": "T"}, "tags": {"type": "Set", "element": {"type": "Entity", "name": "A"}}}},
    "actions": {"x": {"memberOf": [{"id": "y"}], "appliesTo": {"principalTypes": ["A"], "resourceTypes": ["N::A"], "context": {"type": "Record", "attributes": {"i": {"type": "Extension", "name": "ipaddr"}}}}}, "y": {}}}})");
  ASSERT_TRUE(json) << json.error().message;
  const auto text = parse_schema(
      "namespace N { type T = { a?: Bool }; entity A in [A] = { a?: Bool } tags Set<A>;"
      "action x in [y] appliesTo { principal: A, resource: [A], context: { i: ipaddr } }; action "
      "y; }");
  ASSERT_TRUE(text) << text.error().message;
  for (const Schema* schema : {&*json, &*text}) {
    const EntityTypeInfo* type = schema->find_type(borrow_text("N::A"));
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(to_string(*type->shape), "{\"a\"?: Bool}");
    EXPECT_EQ(to_string(*type->tags), "Set<N::A>");
    Arena arena;
    const ActionInfo* action = schema->find_action(*make_uid(arena, "N::Action", "x"));
    ASSERT_NE(action, nullptr);
    EXPECT_EQ(to_string(*action->context), "{\"i\": ipaddr}");
    EXPECT_EQ(action->ancestors.size(), 1U);
    ASSERT_EQ(action->principals.size(), 1U);
    EXPECT_EQ(action->principals[0], type);
  }
}

}  // namespace
}  // namespace syncline::cedar
