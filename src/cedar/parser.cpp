#include "cedar/parser.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "cedar/expr_parser.h"

namespace syncline::cedar {

namespace {

// One policy after the other.
class PolicyParser {
 public:
  PolicyParser(std::string_view source, PolicySet& set)
      : reader_(source), arena_(set.arena()), exprs_(reader_, arena_) {}

  TokenReader& reader() { return reader_; }

  Policy policy(std::string_view id) {
    Policy policy;
    policy.id = make_text(arena_, id);
    policy.annotations = annotations();
    policy.position = reader_.peek().position;
    if (reader_.take_word("forbid"))
      policy.effect = Effect::kForbid;
    else if (!reader_.take_word("permit"))
      reader_.fail_here("`permit` or `forbid`");
    reader_.expect_mark("(");
    policy.principal = entity_rule("principal");
    reader_.expect_mark(",");
    policy.action = action_rule();
    reader_.expect_mark(",");
    policy.resource = entity_rule("resource");
    reader_.take_mark(",");
    reader_.expect_mark(")");
    policy.conditions = conditions();
    reader_.expect_mark(";");
    return policy;
  }

 private:
  std::span<const Annotation> annotations() {
    std::vector<Annotation> list;
    while (reader_.take_mark("@")) {
      const Token key = reader_.peek();
      if (key.kind != TokenKind::kWord) reader_.fail_here("the name of an annotation");
      reader_.take();
      if (std::ranges::any_of(list, [&](const auto& each) { return each.key->view() == key.text; }))
        reader_.fail_at(key.position, "the annotation is there twice");
      Annotation annotation{make_text(arena_, key.text), nullptr};
      if (reader_.take_mark("(")) {
        annotation.value = make_text(arena_, reader_.expect_string("the annotation's value"));
        reader_.expect_mark(")");
      }
      list.push_back(annotation);
    }
    return arena_.copy(list);
  }

  // The entity behind `==` or `in`, or a slot.
  void entity_or_slot(std::string_view variable, ScopeRule& rule) {
    if (reader_.peek().kind == TokenKind::kSlot) {
      if (reader_.peek().text.substr(1) != variable)
        reader_.fail_here("`?" + std::string(variable) + "`");
      reader_.take();
      rule.slot = true;
    } else {
      rule.uid = exprs_.uid();
    }
  }

  ScopeRule entity_rule(std::string_view variable) {
    using Match = ScopeRule::Match;
    ScopeRule rule;
    reader_.expect_word(variable);
    if (reader_.take_mark("==")) {
      rule.match = Match::kEqual;
      entity_or_slot(variable, rule);
    } else if (reader_.take_word("in")) {
      rule.match = Match::kIn;
      entity_or_slot(variable, rule);
    } else if (reader_.take_word("is")) {
      rule.match = Match::kIs;
      rule.type = make_text(arena_, exprs_.type_name());
      if (reader_.take_word("in")) {
        rule.match = Match::kIsIn;
        entity_or_slot(variable, rule);
      }
    }
    return rule;
  }

  const Uid* action_uid() {
    const Position position = reader_.peek().position;
    const Uid* uid = exprs_.uid();
    if (!reader_.failed() && !is_action_type(uid->type->view()))
      reader_.fail_at(position, "an entity of type `Action` is expected");
    return uid;
  }

  ActionRule action_rule() {
    ActionRule rule;
    reader_.expect_word("action");
    std::vector<const Uid*> uids;
    if (reader_.take_mark("==")) {
      rule.match = ActionRule::Match::kEqual;
      uids.push_back(action_uid());
    } else if (reader_.take_word("in")) {
      rule.match = ActionRule::Match::kIn;
      rule.list = reader_.take_mark("[");
      if (!rule.list) {
        uids.push_back(action_uid());
      } else {
        while (!reader_.failed() && !reader_.peek_mark("]")) {
          uids.push_back(action_uid());
          if (!reader_.take_mark(",")) break;
        }
        reader_.expect_mark("]");
      }
    }
    rule.uids = arena_.copy(uids);
    return rule;
  }

  std::span<const Condition> conditions() {
    std::vector<Condition> list;
    while (reader_.peek_word("when") || reader_.peek_word("unless")) {
      const bool unless = reader_.take().text == "unless";
      reader_.expect_mark("{");
      list.push_back({unless, exprs_.expression()});
      reader_.expect_mark("}");
    }
    return arena_.copy(list);
  }

  TokenReader reader_;
  Arena& arena_;
  ExprParser exprs_;
};

}  // namespace

Result<PolicySet> parse_policies(std::string_view source) {
  PolicySet set;
  PolicyParser parser(source, set);
  for (std::size_t i = 0; !parser.reader().at_end() && !parser.reader().failed(); ++i) {
    const Policy policy = parser.policy("policy" + std::to_string(i));
    if (parser.reader().failed()) break;
    if (const auto added = set.add(policy); !added) return std::unexpected(added.error());
  }
  if (parser.reader().failed()) return parser.reader().error();
  return set;
}

Result<void> parse_policy(std::string_view source, std::string_view id, PolicySet& into) {
  PolicyParser parser(source, into);
  const Policy policy = parser.policy(id);
  if (!parser.reader().at_end()) parser.reader().fail_here("the end");
  if (parser.reader().failed()) return parser.reader().error();
  return into.add(policy);
}

Result<const Expr*> parse_expression(std::string_view source, Arena& arena) {
  TokenReader reader(source);
  const Expr* expr = ExprParser(reader, arena).expression();
  if (!reader.at_end()) reader.fail_here("the end");
  if (reader.failed()) return reader.error();
  return expr;
}

Result<const Uid*> parse_uid(std::string_view source, Arena& arena) {
  TokenReader reader(source);
  const Uid* uid = ExprParser(reader, arena).uid();
  if (!reader.at_end()) reader.fail_here("the end");
  if (reader.failed()) return reader.error();
  return uid;
}

}  // namespace syncline::cedar
