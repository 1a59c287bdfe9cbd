#include "merge/doc_restore.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "crdt/engine.h"
#include "crdt/format_weight.h"
#include "merge/doc_roots.h"
#include "syncline/crdt/type_copy.h"

namespace syncline::merge {
namespace {

using crdt::Any;
using crdt::Array;
using crdt::Map;
using crdt::Text;
using crdt::Type;
using crdt::TypeKind;
using crdt::Value;
using crdt::XmlFragment;

// `depth` counts maps inside maps. A document may nest any number of them.
Result<void> restore_type(const Type& now, const Type& then, int depth);

std::string shown(const Value& value) {
  if (const auto* any = std::get_if<Any>(&value)) return "v" + crdt::to_json(*any);
  if (const auto* type = std::get_if<Type>(&value)) {
    const std::string kind(1, static_cast<char>('A' + static_cast<int>(type->kind())));
    // Compares this too, because JSON omits the formats of texts and the names of elements.
    const std::string more = type->kind() == TypeKind::kText
                                 ? std::to_string(crdt::as<Text>(*type).to_delta().size())
                                 : "";
    return "t" + kind + more + crdt::to_json(type->to_json());
  }
  return "d" + std::get<crdt::Subdoc>(value).guid;
}

// The number of elements that two sequences have in common at each end.
struct Common {
  std::size_t front = 0;
  std::size_t back = 0;
};

template <typename Sequence>
Common common_ends(const Sequence& a, const Sequence& b) {
  Common common;
  const std::size_t shorter = std::min(a.size(), b.size());
  while (common.front < shorter && a[common.front] == b[common.front]) ++common.front;
  while (common.back < shorter - common.front &&
         a[a.size() - 1 - common.back] == b[b.size() - 1 - common.back])
    ++common.back;
  return common;
}

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

std::uint32_t units_of(std::string_view text) {
  std::uint32_t units = 0;
  for (const char byte : text) {
    if (!continues_character(byte)) ++units;
    if ((static_cast<unsigned char>(byte) & 0xf8) == 0xf0) ++units;  // a surrogate pair
  }
  return units;
}

bool is_plain(const crdt::Delta& delta) {
  return std::ranges::all_of(
      delta, [](const crdt::DeltaOp& op) { return op.values.empty() && op.attributes.empty(); });
}

Result<void> restore_plain(Text now, const std::string& old_text, const std::string& new_text) {
  Common common = common_ends(old_text, new_text);
  const auto inside = [&](std::size_t at) {
    return (at < old_text.size() && continues_character(old_text[at])) ||
           (at < new_text.size() && continues_character(new_text[at]));
  };
  while (common.front > 0 && inside(common.front)) --common.front;
  while (common.back > 0 && continues_character(old_text[old_text.size() - common.back]))
    --common.back;
  const auto middle = [&](const std::string& text) {
    return std::string_view(text).substr(common.front, text.size() - common.front - common.back);
  };
  const std::uint32_t at = units_of(std::string_view(old_text).substr(0, common.front));
  if (const auto gone = units_of(middle(old_text)); gone > 0) {
    if (auto done = now.erase(at, gone); !done) return done;
  }
  return middle(new_text).empty() ? Result<void>() : now.insert(at, middle(new_text), {});
}

bool same_delta(const crdt::Delta& a, const crdt::Delta& b) {
  return std::ranges::equal(a, b, [](const crdt::DeltaOp& x, const crdt::DeltaOp& y) {
    const auto values = [](const crdt::DeltaOp& op) {
      std::string all;
      for (const Value& value : op.values) all += shown(value);
      return all;
    };
    const auto attributes = [](const crdt::DeltaOp& op) {
      return crdt::to_json(Any(Any::Object(op.attributes.begin(), op.attributes.end())));
    };
    return x.text == y.text && values(x) == values(y) && attributes(x) == attributes(y);
  });
}

Result<void> restore_text(Text now, const Text& then) {
  const crdt::Delta from = now.to_delta();
  const crdt::Delta to = then.to_delta();
  if (is_plain(from) && is_plain(to)) return restore_plain(now, now.to_string(), then.to_string());
  if (same_delta(from, to)) return {};
  for (const crdt::DeltaOp& op : to) {
    const bool shared = std::ranges::any_of(
        op.values, [](const Value& value) { return !std::holds_alternative<Any>(value); });
    if (shared)
      return fail(ErrorCode::kUnsupported, "a text that embeds shared types cannot be restored");
  }
  if (now.length() > 0) {
    if (auto done = now.erase(0, now.length()); !done) return done;
  }
  return now.apply_delta(to);
}

template <typename Sequence>
Result<void> put_value(Sequence now, std::uint32_t at, const Value& value) {
  if (const auto* type = std::get_if<Type>(&value)) {
    auto copy = crdt::TypeCopy::of(*type);
    if (!copy) return std::unexpected(std::move(copy.error()));
    auto put = copy->insert_into(now, at);
    if (!put) return std::unexpected(std::move(put.error()));
    return {};
  }
  if constexpr (std::is_same_v<Sequence, Array>) {
    if (const auto* any = std::get_if<Any>(&value)) return now.insert(at, {*any});
    return now.insert_subdoc(at, std::get<crdt::Subdoc>(value));
  }
  return {};
}

template <typename Sequence>
Result<void> restore_sequence(Sequence now, const std::vector<Value>& from,
                              const std::vector<Value>& to) {
  std::vector<std::string> old_shown;
  std::vector<std::string> new_shown;
  for (const Value& value : from) old_shown.push_back(shown(value));
  for (const Value& value : to) new_shown.push_back(shown(value));
  const Common common = common_ends(old_shown, new_shown);
  const std::size_t gone = from.size() - common.front - common.back;
  const auto at = static_cast<std::uint32_t>(common.front);
  if (gone > 0) {
    if (auto done = now.erase(at, static_cast<std::uint32_t>(gone)); !done) return done;
  }
  for (std::size_t i = common.front; i < to.size() - common.back; ++i) {
    auto done = put_value(now, static_cast<std::uint32_t>(i), to[i]);
    if (!done) return done;
  }
  return {};
}

std::vector<Value> children_of(const XmlFragment& fragment) {
  std::vector<Value> children;
  for (const Type& child : fragment.children()) children.emplace_back(child);
  return children;
}

Result<void> restore_key(Map now, const std::string& key, const Value& value, int depth) {
  const auto present = now.get(key);
  if (present && shown(*present) == shown(value)) return {};
  if (const auto* any = std::get_if<Any>(&value)) return now.set(key, *any);
  if (const auto* subdoc = std::get_if<crdt::Subdoc>(&value)) return now.set_subdoc(key, *subdoc);
  const Type& type = std::get<Type>(value);
  const auto* old = present ? std::get_if<Type>(&*present) : nullptr;
  if (old != nullptr && old->kind() == type.kind()) return restore_type(*old, type, depth + 1);
  auto copy = crdt::TypeCopy::of(type);
  if (!copy) return std::unexpected(std::move(copy.error()));
  auto put = copy->set_in(now, key);
  if (!put) return std::unexpected(std::move(put.error()));
  return {};
}

Result<void> restore_map(Map now, const Map& then, int depth) {
  for (const std::string& key : now.keys()) {
    if (then.has(key)) continue;
    if (auto done = now.erase(key); !done) return done;
  }
  for (const auto& [key, value] : then.entries()) {
    if (auto done = restore_key(now, key, value, depth); !done) return done;
  }
  return {};
}

Result<void> restore_type(const Type& now, const Type& then, int depth) {
  if (depth > crdt::kMaxAnyDepth)
    return fail(ErrorCode::kTooLarge, "maps are nested too deep to be restored");
  switch (then.kind()) {
    case TypeKind::kMap:
    case TypeKind::kXmlHook: return restore_map(crdt::as<Map>(now), crdt::as<Map>(then), depth);
    case TypeKind::kText:
    case TypeKind::kXmlText: return restore_text(crdt::as<Text>(now), crdt::as<Text>(then));
    case TypeKind::kXmlElement:
    case TypeKind::kXmlFragment:
      return restore_sequence(crdt::as<XmlFragment>(now), children_of(crdt::as<XmlFragment>(now)),
                              children_of(crdt::as<XmlFragment>(then)));
    default:
      return restore_sequence(crdt::as<Array>(now), crdt::as<Array>(now).values(),
                              crdt::as<Array>(then).values());
  }
}

Result<void> restore_root(crdt::Doc& now, crdt::Doc& then, const std::string& name) {
  const auto then_kind = root_kind(then, name);
  const auto now_kind = root_kind(now, name);
  if (!then_kind && !now_kind) return {};
  // A root without visible content takes the kind of the other.
  const TypeKind kind = then_kind.value_or(now_kind.value_or(TypeKind::kArray));
  if (then_kind && now_kind && *then_kind != *now_kind)
    return fail(ErrorCode::kUnsupported, "the root '" + name + "' was of another kind then");
  return restore_type(named_root(now, name, kind), named_root(then, name, kind), 0);
}

// Texts are compared and written as deltas, in which each run carries all its active formats. So
// the formats must be limited.
constexpr std::size_t kMaxFormatBytes = std::size_t{32} << 20;
constexpr std::size_t kMaxActiveFormats = 256;

Result<void> check_formats(const crdt::Engine& engine) {
  std::size_t bytes = 0;
  for (crdt::TypeIndex type = 0; type < engine.store.types.size(); ++type) {
    if (engine.is_deleted(type)) continue;
    const crdt::FormatWeight weight = crdt::format_weight(engine, type, kMaxFormatBytes);
    bytes += weight.bytes;
    if (bytes > kMaxFormatBytes || weight.active > kMaxActiveFormats)
      return fail(ErrorCode::kTooLarge, "a text has too many formats to be restored");
  }
  return {};
}

}  // namespace

Result<Bytes> restoring_update(ByteView now, crdt::Doc& then, crdt::ClientId client) {
  crdt::Doc doc({.client_id = client, .clean_formats = false});
  if (auto applied = doc.apply_update(now); !applied)
    return std::unexpected(std::move(applied.error()));
  std::set<std::string> names;
  for (crdt::Doc* each : {&doc, &then}) {
    if (auto ok = check_formats(each->engine()); !ok) return std::unexpected(std::move(ok.error()));
    for (const Type& root : each->roots()) names.insert(root.path().root);
  }
  Result<void> restored;
  Bytes update;
  const auto token =
      doc.on_update([&](const crdt::UpdateEvent& event) { update = to_bytes(event.update()); });
  doc.transact([&] {
    for (const std::string& name : names) {
      if (restored) restored = restore_root(doc, then, name);
    }
  });
  doc.off(token);
  if (!restored) return std::unexpected(std::move(restored.error()));
  return update.empty() ? Bytes{0, 0} : update;
}

}  // namespace syncline::merge
