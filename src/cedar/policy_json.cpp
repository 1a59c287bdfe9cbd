#include "cedar/policy_json.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <vector>

#include "cedar/expr_builder.h"
#include "cedar/operator_names.h"
#include "cedar/value_json.h"

namespace syncline::cedar {

namespace {

using JKind = Json::Kind;
using Match = ScopeRule::Match;

// Reads one policy. The first error ends it; after it, nodes have no meaning, and are never null.
class PolicyReader {
 public:
  explicit PolicyReader(Arena& arena) : arena_(arena), build_(arena) {}

  const std::optional<Error>& error() const { return error_; }

  Policy policy(const Json& json, std::string_view id) {
    allow(json, {"effect", "principal", "action", "resource", "conditions", "annotations"});
    Policy policy;
    policy.id = make_text(arena_, id);
    const std::string_view effect = text(json, "effect");
    if (effect != "permit" && effect != "forbid") refuse(json, "`effect` is permit or forbid");
    policy.effect = effect == "forbid" ? Effect::kForbid : Effect::kPermit;
    policy.principal = entity_rule(part(json, "principal"), "?principal");
    policy.action = action_rule(part(json, "action"));
    policy.resource = entity_rule(part(json, "resource"), "?resource");
    std::vector<Condition> conditions;
    for (const Json& each : list(part(json, "conditions"))) conditions.push_back(condition(each));
    policy.conditions = arena_.copy(conditions);
    if (const Json* annotations = json.find("annotations"))
      policy.annotations = this->annotations(*annotations);
    return policy;
  }

 private:
  void refuse(const Json& at, std::string_view message, ErrorCode code = ErrorCode::kMalformed) {
    if (!error_) error_ = Error{code, at_position(at.position, message)};
  }

  // Members that mean nothing would be a rule that is not kept.
  void allow(const Json& json, std::initializer_list<std::string_view> keys) {
    if (!json.is(JKind::kObject)) return refuse(json, "expected an object");
    for (const JsonMember& each : json.members) {
      if (std::find(keys.begin(), keys.end(), each.key->view()) == keys.end())
        refuse(each.value, "`" + std::string(each.key->view()) + "` has no meaning here");
    }
  }

  const Json& part(const Json& json, std::string_view key) {
    if (const Json* found = json.find(key)) return *found;
    refuse(json, "`" + std::string(key) + "` is missing");
    return nothing_;
  }

  std::string_view text(const Json& json, std::string_view key) {
    const Json& found = part(json, key);
    if (found.is(JKind::kString)) return found.text->view();
    refuse(found, "expected a string");
    return {};
  }

  std::span<const Json> list(const Json& json) {
    if (!json.is(JKind::kArray)) refuse(json, "expected a list");
    return json.elements;
  }

  const Uid* uid(const Json& json) {
    const auto uid = uid_from_json(json, arena_);
    if (uid) return copy_uid(arena_, **uid);
    if (!error_) error_ = uid.error();
    return make_uid(arena_, "", "");
  }

  std::string_view type_name(const Json& json) {
    const std::string_view name = text(json, "entity_type");
    if (!is_type_name(name)) refuse(json, "this is no type of entities");
    return name;
  }

  // ---- scope ----

  void entity_or_slot(const Json& json, std::string_view slot, ScopeRule& rule) {
    const Json* named = json.find("slot");
    if (named == nullptr) {
      rule.uid = uid(part(json, "entity"));
      return;
    }
    rule.slot = true;
    if (!named->is(JKind::kString) || named->text->view() != slot || json.find("entity") != nullptr)
      refuse(*named, "expected the slot `" + std::string(slot) + "`, or an entity");
  }

