// The content of a document as a plain tree, for comparison. It is either read from a document, or
// kept up to date only from the events of observers.
//
// A sequence consists of cells: elements, UTF-16 units of text, embeds. Orders that may differ
// between replicas (keys, attributes) are sorted.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "check.h"
#include "crdt/packed.h"
#include "syncline/crdt/types.h"

namespace syncline::crdt::fuzz {

struct Tree;

struct Cell {
  std::string value;  // packed; a unit of text; a subdocument's guid; empty for a nested type
  std::map<std::string, std::string> attributes;
  std::shared_ptr<Tree> nested;

  bool operator==(const Cell& other) const;
};

struct Tree {
  TypeKind kind = TypeKind::kUndefined;
  std::string name;  // elements and hooks
  std::vector<Cell> cells;
  std::map<std::string, Cell> keys;

  bool operator==(const Tree&) const = default;
};

inline bool Cell::operator==(const Cell& other) const {
  if (value != other.value || attributes != other.attributes) return false;
  if (nested == nullptr || other.nested == nullptr) return nested == other.nested;
  return *nested == *other.nested;
}

Tree read_tree(const Type& type);

// Applies to the tree of an observed type what an event reports. Events do not contain the values
// of keys or the content of new nested types; these are read from the document during the call.
void apply_event(Tree& tree, const TypeEvent& event);

// Collects the guids of the subdocuments in the tree.
void collect_subdocs(const Tree& tree, std::map<std::string, int>& guids);

std::string print(const Tree& tree, int depth = 0);

inline std::string packed(const Any& value) {
  return std::string(as_text(pack(value)));
}

inline Cell cell_of(const Value& value) {
  if (const Any* any = std::get_if<Any>(&value)) return {.value = "=" + packed(*any)};
  if (const Subdoc* subdoc = std::get_if<Subdoc>(&value)) return {.value = "#" + subdoc->guid};
  return {.nested = std::make_shared<Tree>(read_tree(std::get<Type>(value)))};
}

inline void add_units(std::string_view text, const std::map<std::string, std::string>& attributes,
                      std::vector<Cell>& out) {
  // Both halves of a surrogate pair contain the character. These tests do not split pairs.
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const std::string character(text.substr(i, bytes));
    for (int units = bytes == 4 ? 2 : 1; units > 0; --units)
      out.push_back({.value = character, .attributes = attributes});
    i += bytes;
  }
}

inline std::map<std::string, std::string> packed(const Attributes& attributes) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : attributes) out[key] = packed(value);
  return out;
}

inline std::vector<Cell> inserted_cells(const DeltaOp& op) {
  std::vector<Cell> out;
  const auto attributes = packed(op.attributes);
  add_units(op.text, attributes, out);
  for (const Value& value : op.values) {
    out.push_back(cell_of(value));
    out.back().attributes = attributes;
  }
  return out;
}

inline void read_text(const Text& text, Tree& tree) {
  for (const DeltaOp& op : text.to_delta()) {
    FUZZ_CHECK(op.kind == DeltaOp::Kind::kInsert);
    for (Cell& cell : inserted_cells(op)) tree.cells.push_back(std::move(cell));
  }
  for (const auto& [key, value] : text.attributes()) tree.keys[key] = cell_of(value);
}

inline Tree read_tree(const Type& type) {
  Tree tree{.kind = type.kind()};
  const auto read_keys = [&](const auto& entries) {
    for (const auto& [key, value] : entries) tree.keys[key] = cell_of(value);
  };
  switch (type.kind()) {
    case TypeKind::kArray:
      for (const Value& value : as<Array>(type).values()) tree.cells.push_back(cell_of(value));
      break;
    case TypeKind::kXmlHook: tree.name = as<XmlHook>(type).hook_name(); [[fallthrough]];
    case TypeKind::kMap: read_keys(as<Map>(type).entries()); break;
    case TypeKind::kText:
    case TypeKind::kXmlText: read_text(as<Text>(type), tree); break;
    case TypeKind::kXmlElement:
      tree.name = as<XmlElement>(type).node_name();
      read_keys(as<XmlElement>(type).attributes());
      [[fallthrough]];
    case TypeKind::kXmlFragment:
      for (const Type& child : as<XmlFragment>(type).children())
        tree.cells.push_back(cell_of(Value(child)));
      break;
    case TypeKind::kUndefined: break;
  }
  return tree;
}

