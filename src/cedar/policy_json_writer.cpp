#include <cstddef>

#include "cedar/operator_names.h"
#include "cedar/policy_json.h"
#include "cedar/value_json.h"

namespace syncline::cedar {

namespace {

using Match = ScopeRule::Match;

// Writes nothing more once the text is too large.
class PolicyWriter {
 public:
  void policy(const Policy& policy) {
    out_ += policy.effect == Effect::kPermit ? R"({"effect":"permit")" : R"({"effect":"forbid")";
    out_ += ",\"principal\":";
    rule(policy.principal, "?principal");
    out_ += ",\"action\":";
    rule(policy.action);
    out_ += ",\"resource\":";
    rule(policy.resource, "?resource");
    out_ += ",\"conditions\":[";
    for (const Condition& each : policy.conditions) {
      separate();
      out_ += each.unless ? R"({"kind":"unless","body":)" : R"({"kind":"when","body":)";
      expr(*each.body);
      out_ += '}';
    }
    out_ += ']';
    if (!policy.annotations.empty()) annotations(policy);
    out_ += '}';
  }

  void key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_ += ':';
  }

  void raw(std::string_view text) { out_ += text; }

  void uid(const Uid& uid) {
    out_ += "{\"type\":";
    append_json_string(out_, uid.type->view());
    out_ += ",\"id\":";
    append_json_string(out_, uid.id->view());
    out_ += '}';
  }

  Result<std::string> finish() {
    if (too_large()) return fail(ErrorCode::kTooLarge, "the JSON form of the policy is too large");
    return std::move(out_);
  }

 private:
  bool too_large() const { return out_.size() > kMaxSourceBytes; }

  // A comma, unless something begins here.
  void separate() {
    if (out_.back() != '[' && out_.back() != '{') out_ += ',';
  }

  void annotations(const Policy& policy) {
    out_ += ",\"annotations\":{";
    for (const Annotation& each : policy.annotations) {
      key(each.key->view());
      if (each.value == nullptr)
        out_ += "null";
      else
        append_json_string(out_, each.value->view());
    }
    out_ += '}';
  }

  void entity_or_slot(const ScopeRule& rule, std::string_view slot) {
    if (rule.slot) {
      key("slot");
      append_json_string(out_, slot);
    } else {
      key("entity");
      uid(*rule.uid);
    }
  }

  void rule(const ScopeRule& rule, std::string_view slot) {
    switch (rule.match) {
      case Match::kAny: out_ += R"({"op":"All")"; break;
      case Match::kEqual:
      case Match::kIn:
        out_ += rule.match == Match::kIn ? R"({"op":"in")" : R"({"op":"==")";
        entity_or_slot(rule, slot);
        break;
      case Match::kIs:
      case Match::kIsIn:
        out_ += R"({"op":"is","entity_type":)";
        append_json_string(out_, rule.type->view());
        if (rule.match == Match::kIs) break;
        out_ += ",\"in\":{";
        entity_or_slot(rule, slot);
        out_ += '}';
        break;
    }
    out_ += '}';
  }

  void rule(const ActionRule& rule) {
    if (rule.match == ActionRule::Match::kAny) {
      out_ += R"({"op":"All"})";
      return;
    }
    out_ += rule.match == ActionRule::Match::kIn ? R"({"op":"in")" : R"({"op":"==")";
    if (!rule.list) {
      key("entity");
      uid(*rule.uids[0]);
    } else {
      key("entities");
      out_ += '[';
      for (const Uid* each : rule.uids) {
        separate();
        uid(*each);
      }
      out_ += ']';
    }
    out_ += '}';
  }

  // ---- expressions ----

  void member(std::string_view name, const Expr& e) {
    key(name);
    expr(e);
  }

  void begin(std::string_view op) {
    out_ += '{';
    key(op);
    out_ += '{';
  }