  ScopeRule entity_rule(const Json& json, std::string_view slot) {
    ScopeRule rule;
    const std::string_view op = text(json, "op");
    if (op == "All") {
      allow(json, {"op"});
    } else if (op == "==" || op == "in") {
      allow(json, {"op", "entity", "slot"});
      rule.match = op == "in" ? Match::kIn : Match::kEqual;
      entity_or_slot(json, slot, rule);
    } else if (op == "is") {
      allow(json, {"op", "entity_type", "in"});
      rule.match = Match::kIs;
      rule.type = make_text(arena_, type_name(json));
      if (const Json* in = json.find("in")) {
        rule.match = Match::kIsIn;
        entity_or_slot(*in, slot, rule);
      }
    } else {
      refuse(json, "`op` is one of All, ==, in, is");
    }
    return rule;
  }

  ActionRule action_rule(const Json& json) {
    ActionRule rule;
    std::vector<const Uid*> uids;
    const std::string_view op = text(json, "op");
    if (op == "==" || op == "in") {
      allow(json, {"op", "entity", "entities"});
      rule.match = op == "in" ? ActionRule::Match::kIn : ActionRule::Match::kEqual;
      const Json* entities = op == "in" ? json.find("entities") : nullptr;
      rule.list = entities != nullptr;
      if (entities == nullptr) {
        uids.push_back(uid(part(json, "entity")));
      } else {
        for (const Json& each : list(*entities)) uids.push_back(uid(each));
      }
    } else if (op != "All") {
      refuse(json, "`op` is one of All, ==, in");
    }
    for (const Uid* each : uids) {
      if (!is_action_type(each->type->view()))
        refuse(json, "an entity of type `Action` is expected");
    }
    rule.uids = arena_.copy(uids);
    return rule;
  }

  std::span<const Annotation> annotations(const Json& json) {
    std::vector<Annotation> list;
    if (!json.is(JKind::kObject)) refuse(json, "expected an object");
    for (const JsonMember& each : json.members) {
      const bool text = each.value.is(JKind::kString);
      if (!text && !each.value.is(JKind::kNull)) refuse(each.value, "expected a string");
      if (!is_identifier(each.key->view()) && !is_reserved_word(each.key->view()))
        refuse(each.value, "an annotation has a wrong name");
      list.push_back({make_text(arena_, each.key->view()),
                      text ? make_text(arena_, each.value.text->view()) : nullptr});
    }
    return arena_.copy(list);
  }

  Condition condition(const Json& json) {
    allow(json, {"kind", "body"});
    const std::string_view kind = text(json, "kind");
    if (kind != "when" && kind != "unless") refuse(json, "`kind` is when or unless");
    return {kind == "unless", expr(part(json, "body"))};
  }

  // ---- expressions ----

  const Expr* nothing() { return build_.literal({}, Value::of(false)); }

  const Expr* checked(const Json& json, const Expr* expr) {
    if (build_.too_deep()) refuse(json, "this is nested too deep", ErrorCode::kTooLarge);
    return error_ ? nothing() : expr;
  }

  const Expr* expr(const Json& json) {
    if (error_) return nothing();
    if (json.members.size() != 1) {
      refuse(json, "an expression has exactly one operator");
      return nothing();
    }
    const JsonMember& member = json.members[0];
    return checked(json, operation(member.key->view(), member.value, json));
  }

  const Expr* operation(std::string_view name, const Json& json, const Json& at) {
    const Position position = at.position;
    if (const OperatorName* found = find_operator(kBinaryNames, name)) {
      allow(json, {"left", "right"});
      const Expr* left = expr(part(json, "left"));
      return build_.node(position, found->op, {left, expr(part(json, "right"))});
    }
    if (const OperatorName* found = find_operator(kUnaryNames, name)) {
      allow(json, {"arg"});
      return build_.node(position, found->op, {expr(part(json, "arg"))});
    }
    if (name == "Value") return value(json);
    if (name == "Var") return variable(json);
    if (name == "if-then-else") {
      allow(json, {"if", "then", "else"});
      const Expr* condition = expr(part(json, "if"));
      const Expr* then = expr(part(json, "then"));
      return build_.node(position, Op::kIf, {condition, then, expr(part(json, "else"))});
    }
    if (name == "has") return has(json, position);
    if (name == ".") {
      allow(json, {"left", "attr"});
      const Expr* left = expr(part(json, "left"));
      return build_.named(position, Op::kAttribute, {left}, {text(json, "attr")});
    }
    if (name == "is") return is(json, position);
    if (name == "like") return like(json, position);
    if (name == "Set") return build_.node(position, Op::kSet, exprs(json));
    if (name == "Record") return record(json, position);
    const FunctionInfo* info = find_function(name);
    if (info != nullptr) return call(*info, json, position);
    refuse(at, "there is no operator `" + std::string(name) + '`');
    return nothing();
  }

