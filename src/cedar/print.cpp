#include "cedar/print.h"

#include <array>
#include <string_view>

namespace syncline::cedar {

namespace {

// How tight operators bind. An operand that binds less tight than its place needs parentheses.
enum Binding { kLoosest, kOrs, kAnds, kComparisons, kSums, kProducts, kUnaries, kMembers };

struct Infix {
  std::string_view mark;
  Binding binding;
};

Infix infix_of(Op op) {
  switch (op) {
    case Op::kOr: return {" || ", kOrs};
    case Op::kAnd: return {" && ", kAnds};
    case Op::kEqual: return {" == ", kComparisons};
    case Op::kNotEqual: return {" != ", kComparisons};
    case Op::kLess: return {" < ", kComparisons};
    case Op::kLessEqual: return {" <= ", kComparisons};
    case Op::kGreater: return {" > ", kComparisons};
    case Op::kGreaterEqual: return {" >= ", kComparisons};
    case Op::kIn: return {" in ", kComparisons};
    case Op::kAdd: return {" + ", kSums};
    case Op::kSubtract: return {" - ", kSums};
    case Op::kMultiply: return {" * ", kProducts};
    default: return {};
  }
}

std::string_view method_of(Op op) {
  switch (op) {
    case Op::kContains: return "contains";
    case Op::kContainsAll: return "containsAll";
    case Op::kContainsAny: return "containsAny";
    case Op::kIsEmpty: return "isEmpty";
    case Op::kGetTag: return "getTag";
    case Op::kHasTag: return "hasTag";
    default: return {};
  }
}

class Printer {
 public:
  explicit Printer(std::string& out) : out_(out) {}

  void expr(const Expr& expr, Binding place) {
    const bool wrapped = binding_of(expr) < place;
    if (wrapped) out_ += '(';
    bare(expr);
    if (wrapped) out_ += ')';
  }

 private:
  static Binding binding_of(const Expr& expr) {
    if (!infix_of(expr.op).mark.empty()) return infix_of(expr.op).binding;
    switch (expr.op) {
      case Op::kIf: return kLoosest;
      case Op::kHas:
      case Op::kLike:
      case Op::kIs: return kComparisons;
      case Op::kNot:
      case Op::kNegate: return kUnaries;
      case Op::kLiteral:
        return expr.value.is(Kind::kLong) && expr.value.number() < 0 ? kUnaries : kMembers;
      default: return kMembers;
    }
  }

  void bare(const Expr& e) {
    if (!infix_of(e.op).mark.empty()) return infix(e);
    switch (e.op) {
      case Op::kLiteral: append_cedar(out_, e.value); break;
      case Op::kPrincipal: out_ += "principal"; break;
      case Op::kAction: out_ += "action"; break;
      case Op::kResource: out_ += "resource"; break;
      case Op::kContext: out_ += "context"; break;
      case Op::kIf: conditional(e); break;
      case Op::kNot: unary('!', *e.args[0]); break;
      case Op::kNegate: unary('-', *e.args[0]); break;
      case Op::kHas: has(e); break;
      case Op::kLike: like(e); break;
      case Op::kIs: is(e); break;
      case Op::kAttribute: attribute(e); break;
      case Op::kSet: list('[', e.args, ']'); break;
      case Op::kRecord: record(e); break;
      case Op::kCall: call(e); break;
      default: method(method_of(e.op), e.args); break;
    }
  }

  void infix(const Expr& e) {
    const Infix infix = infix_of(e.op);
    const bool chains = infix.binding != kComparisons;
    expr(*e.args[0], chains ? infix.binding : kSums);
    out_ += infix.mark;
    expr(*e.args[1], static_cast<Binding>(infix.binding + 1));
  }

  void conditional(const Expr& e) {
    out_ += "if ";
    expr(*e.args[0], kLoosest);
    out_ += " then ";
    expr(*e.args[1], kLoosest);
    out_ += " else ";
    expr(*e.args[2], kLoosest);
  }

  void unary(char mark, const Expr& operand) {
    out_ += mark;
    // `-5` is a number, and `-(5)` is not.
    const bool number = mark == '-' && operand.op == Op::kLiteral;
    if (number) out_ += '(';
    expr(operand, number ? kLoosest : kMembers);
    if (number) out_ += ')';
  }

  void name(std::string_view text) {
    if (is_identifier(text))
      out_ += text;
    else
      append_quoted(out_, text);
  }

  void has(const Expr& e) {
    expr(*e.args[0], kSums);
    out_ += " has ";
    for (std::size_t i = 0; i < e.names.size(); ++i) {
      if (i > 0) out_ += '.';
      name(e.names[i]->view());
    }
  }

