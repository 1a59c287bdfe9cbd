#include "cedar/value.h"

#include <algorithm>
#include <charconv>

#include "cedar/extensions.h"

namespace syncline::cedar {

namespace {

constexpr std::size_t kFewFields = 8;

template <typename T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

int compare_sets(const Set& a, const Set& b) {
  if (&a == &b) return 0;
  if (a.hash != b.hash) return a.hash < b.hash ? -1 : 1;
  if (a.elements.size() != b.elements.size())
    return three_way(a.elements.size(), b.elements.size());
  for (std::size_t i = 0; i < a.elements.size(); ++i) {
    if (const int order = compare(a.elements[i], b.elements[i]); order != 0) return order;
  }
  return 0;
}

int compare_records(const Record& a, const Record& b) {
  if (&a == &b) return 0;
  if (a.hash != b.hash) return a.hash < b.hash ? -1 : 1;
  if (a.fields.size() != b.fields.size()) return three_way(a.fields.size(), b.fields.size());
  for (std::size_t i = 0; i < a.fields.size(); ++i) {
    if (const int order = compare(*a.fields[i].key, *b.fields[i].key); order != 0) return order;
    if (const int order = compare(a.fields[i].value, b.fields[i].value); order != 0) return order;
  }
  return 0;
}

int compare_ips(const Ip& a, const Ip& b) {
  if (a.v6 != b.v6) return a.v6 ? 1 : -1;
  if (a.prefix != b.prefix) return three_way(a.prefix, b.prefix);
  return three_way(a.address, b.address);
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kNone: return "nothing";
    case Kind::kBool: return "bool";
    case Kind::kLong: return "long";
    case Kind::kString: return "string";
    case Kind::kEntity: return "entity";
    case Kind::kSet: return "set";
    case Kind::kRecord: return "record";
    case Kind::kDecimal: return "decimal";
    case Kind::kDatetime: return "datetime";
    case Kind::kDuration: return "duration";
    case Kind::kIp: return "ipaddr";
  }
  return "";
}

int compare(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return three_way(a.kind(), b.kind());
  switch (a.kind()) {
    case Kind::kString: return compare(a.text(), b.text());
    case Kind::kEntity: return compare(a.uid(), b.uid());
    case Kind::kSet: return compare_sets(a.set(), b.set());
    case Kind::kRecord: return compare_records(a.record(), b.record());
    case Kind::kIp: return compare_ips(a.ip(), b.ip());
    default: return three_way(a.number(), b.number());
  }
}

std::uint64_t hash_of(const Value& value) {
  const auto kind = static_cast<std::uint64_t>(value.kind());
  switch (value.kind()) {
    case Kind::kString: return join_hashes(kind, value.text().hash);
    case Kind::kEntity: return join_hashes(kind, value.uid().hash);
    case Kind::kSet: return join_hashes(kind, value.set().hash);
    case Kind::kRecord: return join_hashes(kind, value.record().hash);
    case Kind::kIp: {
      const Ip& ip = value.ip();
      const std::string_view bytes(reinterpret_cast<const char*>(ip.address.data()),
                                   ip.address.size());
      return join_hashes(kind + (std::uint64_t{ip.prefix} << 8) + (std::uint64_t{ip.v6} << 16),
                         hash_of(bytes));
    }
    default: return join_hashes(kind, static_cast<std::uint64_t>(value.number()));
  }
}

bool Set::contains(const Value& value) const {
  if (elements.size() <= kFewFields) {
    return std::ranges::any_of(elements, [&](const Value& each) { return same(each, value); });
  }
  return std::ranges::binary_search(
      elements, value, [](const Value& a, const Value& b) { return compare(a, b) < 0; });
}

const Value* Record::find(const Text& key) const {
  if (fields.size() <= kFewFields) {
    for (const Field& field : fields) {
      if (same(*field.key, key)) return &field.value;
    }
    return nullptr;
  }
  const auto at = std::ranges::lower_bound(
      fields, key, [](const Text& a, const Text& b) { return compare(a, b) < 0; },
      [](const Field& field) -> const Text& { return *field.key; });
  return at != fields.end() && same(*at->key, key) ? &at->value : nullptr;
}

const Set* make_set_in_place(Arena& arena, std::span<Value> elements) {
  std::ranges::sort(elements, [](const Value& a, const Value& b) { return compare(a, b) < 0; });
  const auto rest =
      std::ranges::unique(elements, [](const Value& a, const Value& b) { return same(a, b); });
  const std::span<const Value> distinct = elements.first(elements.size() - rest.size());
  std::uint64_t hash = distinct.size();
  for (const Value& each : distinct) hash = join_hashes(hash, hash_of(each));
  return arena.make<Set>(hash, distinct);
}

const Set* make_set(Arena& arena, std::vector<Value> elements) {
  const std::span<Value> kept = arena.array<Value>(elements.size());
  std::ranges::copy(elements, kept.begin());
  return make_set_in_place(arena, kept);
}

const Record* make_record_in_place(Arena& arena, std::span<Field> fields) {
  std::ranges::sort(fields,
                    [](const Field& a, const Field& b) { return compare(*a.key, *b.key) < 0; });
  std::uint64_t hash = fields.size();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0 && same(*fields[i - 1].key, *fields[i].key)) return nullptr;
    hash = join_hashes(join_hashes(hash, fields[i].key->hash), hash_of(fields[i].value));
  }
  return arena.make<Record>(hash, std::span<const Field>(fields));
}