  const Expr* call(const FunctionInfo& info, const Json& json, Position position) {
    const std::vector<const Expr*> args = exprs(json);
    if (info.method && args.empty()) refuse(json, "a method is called on something");
    return build_.call(position, info.function, args);
  }

  std::vector<const Expr*> exprs(const Json& json) {
    std::vector<const Expr*> all;
    for (const Json& each : list(json)) all.push_back(expr(each));
    return all;
  }

  const Expr* variable(const Json& json) {
    const OperatorName* found =
        json.is(JKind::kString) ? find_operator(kVariableNames, json.text->view()) : nullptr;
    if (found != nullptr) return build_.variable(json.position, found->op);
    refuse(json, "there is no such variable");
    return nothing();
  }

  // One attribute, or a path of several, which are identifiers.
  const Expr* has(const Json& json, Position position) {
    allow(json, {"left", "attr"});
    const Expr* left = expr(part(json, "left"));
    const Json& attributes = part(json, "attr");
    if (!attributes.is(JKind::kArray))
      return build_.named(position, Op::kHas, {left}, {text(json, "attr")});
    std::vector<std::string_view> names;
    for (const Json& each : attributes.elements) {
      if (each.is(JKind::kString) && is_identifier(each.text->view()))
        names.push_back(each.text->view());
      else
        refuse(each, "expected an identifier");
    }
    if (names.empty()) refuse(attributes, "an attribute is missing");
    return names.empty() ? nothing() : build_.named(position, Op::kHas, {left}, names);
  }

  const Expr* is(const Json& json, Position position) {
    allow(json, {"left", "entity_type", "in"});
    const Expr* left = expr(part(json, "left"));
    const std::string_view type = type_name(json);
    const Json* in = json.find("in");
    if (in == nullptr) return build_.named(position, Op::kIs, {left}, {type});
    return build_.named(position, Op::kIs, {left, expr(*in)}, {type});
  }

  const Expr* like(const Json& json, Position position) {
    allow(json, {"left", "pattern"});
    const Expr* left = expr(part(json, "left"));
    std::vector<std::string> pieces(1);
    for (const Json& each : list(part(json, "pattern"))) {
      const Json* literal = each.find("Literal");
      if (each.is(JKind::kString) && each.text->view() == "Wildcard")
        pieces.emplace_back();
      else if (literal != nullptr && literal->is(JKind::kString))
        pieces.back() += literal->text->view();
      else
        refuse(each, "expected \"Wildcard\" or {\"Literal\": …}");
    }
    return build_.like(position, left, pieces);
  }

  const Expr* record(const Json& json, Position position) {
    if (!json.is(JKind::kObject)) refuse(json, "expected an object");
    std::vector<std::string_view> keys;
    std::vector<const Expr*> values;
    for (const JsonMember& each : json.members) {
      keys.push_back(each.key->view());
      values.push_back(expr(each.value));
    }
    return build_.record(position, keys, values);
  }