  void like(const Expr& e) {
    expr(*e.args[0], kSums);
    std::string pattern;
    for (const PatternPart& part : e.pattern) {
      if (part.wildcard) pattern += '*';
      std::string quoted;
      append_quoted(quoted, part.text->view());
      for (const char c : std::string_view(quoted).substr(1, quoted.size() - 2)) {
        if (c == '*') pattern += '\\';
        pattern += c;
      }
    }
    out_ += " like \"" + pattern + '"';
  }

  void is(const Expr& e) {
    expr(*e.args[0], kSums);
    out_ += " is ";
    out_ += e.names[0]->view();
    if (e.args.size() < 2) return;
    out_ += " in ";
    expr(*e.args[1], kSums);
  }

  void attribute(const Expr& e) {
    expr(*e.args[0], kMembers);
    if (is_identifier(e.names[0]->view())) {
      out_ += '.';
      out_ += e.names[0]->view();
    } else {
      out_ += '[';
      append_quoted(out_, e.names[0]->view());
      out_ += ']';
    }
  }

  void list(char begin, std::span<const Expr* const> args, char end) {
    out_ += begin;
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (i > 0) out_ += ", ";
      expr(*args[i], kLoosest);
    }
    out_ += end;
  }

  void record(const Expr& e) {
    out_ += '{';
    for (std::size_t i = 0; i < e.args.size(); ++i) {
      if (i > 0) out_ += ", ";
      name(e.names[i]->view());
      out_ += ": ";
      expr(*e.args[i], kLoosest);
    }
    out_ += '}';
  }

  void call(const Expr& e) {
    const FunctionInfo& info = info_of(e.function);
    if (info.method) return method(info.name, e.args);
    out_ += info.name;
    list('(', e.args, ')');
  }

  void method(std::string_view name, std::span<const Expr* const> args) {
    expr(*args[0], kMembers);
    out_ += '.';
    out_ += name;
    list('(', args.subspan(1), ')');
  }

  std::string& out_;
};

void append_entity(std::string& out, std::string_view variable, const ScopeRule& rule,
                   const Uid* linked) {
  if (const Uid* uid = linked != nullptr ? linked : rule.uid; uid != nullptr) {
    append_cedar(out, *uid);
  } else {
    out += '?';
    out += variable;
  }
}

void append_rule(std::string& out, std::string_view variable, const ScopeRule& rule,
                 const Uid* linked) {
  using Match = ScopeRule::Match;
  out += variable;
  if (rule.match == Match::kIs || rule.match == Match::kIsIn) {
    out += " is ";
    out += rule.type->view();
  }
  if (rule.match == Match::kAny || rule.match == Match::kIs) return;
  out += rule.match == Match::kEqual ? " == " : " in ";
  append_entity(out, variable, rule, linked);
}

void append_rule(std::string& out, const ActionRule& rule) {
  out += "action";
  if (rule.match == ActionRule::Match::kAny) return;
  out += rule.match == ActionRule::Match::kEqual ? " == " : " in ";
  if (rule.list) out += '[';
  for (std::size_t i = 0; i < rule.uids.size(); ++i) {
    if (i > 0) out += ", ";
    append_cedar(out, *rule.uids[i]);
  }
  if (rule.list) out += ']';
}

std::string policy_text(const Policy& policy, const Uid* principal, const Uid* resource) {
  std::string out;
  for (const Annotation& each : policy.annotations) {
    out += '@';
    out += each.key->view();
    if (each.value != nullptr) {
      out += '(';
      append_quoted(out, each.value->view());
      out += ')';
    }
    out += '\n';
  }
  out += policy.effect == Effect::kPermit ? "permit (" : "forbid (";
  append_rule(out, "principal", policy.principal, principal);
  out += ", ";
  append_rule(out, policy.action);
  out += ", ";
  append_rule(out, "resource", policy.resource, resource);
  out += ')';
  for (const Condition& each : policy.conditions) {
    out += each.unless ? "\nunless { " : "\nwhen { ";
    Printer(out).expr(*each.body, kLoosest);
    out += " }";
  }
  return out += ";\n";
}

}  // namespace

std::string to_cedar(const Expr& expr) {
  std::string out;
  Printer(out).expr(expr, kLoosest);
  return out;
}

std::string to_cedar(const Policy& policy) {
  return policy_text(policy, nullptr, nullptr);
}

std::string to_cedar(const Link& link) {
  return policy_text(*link.of, link.principal, link.resource);
}

std::string to_cedar(const PolicySet& set) {
  std::string out;
  for (const Policy* policy : set.policies()) {
    if (!out.empty()) out += '\n';
    out += to_cedar(*policy);
  }
  return out;
}

}  // namespace syncline::cedar