  void expr(const Expr& e) {
    if (too_large()) return;
    if (const std::string_view name = find_name(kBinaryNames, e.op); !name.empty()) {
      begin(name);
      member("left", *e.args[0]);
      member("right", *e.args[1]);
      out_ += "}}";
      return;
    }
    if (const std::string_view name = find_name(kUnaryNames, e.op); !name.empty()) {
      begin(name);
      member("arg", *e.args[0]);
      out_ += "}}";
      return;
    }
    other(e);
  }

  void other(const Expr& e) {
    switch (e.op) {
      case Op::kLiteral:
        out_ += "{\"Value\":";
        append_json(out_, e.value);
        out_ += '}';
        break;
      case Op::kIf:
        begin("if-then-else");
        member("if", *e.args[0]);
        member("then", *e.args[1]);
        member("else", *e.args[2]);
        out_ += "}}";
        break;
      case Op::kHas: has(e); break;
      case Op::kAttribute:
        begin(".");
        member("left", *e.args[0]);
        attribute(*e.names[0]);
        break;
      case Op::kLike: like(e); break;
      case Op::kIs:
        begin("is");
        member("left", *e.args[0]);
        key("entity_type");
        append_json_string(out_, e.names[0]->view());
        if (e.args.size() > 1) member("in", *e.args[1]);
        out_ += "}}";
        break;
      case Op::kSet:
      case Op::kCall:
        out_ += '{';
        key(e.op == Op::kSet ? "Set" : info_of(e.function).name);
        list(e);
        out_ += '}';
        break;
      case Op::kRecord:
        begin("Record");
        for (std::size_t i = 0; i < e.args.size(); ++i) member(e.names[i]->view(), *e.args[i]);
        out_ += "}}";
        break;
      default:
        out_ += "{\"Var\":";
        append_json_string(out_, find_name(kVariableNames, e.op));
        out_ += '}';
    }
  }

  void list(const Expr& e) {
    out_ += '[';
    for (const Expr* each : e.args) {
      separate();
      expr(*each);
    }
    out_ += ']';
  }

  void attribute(const Text& name) {
    key("attr");
    append_json_string(out_, name.view());
    out_ += "}}";
  }

  void has(const Expr& e) {
    begin("has");
    member("left", *e.args[0]);
    if (e.names.size() == 1) return attribute(*e.names[0]);
    key("attr");
    out_ += '[';
    for (const Text* each : e.names) {
      separate();
      append_json_string(out_, each->view());
    }
    out_ += "]}}";
  }

  void like(const Expr& e) {
    begin("like");
    member("left", *e.args[0]);
    key("pattern");
    out_ += '[';
    for (const PatternPart& part : e.pattern) {
      if (part.wildcard) {
        separate();
        out_ += "\"Wildcard\"";
      }
      if (part.text->size == 0) continue;
      separate();
      out_ += "{\"Literal\":";
      append_json_string(out_, part.text->view());
      out_ += '}';
    }
    out_ += "]}}";
  }

  std::string out_;
};

}  // namespace

Result<std::string> to_json(const Policy& policy) {
  PolicyWriter writer;
  writer.policy(policy);
  return writer.finish();
}

Result<std::string> to_json(const PolicySet& set) {
  PolicyWriter writer;
  for (const bool templates : {false, true}) {
    writer.raw(templates ? "},\"templates\":{" : "{\"staticPolicies\":{");
    for (const Policy* each : set.policies()) {
      if (each->is_template() != templates) continue;
      writer.key(each->id->view());
      writer.policy(*each);
    }
  }
  writer.raw("},\"templateLinks\":[");
  for (const Link* each : set.links()) {
    writer.raw(each == set.links().front() ? "{\"templateId\":" : ",{\"templateId\":");
    std::string id;
    append_json_string(id, each->of->id->view());
    id += ",\"newId\":";
    append_json_string(id, each->id->view());
    writer.raw(id + ",\"values\":{");
    if (each->principal != nullptr) {
      writer.key("?principal");
      writer.uid(*each->principal);
    }
    if (each->resource != nullptr) {
      writer.key("?resource");
      writer.uid(*each->resource);
    }
    writer.raw("}}");
  }
  writer.raw("]}");
  return writer.finish();
}

}  // namespace syncline::cedar