  // A literal; sets, records and extension values become the expressions that make them.
  const Expr* value(const Json& json) {
    if (error_) return nothing();
    const Position position = json.position;
    if (json.is(JKind::kArray)) {
      std::vector<const Expr*> elements;
      for (const Json& each : json.elements) elements.push_back(value(each));
      return checked(json, build_.node(position, Op::kSet, elements));
    }
    const bool single = json.is(JKind::kObject) && json.members.size() == 1;
    if (single && json.find("__extn") != nullptr) return extension(*json.find("__extn"));
    if (json.is(JKind::kObject) && !(single && json.find("__entity") != nullptr)) {
      std::vector<std::string_view> keys;
      std::vector<const Expr*> values;
      for (const JsonMember& each : json.members) {
        keys.push_back(each.key->view());
        values.push_back(value(each.value));
      }
      return checked(json, build_.record(position, keys, values));
    }
    const auto read = value_from_json(json, nullptr, arena_);
    if (read) return build_.literal(position, copy_value(arena_, *read));
    if (!error_) error_ = read.error();
    return nothing();
  }

  const Expr* extension(const Json& json) {
    const FunctionInfo* info = find_function(text(json, "fn"));
    if (info == nullptr) {
      refuse(json, "there is no such function");
      return nothing();
    }
    std::vector<const Expr*> args;
    if (const Json* several = json.find("args")) {
      for (const Json& each : list(*several)) args.push_back(value(each));
    } else {
      args.push_back(value(part(json, "arg")));
    }
    if (args.empty()) refuse(json, "an argument is missing");
    return checked(json, build_.call(json.position, info->function, args));
  }

  Arena& arena_;
  ExprBuilder build_;
  std::optional<Error> error_;
  Json nothing_;
};

}  // namespace

Result<void> policy_from_json(const Json& json, std::string_view id, PolicySet& into) {
  PolicyReader reader(into.arena());
  const Policy policy = reader.policy(json, id);
  if (reader.error()) return std::unexpected(*reader.error());
  return into.add(policy);
}

namespace {

Result<void> link_from_json(const Json& json, PolicySet& into) {
  const Json* of = json.find("templateId");
  const Json* id = json.find("newId");
  const Json* values = json.find("values");
  if (of == nullptr || !of->is(JKind::kString) || id == nullptr || !id->is(JKind::kString) ||
      values == nullptr)
    return json_error(json, "a link has `templateId`, `newId` and `values`");
  const Uid* principal = nullptr;
  const Uid* resource = nullptr;
  for (const JsonMember& each : values->members) {
    const auto uid = uid_from_json(each.value, into.arena());
    if (!uid) return std::unexpected(uid.error());
    if (each.key->view() == "?principal")
      principal = *uid;
    else if (each.key->view() == "?resource")
      resource = *uid;
    else
      return json_error(each.value, "there is no such slot");
  }
  return into.link(of->text->view(), id->text->view(), principal, resource);
}

Result<void> add_policies(const Json* json, bool templates, PolicySet& into) {
  if (json == nullptr) return {};
  if (!json->is(JKind::kObject)) return json_error(*json, "expected an object");
  for (const JsonMember& each : json->members) {
    const auto added = policy_from_json(each.value, each.key->view(), into);
    if (!added) return added;
    if (into.policies().back()->is_template() != templates)
      return json_error(each.value, templates ? "a template has slots" : "a policy has no slots");
  }
  return {};
}

}  // namespace

Result<PolicySet> policies_from_json(std::string_view text) {
  PolicySet set;
  Arena arena;
  const auto json = parse_json(text, arena);
  if (!json) return std::unexpected(json.error());
  if (!json->is(JKind::kObject)) return json_error(*json, "expected an object");
  for (const JsonMember& each : json->members) {
    const std::string_view key = each.key->view();
    if (key != "staticPolicies" && key != "templates" && key != "templateLinks")
      return json_error(each.value, "`" + std::string(key) + "` has no meaning here");
  }
  for (const bool templates : {false, true}) {
    const Json* policies = json->find(templates ? "templates" : "staticPolicies");
    if (const auto added = add_policies(policies, templates, set); !added)
      return std::unexpected(added.error());
  }
  if (const Json* links = json->find("templateLinks")) {
    for (const Json& each : links->elements) {
      if (const auto linked = link_from_json(each, set); !linked)
        return std::unexpected(linked.error());
    }
  }
  return set;
}

}  // namespace syncline::cedar
