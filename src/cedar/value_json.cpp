#include "cedar/value_json.h"

#include <vector>

#include "cedar/expr_builder.h"

namespace syncline::cedar {

namespace {

using JKind = Json::Kind;

// Values that are made by a method of another, as the formats write them.
Result<Value> called(const Json& at, const FunctionInfo& info, std::span<const Value> args,
                     Arena& arena) {
  ExprBuilder build(arena);
  std::vector<const Expr*> literals;
  for (const Value& each : args) literals.push_back(build.literal(at.position, each));
  const Uid* nobody = make_uid(arena, "", "");
  const Request request{nobody, nobody, nobody, nullptr};
  const Entities none;
  return Evaluator(request, none, arena)
      .evaluate(*build.call(at.position, info.function, literals));
}

Result<Value> extension_from_json(const Json& json, Arena& arena) {
  const Json* name = json.find("fn");
  const Json* arg = json.find("arg");
  const Json* list = json.find("args");
  if (name == nullptr || !name->is(JKind::kString) || (arg == nullptr) == (list == nullptr))
    return json_error(json, "an extension value has `fn` and `arg`");
  const FunctionInfo* info = find_function(name->text->view());
  if (info == nullptr)
    return json_error(*name, "there is no function `" + std::string(name->text->view()) + '`');
  std::vector<Value> args;
  const auto add = [&](const Json& each) -> Result<void> {
    auto value = value_from_json(each, nullptr, arena);
    if (!value) return std::unexpected(value.error());
    args.push_back(*value);
    return {};
  };
  if (arg != nullptr) {
    if (const auto added = add(*arg); !added) return std::unexpected(added.error());
  } else {
    for (const Json& each : list->elements) {
      if (const auto added = add(each); !added) return std::unexpected(added.error());
    }
  }
  return called(json, *info, args, arena);
}

Result<Value> set_from_json(const Json& json, const Type* element, Arena& arena) {
  const std::span<Value> elements = arena.array<Value>(json.elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    auto value = value_from_json(json.elements[i], element, arena);
    if (!value) return value;
    elements[i] = *value;
  }
  return Value::of(make_set_in_place(arena, elements));
}

Result<Value> record_from_json(const Json& json, const Type* expected, Arena& arena) {
  const std::span<Field> fields = arena.array<Field>(json.members.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const JsonMember& member = json.members[i];
    const AttributeType* attribute =
        expected == nullptr ? nullptr : find_attribute(*expected, *member.key);
    auto value =
        value_from_json(member.value, attribute == nullptr ? nullptr : attribute->type, arena);
    if (!value) return value;
    fields[i] = {member.key, *value};
  }
  return Value::of(make_record_in_place(arena, fields));
}

// An object with a single member, which is one of the escapes.
const Json* escaped(const Json& json, std::string_view key) {
  return json.members.size() == 1 ? json.find(key) : nullptr;
}

}  // namespace

Result<const Uid*> uid_from_json(const Json& json, Arena& arena) {
  const Json* inner = escaped(json, "__entity");
  const Json& from = inner == nullptr ? json : *inner;
  const Json* type = from.find("type");
  const Json* id = from.find("id");
  if (type == nullptr || id == nullptr || !type->is(JKind::kString) || !id->is(JKind::kString))
    return json_error(json, "an entity has `type` and `id`");
  if (!is_type_name(type->text->view())) return json_error(*type, "this is no type of entities");
  return make_uid(arena, type->text, id->text);
}

Result<Value> value_from_json(const Json& json, const Type* expected, Arena& arena) {
  switch (json.kind) {
    case JKind::kNull: return json_error(json, "the language has no null");
    case JKind::kFraction: return json_error(json, "this is no whole number of 64 bits");
    case JKind::kBool: return Value::of(json.flag);
    case JKind::kInteger: return Value::of(json.number);
    case JKind::kString:
      if (expected != nullptr && expected->is(Type::Form::kExtension)) {
        for (const Function each :
             {Function::kDecimal, Function::kIp, Function::kDatetime, Function::kDuration}) {
          if (info_of(each).result != expected->extension) continue;
          if (const Value made = construct(arena, each, json.text->view())) return made;
          return json_error(json, "this is no " + to_string(*expected));
        }
      }
      return Value::of(json.text);
    case JKind::kArray:
      return set_from_json(
          json, expected != nullptr && expected->is(Type::Form::kSet) ? expected->element : nullptr,
          arena);
    case JKind::kObject: break;
  }
  if (const Json* inner = escaped(json, "__extn")) return extension_from_json(*inner, arena);
  if (escaped(json, "__expr") != nullptr)
    return json_error(json, "`__expr` is not supported any more");
  if (escaped(json, "__entity") != nullptr ||
      (expected != nullptr && expected->is(Type::Form::kEntity))) {
    const auto uid = uid_from_json(json, arena);
    if (!uid) return std::unexpected(uid.error());
    return Value::of(*uid);
  }
  if (expected != nullptr && expected->is(Type::Form::kExtension) && json.find("fn") != nullptr)
    return extension_from_json(json, arena);
  return record_from_json(
      json, expected != nullptr && expected->is(Type::Form::kRecord) ? expected : nullptr, arena);
}

// ---- as text ----

namespace {

void append_uid_json(std::string& out, const Uid& uid) {
  out += "{\"type\":";
  append_json_string(out, uid.type->view());
  out += ",\"id\":";
  append_json_string(out, uid.id->view());
  out += '}';
}

void append_extension_json(std::string& out, std::string_view function, std::string_view text) {
  out += "{\"__extn\":{\"fn\":";
  append_json_string(out, function);
  out += ",\"arg\":";
  append_json_string(out, text);
  out += "}}";
}

}  // namespace

void append_json(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Kind::kNone: out += "null"; break;
    case Kind::kBool: out += value.flag() ? "true" : "false"; break;
    case Kind::kLong: out += std::to_string(value.number()); break;
    case Kind::kString: append_json_string(out, value.text().view()); break;
    case Kind::kEntity:
      out += "{\"__entity\":";
      append_uid_json(out, value.uid());
      out += '}';
      break;
    case Kind::kSet:
      out += '[';
      for (const Value& each : value.set().elements) {
        if (&each != value.set().elements.data()) out += ',';
        append_json(out, each);
      }
      out += ']';
      break;
    case Kind::kRecord:
      out += '{';
      for (const Field& each : value.record().fields) {
        if (&each != value.record().fields.data()) out += ',';
        append_json_string(out, each.key->view());
        out += ':';
        append_json(out, each.value);
      }
      out += '}';
      break;
    case Kind::kDecimal:
      append_extension_json(out, "decimal", decimal_to_text(value.number()));
      break;
    case Kind::kDuration:
      append_extension_json(out, "duration", duration_to_text(value.number()));
      break;
    case Kind::kIp: append_extension_json(out, "ip", ip_to_text(value.ip())); break;
    case Kind::kDatetime:
      // Not every instant has a date of four digits.
      out += R"({"__extn":{"fn":"offset","args":[)";
      append_extension_json(out, "datetime", "1970-01-01");
      out += ',';
      append_extension_json(out, "duration", duration_to_text(value.number()));
      out += "]}}";
      break;
  }
}

std::string to_json(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace syncline::cedar
