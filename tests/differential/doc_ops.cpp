// Runs the operations of doc_ops.mjs through our public functions.

#include "base/utf8.h"
#include "doc_model.h"
#include "syncline/crdt/type_copy.h"

namespace syncline::crdt::differential {
namespace {

using Args = Json::const_iterator;  // at the operation's first argument

std::uint32_t count(const Json& value) {
  return value.get<std::uint32_t>();
}
std::string text(const Json& value) {
  return value.get<std::string>();
}
TypeKind kind(const Json& value) {
  return static_cast<TypeKind>(value.get<int>());
}
Any value(const Json& json) {
  return unpacked(json.get<std::string>());
}

// The name of a new node; only elements and hooks have one.
std::string name(TypeKind kind, const Json& json) {
  const bool named = kind == TypeKind::kXmlElement || kind == TypeKind::kXmlHook;
  return named ? json.get<std::string>() : std::string();
}

std::vector<Any> values(const Json& list) {
  std::vector<Any> out;
  for (const Json& item : list) out.push_back(value(item));
  return out;
}

Attributes attributes(const Json& list) {
  Attributes out;
  if (list.is_null()) return out;
  for (const Json& item : list) out.emplace_back(text(item[0]), value(item[1]));
  return out;
}

Delta delta(const Json& list) {
  Delta out;
  for (const Json& item : list) {
    DeltaOp op{
        .kind = DeltaOp::Kind::kInsert, .length = 0, .text = {}, .values = {}, .attributes = {}};
    if (item.contains("i")) op.text = text(item["i"]);
    if (item.contains("e")) op.values.emplace_back(value(item["e"]));
    if (item.contains("r")) op.kind = DeltaOp::Kind::kRetain, op.length = count(item["r"]);
    if (item.contains("d")) op.kind = DeltaOp::Kind::kDelete, op.length = count(item["d"]);
    if (item.contains("a")) op.attributes = attributes(item["a"]);
    out.push_back(std::move(op));
  }
  return out;
}

Result<void> done(Result<Type> result) {
  if (!result) return std::unexpected(result.error());
  return {};
}

Result<void> run_array(Array array, const std::string& op, Args a) {
  if (op == "ai") return array.insert(count(a[0]), values(a[1]));
  if (op == "ap") return array.push(values(a[0]));
  if (op == "at") return done(array.insert_type(count(a[0]), kind(a[1]), name(kind(a[1]), a[2])));
  if (op == "ad") return array.insert_subdoc(count(a[0]), {text(a[1]), value(a[2])});
  return array.erase(count(a[0]), count(a[1]));
}

Result<void> run_map(Map map, const std::string& op, Args a) {
  const std::string key = text(a[0]);
  if (op == "ms") return map.set(key, value(a[1]));
  if (op == "mt") return done(map.set_type(key, kind(a[1]), name(kind(a[1]), a[2])));
  if (op == "md") return map.set_subdoc(key, {text(a[1]), value(a[2])});
  return map.erase(key);
}

Result<void> run_text(Text target, const std::string& op, Args a) {
  if (op == "ti") return target.insert(count(a[0]), text(a[1]));
  if (op == "ta") return target.insert(count(a[0]), text(a[1]), attributes(a[2]));
  if (op == "tb") return target.insert_embed(count(a[0]), value(a[1]), attributes(a[2]));
  if (op == "tt") return done(target.insert_type(count(a[0]), kind(a[1]), attributes(a[2])));
  if (op == "te") return target.erase(count(a[0]), count(a[1]));
  if (op == "tf") return target.format(count(a[0]), count(a[1]), attributes(a[2]));
  return target.apply_delta(delta(a[0]));
}

Result<void> run_xml(const Type& type, const std::string& op, Args a) {
  const bool is_text = type.kind() == TypeKind::kText || type.kind() == TypeKind::kXmlText;
  if (op == "xs") {
    return is_text ? as<Text>(type).set_attribute(text(a[0]), value(a[1]))
                   : as<XmlElement>(type).set_attribute(text(a[0]), value(a[1]));
  }
  if (op == "xr") {
    return is_text ? as<Text>(type).remove_attribute(text(a[0]))
                   : as<XmlElement>(type).remove_attribute(text(a[0]));
  }
  XmlFragment fragment = as<XmlFragment>(type);
  if (op == "xi") return done(fragment.insert(count(a[0]), kind(a[1]), name(kind(a[1]), a[2])));
  return fragment.erase(count(a[0]), count(a[1]));
}

std::optional<Type> embedded(const Text& target, std::uint32_t index) {
  std::uint32_t position = 0;
  for (const DeltaOp& op : target.to_delta()) {
    if (op.values.empty()) {
      position += static_cast<std::uint32_t>(utf16_length(op.text));
      continue;
    }
    if (position++ != index) continue;
    if (const Type* type = std::get_if<Type>(&op.values.front())) return *type;
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Type> as_type(const std::optional<Value>& value) {
  if (!value) return std::nullopt;
  if (const Type* type = std::get_if<Type>(&*value)) return *type;
  return std::nullopt;
}

std::optional<Type> step_into(const Type& type, const Json& step) {
  switch (type.kind()) {
    case TypeKind::kArray: return as_type(as<Array>(type).get(count(step)));
    case TypeKind::kMap:
    case TypeKind::kXmlHook: return as_type(as<Map>(type).get(text(step)));
    case TypeKind::kText:
    case TypeKind::kXmlText: return embedded(as<Text>(type), count(step));
    default: return as<XmlFragment>(type).get(count(step));
  }
}

Result<void> run_copy(const Type& target, const Type& source, const std::string& op, Args a) {
  const Result<TypeCopy> copy = TypeCopy::of(source);
  if (!copy) return std::unexpected(copy.error());
  if (op == "ac") return done(copy->insert_into(as<Array>(target), count(a[0])));
  if (op == "mc") return done(copy->set_in(as<Map>(target), text(a[0])));
  return done(copy->insert_into(as<XmlFragment>(target), count(a[0])));
}

}  // namespace

Type resolve(Doc& doc, const Json& path) {
  Type type;
  for (const Root& root : kRoots) {
    if (path[0] == root.name) type = get_root(doc, root.name, root.kind);
  }
  for (std::size_t i = 1; i < path.size(); ++i) {
    const std::optional<Type> next = step_into(type, path[i]);
    if (!next) return {};
    type = *next;
  }
  return type;
}

Result<void> run_op(Doc& doc, const Json& op) {
  const std::string code = op[0];
  const Type type = resolve(doc, op[1]);
  if (!type.valid()) return fail(ErrorCode::kNotFound, "no type at " + op[1].dump());
  const Args args = op.begin() + 2;
  if (code[1] == 'c') return run_copy(type, resolve(doc, args[1]), code, args);
  switch (code[0]) {
    case 'a': return run_array(as<Array>(type), code, args);
    case 'm': return run_map(as<Map>(type), code, args);
    case 't': return run_text(as<Text>(type), code, args);
    default: return run_xml(type, code, args);
  }
}

}  // namespace syncline::crdt::differential
