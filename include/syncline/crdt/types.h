// Shared types: handles through which an application reads and changes a document.
//
//   Map task = as<Map>(tasks.push_type(TypeKind::kMap).value());
//   task.set("done", true).value();
//   text.insert(0, "Hi ", {{"bold", true}}).value();
//   text.observe([&](const TypeEvent& event) { editor.apply(event.delta); });
//
// A handle consists of two words and is cheap to copy. It stays valid as long as its Doc, even
// after the type is deleted: then reads see an empty type, and changes fail with kInvalid. A
// default-constructed handle refers to no type; only valid() may be called on it. A change outside
// Doc::transact() is a transaction of its own.
//
// Units: indices and lengths count elements; in texts they count UTF-16 units (an embed counts as
// one). Text and keys must be valid UTF-8. Errors: kInvalid for an index out of range, a type of
// another kind, or a deleted type; kTooLarge if the client has no clocks left. A failed call
// changes nothing.
//
// Costs, with n items in the type (an item is a run of content that was inserted together): to find
// an index, insert, erase and set is O(log n) and does not depend on the size of the document. To
// read a whole type is O(its content). An edit of formatted text, a delta, and the delta of an
// event walk the type: O(n).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "syncline/crdt/any.h"
#include "syncline/crdt/effect.h"
#include "syncline/crdt/wire.h"
#include "syncline/error.h"

namespace syncline::crdt {

class Engine;
class Type;
struct TypeEvent;

struct Subdoc {
  std::string guid;
  Any options;  // as Yjs stores them: {gc, autoLoad, meta …}
};

// What a container holds at one position: a plain value, a nested type, or a subdocument.
using Value = std::variant<Any, Type, Subdoc>;

// Names and values of attributes; null removes a format. In the order of first use, as in Yjs.
using Attributes = std::vector<std::pair<std::string, Any>>;

// One step of a Quill delta.
struct DeltaOp {
  enum class Kind : std::uint8_t { kInsert, kDelete, kRetain };

  Kind kind;
  std::uint32_t length = 0;   // kDelete, kRetain
  std::string text;           // kInsert of text
  std::vector<Value> values;  // kInsert of an embed (one) or of array elements (many)
  Attributes attributes;      // kInsert, kRetain
};
using Delta = std::vector<DeltaOp>;

class Type {
 public:
  Type() = default;
  Type(Engine* engine, std::uint32_t index) : engine_(engine), index_(index) {}

  bool valid() const { return engine_ != nullptr; }  // the handle refers to a type
  TypeKind kind() const;
  bool deleted() const;
  Path path() const;
  std::uint32_t length() const;  // visible elements; UTF-16 units in texts; keys in maps
  Any to_json() const;

  // The type that contains this one. Empty for root types and for deleted types.
  std::optional<Type> parent() const;
  // The nearest type before or after this one in the same sequence (siblings in XML). Empty for
  // root types, for values of maps, and at the ends.
  std::optional<Type> next_sibling() const;
  std::optional<Type> previous_sibling() const;

  // `observe` reports changes of this type; `observe_deep` also reports changes of types inside it,
  // all changes of a transaction in one call, the nearest type first. Events are built only for
  // observed types. Callbacks may read, edit (as a transaction of its own, which runs afterwards)
  // and add observers. They must not destroy the document or throw. Both return a token for
  // Doc::off.
  std::uint64_t observe(std::function<void(const TypeEvent&)> callback);
  std::uint64_t observe_deep(std::function<void(const std::vector<TypeEvent>&)> callback);

  Engine* engine() const { return engine_; }      // for the library itself
  std::uint32_t index() const { return index_; }  // for the library itself
  bool operator==(const Type&) const = default;