inline Tree& at_path(Tree& tree, const Path& path) {
  Tree* at = &tree;
  for (const auto& step : path.steps) {
    const Cell* cell = nullptr;
    if (const std::string* key = std::get_if<std::string>(&step)) {
      FUZZ_CHECK(at->keys.contains(*key));
      cell = &at->keys[*key];
    } else {
      const std::uint32_t index = std::get<std::uint32_t>(step);
      FUZZ_CHECK(index < at->cells.size());
      cell = &at->cells[index];
    }
    FUZZ_CHECK(cell->nested != nullptr);
    at = cell->nested.get();
  }
  return *at;
}

inline void apply_delta(std::vector<Cell>& cells, const Delta& delta) {
  std::size_t at = 0;
  const std::string null = packed(Any(Any::Null{}));
  for (const DeltaOp& op : delta) {
    const auto place = cells.begin() + static_cast<std::ptrdiff_t>(at);
    if (op.kind == DeltaOp::Kind::kInsert) {
      std::vector<Cell> fresh = inserted_cells(op);
      cells.insert(place, fresh.begin(), fresh.end());
      at += fresh.size();
      continue;
    }
    FUZZ_CHECK(op.length <= cells.size() - at);
    if (op.kind == DeltaOp::Kind::kDelete) {
      cells.erase(place, place + op.length);
      continue;
    }
    for (std::uint32_t i = 0; i < op.length; ++i, ++at) {
      for (const auto& [key, value] : packed(op.attributes)) {
        if (value == null)
          cells[at].attributes.erase(key);
        else
          cells[at].attributes[key] = value;
      }
    }
  }
}

inline std::optional<Value> current_value(const Type& type, const std::string& key) {
  switch (type.kind()) {
    case TypeKind::kMap:
    case TypeKind::kXmlHook: return as<Map>(type).get(key);
    case TypeKind::kXmlElement: return as<XmlElement>(type).attribute(key);
    default: return as<Text>(type).attribute(key);
  }
}

inline void apply_key(Tree& tree, const Type& target, const KeyChange& change) {
  const auto known = tree.keys.find(change.key);
  FUZZ_CHECK((known == tree.keys.end()) == (change.action == KeyChange::Action::kAdd));
  FUZZ_CHECK(change.old_value.has_value() == (known != tree.keys.end()));
  // If the old value was a type, only its kind is left.
  if (known != tree.keys.end() && known->second.nested == nullptr)
    FUZZ_CHECK(cell_of(*change.old_value).value == known->second.value);
  const std::optional<Value> now = current_value(target, change.key);
  FUZZ_CHECK(now.has_value() == (change.action != KeyChange::Action::kDelete));
  if (now)
    tree.keys[change.key] = cell_of(*now);
  else
    tree.keys.erase(change.key);
}

inline void apply_event(Tree& tree, const TypeEvent& event) {
  Tree& target = at_path(tree, event.path);
  FUZZ_CHECK(target.kind == event.target.kind());
  apply_delta(target.cells, event.delta);
  for (const KeyChange& change : event.keys) apply_key(target, event.target, change);
}

inline void collect_subdocs(const Tree& tree, std::map<std::string, int>& guids) {
  const auto visit = [&](const Cell& cell) {
    if (cell.nested != nullptr) collect_subdocs(*cell.nested, guids);
    if (cell.value.starts_with('#')) ++guids[cell.value.substr(1)];
  };
  for (const Cell& cell : tree.cells) visit(cell);
  for (const auto& [key, cell] : tree.keys) visit(cell);
}

inline std::string print(const Cell& cell, int depth) {
  std::string out;
  if (cell.nested != nullptr) out += print(*cell.nested, depth + 1);
  if (cell.value.starts_with('=')) {
    out += packed_to_json(as_bytes(cell.value).subspan(1));
  } else {
    out += "'" + cell.value + "'";
  }
  for (const auto& [key, value] : cell.attributes)
    out += " " + key + ":" + packed_to_json(as_bytes(value));
  return out;
}

inline std::string print(const Tree& tree, int depth) {
  const std::string indent = "\n" + std::string(static_cast<std::size_t>(depth) * 2, ' ');
  std::string out = indent + "kind " + std::to_string(static_cast<int>(tree.kind)) + tree.name;
  for (const Cell& cell : tree.cells) out += indent + "- " + print(cell, depth);
  for (const auto& [key, cell] : tree.keys) out += indent + key + " = " + print(cell, depth);
  return out;
}

}  // namespace syncline::crdt::fuzz
