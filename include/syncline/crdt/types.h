// Shared types: handles through which an application reads and changes a document.
//
//   Map task = as<Map>(tasks.push_type(TypeKind::kMap).value());
//   task.set("done", true).value();
//   text.insert(0, "Hi ", {{"bold", true}}).value();
//   text.observe([&](const TypeEvent& event) { editor.apply(event.delta); });
//
// A handle is two words, freely copied; it stays valid as long as its Doc, also when the type it
// refers to is deleted (then reads see an empty type and changes fail with kInvalid). A handle made
// by default refers to nothing and must not be used, but for valid(). Changes outside
// Doc::transact() are a transaction of their own.
//
// Units: indices and lengths count elements, in texts UTF-16 units (an embed counts one). Text and
// keys are UTF-8 and must be valid. Errors: an index out of range, a type of another kind or a
// deleted one is kInvalid, a client that has used up its ids kTooLarge; nothing is changed then.
//
// Costs, with n items (runs of content that came together) in the type: finding an index, inserting,
// erasing and setting O(log n), whatever the document's size; reading all of a type O(its content);
// an edit of text with formats, a delta and an event's delta walk the type, O(n).
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

// What a container holds in one place: a plain value, a nested type, or a subdocument.
using Value = std::variant<Any, Type, Subdoc>;

// Attribute names with their values; null removes a format. Sorted by first use, as in Yjs.
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

  bool valid() const { return engine_ != nullptr; }  // refers to a type at all
  TypeKind kind() const;
  bool deleted() const;
  Path path() const;
  std::uint32_t length() const;  // visible elements, or UTF-16 units; keys for a map
  Any to_json() const;

  // The type that this one is in; none for roots and for types that were deleted.
  std::optional<Type> parent() const;
  // The nearest type before or behind this one in the same sequence: siblings in XML. None for
  // roots, for values of maps, and at the ends.
  std::optional<Type> next_sibling() const;
  std::optional<Type> previous_sibling() const;

  // `observe` sees changes of this type, `observe_deep` also those of types inside it (all of one
  // transaction at once, the nearest first). Events are built only for types that are observed.
  // Callbacks may read, edit (in a transaction of its own, afterwards) and observe; they must not
  // destroy the document, nor throw. Gives a token for Doc::off.
  std::uint64_t observe(std::function<void(const TypeEvent&)> callback);
  std::uint64_t observe_deep(std::function<void(const std::vector<TypeEvent>&)> callback);

  Engine* engine() const { return engine_; }      // the library's own
  std::uint32_t index() const { return index_; }  // the library's own
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
  // A new, empty type of that kind; `name` is that of an XML element or hook.
  Result<Type> insert_type(std::uint32_t index, TypeKind kind, std::string_view name = {});
  Result<Type> push_type(TypeKind kind, std::string_view name = {});
  Result<void> insert_subdoc(std::uint32_t index, const Subdoc& subdoc);
  Result<void> erase(std::uint32_t index, std::uint32_t length = 1);
  std::optional<Value> get(std::uint32_t index) const;
  std::vector<Value> values() const;
  // From `begin` up to, but not with, `end`, as far as there are any.
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
  // Inserted text takes the formats to its left unless `attributes` are given (then exactly those).
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

  // Attributes of the text as a whole.
  Result<void> set_attribute(std::string_view key, const Any& value);
  Result<void> remove_attribute(std::string_view key);
  std::optional<Value> attribute(std::string_view key) const;
  Attributes attributes() const;
};

class XmlElement;
class XmlText;

// Children in a sequence: elements, texts and hooks.
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
  // Everything inside, in the order of the document. Each call walks the whole tree.
  std::vector<Type> descendants() const;
  // The elements inside of that name, whatever its case, in the order of the document (Yjs's
  // querySelector and querySelectorAll).
  std::optional<XmlElement> find_element(std::string_view name) const;
  std::vector<XmlElement> find_elements(std::string_view name) const;
  std::string to_string() const;  // as Yjs prints XML
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
  std::string to_string() const;  // formats as nested tags, as Yjs prints them
};

class XmlHook : public Map {
 public:
  using Map::Map;
  std::string hook_name() const;
};

// Views of a handle as a certain type; kInvalid operations if the kind differs.
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
  Path path;                    // from the observed type's root
  Delta delta;                  // changes of the sequence
  std::vector<KeyChange> keys;  // changes of the map, or attributes
  std::uint64_t origin = 0;
  bool local = false;
};

struct SubdocsEvent {
  std::vector<Subdoc> added;
  std::vector<Subdoc> removed;
  std::vector<Subdoc> loaded;
};

}  // namespace syncline::crdt