 protected:
  Engine* engine_ = nullptr;
  std::uint32_t index_ = 0;
};

class Array : public Type {
 public:
  using Type::Type;
  Result<void> insert(std::uint32_t index, const std::vector<Any>& values);
  Result<void> push(const std::vector<Any>& values);     // at the end
  Result<void> unshift(const std::vector<Any>& values);  // at the beginning
  // Inserts a new, empty type of that kind. `name` is the name of an XML element or hook.
  Result<Type> insert_type(std::uint32_t index, TypeKind kind, std::string_view name = {});
  Result<Type> push_type(TypeKind kind, std::string_view name = {});
  Result<void> insert_subdoc(std::uint32_t index, const Subdoc& subdoc);
  Result<void> erase(std::uint32_t index, std::uint32_t length = 1);
  std::optional<Value> get(std::uint32_t index) const;
  std::vector<Value> values() const;
  // The elements from `begin` to `end`, without `end`. A range that goes beyond the array is cut.
  std::vector<Value> slice(std::uint32_t begin, std::uint32_t end) const;
};

class Map : public Type {
 public:
  using Type::Type;
  Result<void> set(std::string_view key, const Any& value);
  Result<Type> set_type(std::string_view key, TypeKind kind, std::string_view name = {});
  Result<void> set_subdoc(std::string_view key, const Subdoc& subdoc);
  Result<void> erase(std::string_view key);
  Result<void> clear();  // erases every key
  std::optional<Value> get(std::string_view key) const;
  bool has(std::string_view key) const;
  std::vector<std::string> keys() const;                       // in Yjs's order of iteration
  std::vector<std::pair<std::string, Value>> entries() const;  // in the same order
};

class Text : public Type {
 public:
  using Type::Type;
  // Without `attributes`, inserted text takes the formats of the text to its left; with them,
  // exactly those.
  Result<void> insert(std::uint32_t index, std::string_view text);
  Result<void> insert(std::uint32_t index, std::string_view text, const Attributes& attributes);
  Result<void> insert_embed(std::uint32_t index, const Any& embed,
                            const Attributes& attributes = {});
  Result<Type> insert_type(std::uint32_t index, TypeKind kind, const Attributes& attributes = {});
  Result<void> erase(std::uint32_t index, std::uint32_t length);
  Result<void> format(std::uint32_t index, std::uint32_t length, const Attributes& attributes);
  Result<void> apply_delta(const Delta& delta);
  std::string to_string() const;
  Delta to_delta() const;

  // Attributes of the whole text.
  Result<void> set_attribute(std::string_view key, const Any& value);
  Result<void> remove_attribute(std::string_view key);
  std::optional<Value> attribute(std::string_view key) const;
  Attributes attributes() const;
};

class XmlElement;
class XmlText;

// Has a sequence of children: elements, texts and hooks.
class XmlFragment : public Type {
 public:
  using Type::Type;
  Result<Type> insert(std::uint32_t index, TypeKind kind, std::string_view name = {});
  Result<XmlElement> insert_element(std::uint32_t index, std::string_view name);
  Result<XmlText> insert_text(std::uint32_t index);
  Result<XmlElement> push_element(std::string_view name);
  Result<XmlText> push_text();
  Result<void> erase(std::uint32_t index, std::uint32_t length = 1);
  std::optional<Type> get(std::uint32_t index) const;
  std::optional<Type> first_child() const;
  std::vector<Type> children() const;
  // All types inside, in document order. Each call walks the whole tree.
  std::vector<Type> descendants() const;
  // The elements of that name inside, compared without case, in document order (Yjs's querySelector
  // and querySelectorAll).
  std::optional<XmlElement> find_element(std::string_view name) const;
  std::vector<XmlElement> find_elements(std::string_view name) const;
  std::string to_string() const;  // XML text as Yjs prints it
};

class XmlElement : public XmlFragment {
 public:
  using XmlFragment::XmlFragment;
  std::string node_name() const;
  Result<void> set_attribute(std::string_view key, const Any& value);
  Result<void> remove_attribute(std::string_view key);
  std::optional<Value> attribute(std::string_view key) const;
  std::vector<std::pair<std::string, Value>> attributes() const;
};

class XmlText : public Text {
 public:
  using Text::Text;
  std::string to_string() const;  // formats become nested tags, as Yjs prints them
};

class XmlHook : public Map {
 public:
  using Map::Map;
  std::string hook_name() const;
};

// The same handle as another class. If the kind of the type does not match, operations fail with
// kInvalid.
template <typename T>
T as(const Type& type) {
  return T(type.engine(), type.index());
}

struct KeyChange {
  enum class Action : std::uint8_t { kAdd, kUpdate, kDelete };
  std::string key;
  Action action;
  std::optional<Value> old_value;
};

// What a transaction changed in one type.
struct TypeEvent {
  Type target;
  Path path;                    // the root, and the steps from the observed type to the target
  Delta delta;                  // changes of the sequence
  std::vector<KeyChange> keys;  // changes of a map, or of attributes
  std::uint64_t origin = 0;
  bool local = false;
};

struct SubdocsEvent {
  std::vector<Subdoc> added;
  std::vector<Subdoc> removed;
  std::vector<Subdoc> loaded;
};

}  // namespace syncline::crdt
