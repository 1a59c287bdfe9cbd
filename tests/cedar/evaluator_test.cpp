#include "cedar/evaluator.h"

#include <gtest/gtest.h>

#include <string>

#include "cedar/parser.h"
#include "cedar/value_json.h"

namespace syncline::cedar {
namespace {

constexpr std::string_view kWorld = R"([
  {"uid": {"type": "U", "id": "a"}, "attrs": {"n": 7, "r": {"x": 1}}, "parents": [{"type": "G", "id": "g"}],
   "tags": {"k": "v"}},
  {"uid": {"type": "G", "id": "g"}, "attrs": {}, "parents": [{"type": "G", "id": "all"}]}])";

// The value as text; or the error.
std::string evaluated(const std::string& source) {
  Arena arena;
  const auto entities = entities_from_json(kWorld, nullptr);
  const auto request = request_from_json(
      R"({"principal": {"type": "U", "id": "a"}, "action": {"type": "Action", "id": "do"},
          "resource": {"type": "R", "id": "gone"}, "context": {"s": "a*b", "big": 9223372036854775807}})",
      nullptr);
  const auto expr = parse_expression(source, arena);
  if (!expr) return expr.error().message;
  const auto value = Evaluator(request->request, *entities, arena).evaluate(**expr);
  return value ? to_cedar(*value) : value.error().message;
}

TEST(CedarEvaluator, ShortCircuits) {
  EXPECT_EQ(evaluated("false && 1"), "false");
  EXPECT_EQ(evaluated("true || 1"), "true");
  EXPECT_EQ(evaluated("if true then 1 else 1 + true"), "1");
  EXPECT_EQ(evaluated("true && 1"), "line 1, column 9: expected bool, got long");
  EXPECT_EQ(evaluated("1 && false"), "line 1, column 1: expected bool, got long");
  EXPECT_EQ(evaluated("principal is G in 5"), "false");
}

TEST(CedarEvaluator, NumbersOverflow) {
  EXPECT_EQ(evaluated("context.big + 0"), "9223372036854775807");
  EXPECT_EQ(evaluated("context.big + 1"), "line 1, column 13: integer overflow");
  EXPECT_EQ(evaluated("-(-9223372036854775808)"), "line 1, column 1: integer overflow");
  EXPECT_EQ(evaluated("3037000500 * 3037000500"), "line 1, column 12: integer overflow");
  EXPECT_EQ(evaluated("-9223372036854775808 - 1"), "line 1, column 22: integer overflow");
}

TEST(CedarEvaluator, EntitiesAreInOthers) {
  EXPECT_EQ(evaluated("principal in G::\"all\""), "true");
  EXPECT_EQ(evaluated("G::\"all\" in principal"), "false");
  EXPECT_EQ(evaluated("resource in resource"), "true");
  EXPECT_EQ(evaluated("principal in [R::\"x\", G::\"g\"]"), "true");
  EXPECT_EQ(evaluated("principal in []"), "false");
  EXPECT_EQ(evaluated("principal in [G::\"g\", 1]"),
            "line 1, column 14: expected a set of entities, got long");
  EXPECT_EQ(evaluated("principal in 1"),
            "line 1, column 14: expected entity or a set of entities, got long");
}

TEST(CedarEvaluator, AttributesAndTags) {
  EXPECT_EQ(evaluated("principal.r.x"), "1");
  EXPECT_EQ(evaluated("principal has r.x && !(principal has r.y) && !(principal has q.x)"), "true");
  EXPECT_EQ(evaluated("principal has n.x"),
            "line 1, column 11: expected record or entity, got long");
  EXPECT_EQ(evaluated("resource has x"), "false");
  EXPECT_EQ(evaluated("resource.x"), "line 1, column 9: there is no entity R::\"gone\"");
  EXPECT_EQ(evaluated("principal.x"), "line 1, column 10: there is no attribute `x`");
  EXPECT_EQ(evaluated("principal.getTag(\"k\")"), "\"v\"");
  EXPECT_EQ(evaluated("principal.hasTag(\"x\") || resource.hasTag(\"x\")"), "false");
  EXPECT_EQ(evaluated("principal.getTag(\"x\")"), "line 1, column 11: there is no tag `x`");
}

TEST(CedarEvaluator, SetsAndRecords) {
  EXPECT_EQ(evaluated("[1, 2, 2] == [2, 1]"), "true");
  EXPECT_EQ(evaluated("{a: 1, b: 2} == {b: 2, a: 1}"), "true");
  EXPECT_EQ(evaluated("[1, true, [context.s]].containsAll([[\"a*b\"], true])"), "true");
  EXPECT_EQ(evaluated("[1].containsAny([])"), "false");
  EXPECT_EQ(evaluated("[1].contains(\"1\") || 1 == \"1\""), "false");
  std::string many = "[";
  for (int i = 0; i < 40; ++i) many += std::to_string(i) + ",";
  EXPECT_EQ(evaluated(many + "].contains(39)"), "true");
  EXPECT_EQ(evaluated(many + "].contains(40)"), "false");
}

