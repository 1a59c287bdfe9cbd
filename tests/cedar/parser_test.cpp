#include "cedar/parser.h"

#include <gtest/gtest.h>

#include <string>

#include "cedar/print.h"

namespace syncline::cedar {
namespace {

// An expression, printed; or the error.
std::string printed(const std::string& source) {
  Arena arena;
  const auto expr = parse_expression(source, arena);
  return expr ? to_cedar(**expr) : expr.error().message;
}

std::string error_of(const std::string& source) {
  const auto set = parse_policies(source);
  return set ? "" : set.error().message;
}

TEST(CedarParser, PrintsWhatItRead) {
  for (const char* source : {
           "true",
           "-5",
           "-9223372036854775808",
           "-(5)",
           "!(!context.a)",
           "1 + 2 - 3",
           "1 - (2 - 3)",
           "(1 + 2) * 3",
           "(if true then 1 else 2) + 3",
           "if 1 < 2 then \"a\" else \"b\"",
           "context.a || context.b && context.c || context.d",
           "(context.a || context.b) && context.c",
           "(1 < 2) == true",
           "principal in [A::B::\"x\\\"y\", C::\"\"]",
           "context has a.b.c",
           "context has \"a b\"",
           "context[\"a b\"].c",
           "resource.name like \"a*b\\*c\\\\\"",
           "principal is A::B in C::\"d\"",
           "[1, 2].containsAll([])",
           "[].isEmpty()",
           "principal.getTag(\"a\").hasTag(context.b)",
           "{a: 1, \"b c\": {}}",
           "ip(\"::1\").isInRange(ip(\"::/0\"))",
           "(-5).contains(1)",
           "\"\\u{01}\\n\\t\\0\"",
       }) {
    EXPECT_EQ(printed(source), source);
  }
  EXPECT_EQ(printed("- 5"), "-5");
  EXPECT_EQ(printed("--5"), "-(-5)");
  EXPECT_EQ(printed("-5.a"), "-5.a");
  EXPECT_EQ(printed("-00000000000000000009223372036854775808"), "-9223372036854775808");
}

TEST(CedarParser, ReadsAllOfAPolicy) {
  const std::string source =
      "@id(\"one\")\n@note\n"
      "permit (principal is U in G::\"g\", action in [Action::\"a\", A::Action::\"b\"], "
      "resource == R::\"r\")\n"
      "when { context.x > 1 }\nunless { false };\n";
  const auto set = parse_policies(source);
  ASSERT_TRUE(set) << set.error().message;
  ASSERT_EQ(set->policies().size(), 1U);
  EXPECT_EQ(set->policies()[0]->id->view(), "policy0");
  EXPECT_EQ(set->policies()[0]->annotation("id")->value->view(), "one");
  EXPECT_EQ(to_cedar(*set->policies()[0]), source);
}

TEST(CedarParser, NumbersPolicies) {
  const auto set = parse_policies(
      "permit(principal,action,resource); // one\n forbid(principal, action, resource,);");
  ASSERT_TRUE(set) << set.error().message;
  ASSERT_EQ(set->policies().size(), 2U);
  EXPECT_EQ(set->policies()[1]->id->view(), "policy1");
  EXPECT_EQ(set->policies()[1]->effect, Effect::kForbid);
}

TEST(CedarParser, TellsWhereAnErrorIs) {
  EXPECT_EQ(error_of("permit(principal, action, resource)\nwhen { 1 + };"),
            "line 2, column 12: expected an expression, found `}`");
  EXPECT_EQ(error_of("permit(principal, action resource);"),
            "line 1, column 26: expected `,`, found `resource`");
  EXPECT_EQ(error_of("permit(principal, action, resource)"),
            "line 1, column 36: expected `;`, but the source ends");
  EXPECT_EQ(error_of("@a(\"\u00e9\") permit(x, action, resource);"),
            "line 1, column 16: expected `principal`, found `x`");
  EXPECT_EQ(error_of("\xff"), "the source is not valid UTF-8");
}

TEST(CedarParser, RefusesWhatTheLanguageDoesNotHave) {
  for (const char* source : {"1 < 2 < 3",
                             "!!!!!true",
                             "-----1",
                             "9223372036854775808",
                             "-(9223372036854775808)",
                             "5 / 2",
                             "5 % 2",
                             "foo",
                             "foo(1)",
                             "context.if",
                             "{a: 1, a: 2}",
                             "\"a\" like context.b",
                             "context has in",
                             "ip.isIpv4()",
                             "isIpv4(ip(\"::1\"))",
                             "[1].contains()",
                             "[1].contains(1, 2)",
                             "\"\\q\"",
                             "\"\\u{d800}\"",
                             "\"\\u{}\"",
                             "\"\\x80\"",
                             "\"a",
                             "?principal",
                             "__cedar::A::\"b\"",
                             "if::A::\"b\"",
                             "1 = 1",
                             "context[1]",
                             "",
                             "1 2",
                             "principal is \"A\"",
                             "{1: 2}"}) {
    Arena arena;
    EXPECT_FALSE(parse_expression(source, arena)) << source;
  }
  for (const char* source :
       {"permit(principal, action, resource) when {};", "permit(principal, resource, action);",
        "permit(principal == ?resource, action, resource);",
        "permit(principal, action == A::\"b\", resource);",
        "permit(principal, action, resource) if {true};",
        "@a @a permit(principal, action, resource);", "allow(principal, action, resource);",
        "permit(principal, action == ?principal, resource);",
        "permit(principal, action, resource) when { ?principal == principal };"}) {
    EXPECT_FALSE(parse_policies(source)) << source;
  }
}

TEST(CedarParser, BoundsNesting) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "1" + std::string(depth, ')');
  };
  Arena arena;
  EXPECT_TRUE(parse_expression(nested(kMaxDepth - 1), arena));
  const auto deep = parse_expression(nested(kMaxDepth), arena);
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, ErrorCode::kTooLarge);

  const auto chain = [](std::size_t links) {
    std::string text = "1";
    for (std::size_t i = 1; i < links; ++i) text += " + 1";
    return text;
  };
  EXPECT_TRUE(parse_expression(chain(kMaxDepth), arena));
  EXPECT_FALSE(parse_expression(chain(kMaxDepth + 1), arena));
  EXPECT_FALSE(parse_policies(std::string(kMaxSourceBytes + 1, ' ')));
  EXPECT_TRUE(parse_policies(std::string(kMaxSourceBytes, ' ')));
}

TEST(CedarParser, LinksTemplates) {
  auto set = parse_policies("permit(principal in ?principal, action, resource is R in ?resource);");
  ASSERT_TRUE(set) << set.error().message;
  const Uid* group = make_uid(set->arena(), "G", "g");
  const Uid* folder = make_uid(set->arena(), "F", "f");
  EXPECT_FALSE(set->link("policy0", "one", group, nullptr));
  EXPECT_FALSE(set->link("nothing", "one", group, folder));
  EXPECT_FALSE(set->link("policy0", "policy0", group, folder));
  ASSERT_TRUE(set->link("policy0", "one", group, folder));
  EXPECT_FALSE(set->link("policy0", "one", group, folder));
  ASSERT_EQ(set->links().size(), 1U);
  EXPECT_EQ(to_cedar(*set->links()[0]),
            "permit (principal in G::\"g\", action, resource is R in F::\"f\");\n");
}

}  // namespace
}  // namespace syncline::cedar