const Record* make_record(Arena& arena, std::vector<Field> fields) {
  const std::span<Field> kept = arena.array<Field>(fields.size());
  std::ranges::copy(fields, kept.begin());
  return make_record_in_place(arena, kept);
}

const Uid* copy_uid(Arena& arena, const Uid& uid) {
  return make_uid(arena, uid.type->view(), uid.id->view());
}

Value copy_value(Arena& arena, const Value& value) {
  switch (value.kind()) {
    case Kind::kString: return make_string(arena, value.text().view());
    case Kind::kEntity: return Value::of(copy_uid(arena, value.uid()));
    case Kind::kIp: return Value::of(arena.make<Ip>(value.ip()));
    case Kind::kSet: {
      const std::span<Value> elements = arena.array<Value>(value.set().elements.size());
      for (std::size_t i = 0; i < elements.size(); ++i)
        elements[i] = copy_value(arena, value.set().elements[i]);
      return Value::of(arena.make<Set>(value.set().hash, std::span<const Value>(elements)));
    }
    case Kind::kRecord: {
      const std::span<const Field> from = value.record().fields;
      const std::span<Field> fields = arena.array<Field>(from.size());
      for (std::size_t i = 0; i < fields.size(); ++i)
        fields[i] = {make_text(arena, from[i].key->view()), copy_value(arena, from[i].value)};
      return Value::of(arena.make<Record>(value.record().hash, std::span<const Field>(fields)));
    }
    default: return value;
  }
}

// ---- as text ----

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\0': out += "\\0"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += "\\u{";
          out += kHex[static_cast<unsigned char>(c) >> 4];
          out += kHex[static_cast<unsigned char>(c) & 15];
          out += '}';
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_cedar(std::string& out, const Uid& uid) {
  out += uid.type->view();
  out += "::";
  append_quoted(out, uid.id->view());
}

namespace {

void append_call(std::string& out, std::string_view function, const std::string& argument) {
  out += function;
  out += "(\"";
  out += argument;
  out += "\")";
}

void append_record(std::string& out, const Record& record) {
  std::vector<const Field*> fields;
  for (const Field& field : record.fields) fields.push_back(&field);
  std::ranges::sort(fields, {}, [](const Field* field) { return field->key->view(); });
  out += '{';
  for (const Field* field : fields) {
    if (field != fields.front()) out += ", ";
    append_quoted(out, field->key->view());
    out += ": ";
    append_cedar(out, field->value);
  }
  out += '}';
}

void append_set(std::string& out, const Set& set) {
  // In an order that does not depend on hashes.
  std::vector<std::string> elements;
  for (const Value& each : set.elements) elements.push_back(to_cedar(each));
  std::ranges::sort(elements);
  out += '[';
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out += ", ";
    out += elements[i];
  }
  out += ']';
}

}  // namespace

void append_cedar(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Kind::kNone: out += "nothing"; break;
    case Kind::kBool: out += value.flag() ? "true" : "false"; break;
    case Kind::kLong: out += std::to_string(value.number()); break;
    case Kind::kString: append_quoted(out, value.text().view()); break;
    case Kind::kEntity: append_cedar(out, value.uid()); break;
    case Kind::kSet: append_set(out, value.set()); break;
    case Kind::kRecord: append_record(out, value.record()); break;
    case Kind::kDecimal: append_call(out, "decimal", decimal_to_text(value.number())); break;
    case Kind::kDuration: append_call(out, "duration", duration_to_text(value.number())); break;
    case Kind::kIp: append_call(out, "ip", ip_to_text(value.ip())); break;
    case Kind::kDatetime:
      // Not every instant has a date of four digits.
      out += "datetime(\"1970-01-01\").offset(";
      append_call(out, "duration", duration_to_text(value.number()));
      out += ')';
      break;
  }
}

std::string to_cedar(const Value& value) {
  std::string out;
  append_cedar(out, value);
  return out;
}

std::string to_cedar(const Uid& uid) {
  std::string out;
  append_cedar(out, uid);
  return out;
}

}  // namespace syncline::cedar