TEST(CedarEvaluator, Patterns) {
  EXPECT_EQ(evaluated("context.s like \"a\\*b\""), "true");
  EXPECT_EQ(evaluated("\"axb\" like \"a\\*b\""), "false");
  EXPECT_EQ(evaluated("\"aba\" like \"*a*a\" && \"\" like \"*\" && \"abcabc\" like \"*c\""),
            "true");
  EXPECT_EQ(evaluated("\"aa\" like \"aa*aa\" || \"a\" like \"\" || \"ab\" like \"a\""), "false");
}

TEST(CedarEvaluator, Extensions) {
  EXPECT_EQ(evaluated("decimal(\"-0.1\")"), "decimal(\"-0.1000\")");
  EXPECT_EQ(evaluated("decimal(\"-922337203685477.5808\")"), "decimal(\"-922337203685477.5808\")");
  EXPECT_EQ(evaluated("decimal(\"922337203685477.5808\")"),
            "line 1, column 1: this is no decimal: \"922337203685477.5808\"");
  EXPECT_EQ(evaluated("ip(\"10.1.2.3\").isInRange(ip(\"10.0.0.0/8\"))"), "true");
  EXPECT_EQ(evaluated("ip(\"::1\").isLoopback() && ip(\"ff02::1\").isMulticast()"), "true");
  EXPECT_EQ(
      evaluated(
          "datetime(\"1970-01-02T01:00:00.001+0100\") == datetime(\"1970-01-02T00:00:00.001Z\")"),
      "true");
  EXPECT_EQ(evaluated("datetime(\"1969-12-31T23:00:00Z\").toTime()"), "duration(\"82800000ms\")");
  EXPECT_EQ(evaluated("datetime(\"1969-12-31T23:00:00Z\").toDate() == datetime(\"1969-12-31\")"),
            "true");
  EXPECT_EQ(evaluated("duration(\"-9223372036854775808ms\").toDays()"), "-106751991167");
  EXPECT_EQ(evaluated("duration(\"1d2h3m4s5ms\").toMilliseconds()"), "93784005");
  EXPECT_EQ(evaluated("datetime(\"2024-02-29\") < datetime(\"2024-03-01\")"), "true");
  for (const char* wrong :
       {"datetime(\"2023-02-29\")", "datetime(\"2024-02-29T24:00:00Z\")", "duration(\"1s1m\")",
        "duration(\"\")", "ip(\"1.2.3\")", "ip(\"1::2::3\")", "ip(\"1.2.3.4/33\")",
        "ip(\"01.2.3.4\")", "decimal(\"1\")", "decimal(\"1.23456\")"})
    EXPECT_NE(evaluated(wrong).find("this is no"), std::string::npos) << wrong;
  EXPECT_EQ(evaluated("ip(\"::1\").isInRange(ip(\"::\"), ip(\"::\"))"),
            "line 1, column 11: wrong number of arguments of `isInRange`");
}

TEST(CedarEntities, AreNotInThemselves) {
  const auto cycle = entities_from_json(
      R"([{"uid": {"type": "A", "id": "a"}, "attrs": {}, "parents": [{"type": "A", "id": "b"}]},
          {"uid": {"type": "A", "id": "b"}, "attrs": {}, "parents": [{"type": "A", "id": "a"}]}])",
      nullptr);
  ASSERT_FALSE(cycle);
  EXPECT_EQ(cycle.error().code, ErrorCode::kInvalid);
  const auto twice = entities_from_json(
      R"([{"uid": {"type": "A", "id": "a"}, "attrs": {"x": 1}, "parents": []},
          {"uid": {"type": "A", "id": "a"}, "attrs": {"x": 2}, "parents": []}])",
      nullptr);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message, "line 2, column 11: the entity A::\"a\" is there twice");
}

TEST(CedarEntities, StandOnOthers) {
  const auto below = entities_from_json(kWorld, nullptr);
  const auto above = entities_from_json(
      R"([{"uid": {"type": "P", "id": "p"}, "attrs": {}, "parents": [{"type": "U", "id": "a"}]}])",
      nullptr, &*below);
  ASSERT_TRUE(above);
  Arena arena;
  const Entity* path = above->find(*make_uid(arena, "P", "p"));
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(path->ancestors.size(), 3U);
  EXPECT_TRUE(path->is_in(*make_uid(arena, "G", "all")));
  EXPECT_NE(above->find(*make_uid(arena, "U", "a")), nullptr);
  EXPECT_EQ(above->find(*make_uid(arena, "U", "b")), nullptr);
}

TEST(CedarJson, RefusesWhatIsNoValue) {
  for (const char* wrong :
       {"null", "1.5", "1e3", "9223372036854775808", "{\"__expr\": \"1\"}",
        "{\"__extn\": {\"fn\": \"ip\", \"arg\": \"x\"}}", "{\"a\": 1, \"a\": 2}",
        "{\"__entity\": {\"type\": \"in\", \"id\": \"x\"}}", "\"\\ud800\"", "[1", "01", "[1,]"}) {
    Arena arena;
    const auto json = parse_json(wrong, arena);
    EXPECT_FALSE(json && value_from_json(*json, nullptr, arena)) << wrong;
  }
}

TEST(CedarJson, BoundsNesting) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  Arena arena;
  EXPECT_TRUE(parse_json(nested(kMaxJsonDepth), arena));
  const auto deep = parse_json(nested(kMaxJsonDepth + 1), arena);
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().message, "line 1, column 1001: this is nested too deep");
}

}  // namespace
}  // namespace syncline::cedar
