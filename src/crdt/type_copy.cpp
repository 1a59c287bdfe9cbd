#include "syncline/crdt/type_copy.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "crdt/keyed.h"
#include "crdt/new_content.h"
#include "crdt/packed.h"

namespace syncline::crdt {

struct TypeCopy::Node {
  using Child = std::unique_ptr<Node>;
  using Content = std::variant<Any, Subdoc, Child>;
  struct TextPart {
    DeltaOp op;      // an insertion
    Child embedded;  // the type that replaces the content of op, if there is one
  };

  TypeKind kind = TypeKind::kUndefined;
  std::string name;                                    // of an element or hook
  std::vector<Content> elements;                       // of arrays and XML
  std::vector<TextPart> text;                          // of texts
  std::vector<std::pair<std::string, Content>> keyed;  // a map's entries, or attributes
  // A lower bound of the clocks that the copy needs of the target's client, and of the bytes in
  // each of its arenas.
  std::uint64_t room = 1;
};

// ---- making a copy

namespace {

// Sorts the pairs as JavaScript's objects order their members.
template <typename Content>
void sort_as_members(std::vector<std::pair<std::string, Content>>& pairs) {
  Any::Object places;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    places.emplace_back(pairs[i].first, static_cast<double>(i));
  const Any ordered(std::move(places));
  std::vector<std::pair<std::string, Content>> sorted;
  for (const auto& [key, place] : std::get<Any::Object>(ordered.value()))
    sorted.push_back(std::move(pairs[static_cast<std::size_t>(std::get<double>(place.value()))]));
  pairs = std::move(sorted);
}

}  // namespace

class TypeCopy::Reader {
 public:
  Result<Node::Child> read(const Type& type) {
    if (++depth_ > kMaxDepth) return fail(ErrorCode::kTooLarge, "types are nested too deep");
    auto node = std::make_unique<Node>();
    node->kind = type.kind();
    if (Result<void> ok = read_sequence(type, *node); !ok) return std::unexpected(ok.error());
    if (Result<void> ok = read_keyed(type, *node); !ok) return std::unexpected(ok.error());
    --depth_;
    return node;
  }

 private:
  Result<void> read_sequence(const Type& type, Node& node) {
    switch (type.kind()) {
      case TypeKind::kText:
      case TypeKind::kXmlText: return read_text(as<Text>(type), node);
      case TypeKind::kArray: return read_elements(as<Array>(type).values(), node);
      case TypeKind::kXmlElement: node.name = as<XmlElement>(type).node_name(); [[fallthrough]];
      case TypeKind::kXmlFragment: {
        const std::vector<Type> children = as<XmlFragment>(type).children();
        return read_elements({children.begin(), children.end()}, node);
      }
      case TypeKind::kXmlHook: node.name = as<XmlHook>(type).hook_name(); return {};
      case TypeKind::kMap: return {};
      default: return fail(ErrorCode::kInvalid, "a type of unknown kind");
    }
  }

  Result<void> read_elements(const std::vector<Value>& values, Node& node) {
    for (const Value& value : values) {
      Result<Node::Content> content = read_value(value, node);
      if (!content) return std::unexpected(content.error());
      node.elements.push_back(*std::move(content));
    }
    return {};
  }

  Result<void> read_text(const Text& text, Node& node) {
    for (DeltaOp& op : text.to_delta()) {
      Node::TextPart part{.op = std::move(op), .embedded = nullptr};
      node.room += part.op.text.size() + 1;
      for (const auto& [name, value] : part.op.attributes)
        node.room += 2 * (pack(value).size() + 1);
      if (!part.op.values.empty()) {
        Result<Node::Content> content = read_value(part.op.values.front(), node);
        if (!content) return std::unexpected(content.error());
        if (auto* embedded = std::get_if<Node::Child>(&*content))
          part.embedded = std::move(*embedded);
      }
      node.text.push_back(std::move(part));
    }
    return {};
  }

  Result<void> read_keyed(const Type& type, Node& node) {
    for (auto& [key, value] : keyed_entries(*type.engine(), type.index())) {
      Result<Node::Content> content = read_value(value, node);
      if (!content) return std::unexpected(content.error());
      node.keyed.emplace_back(key, *std::move(content));
    }
    // Yjs copies the attributes of an element from a JavaScript object.
    if (type.kind() == TypeKind::kXmlElement) sort_as_members(node.keyed);
    return {};
  }

  Result<Node::Content> read_value(const Value& value, Node& holder) {
    if (const Any* any = std::get_if<Any>(&value)) {
      holder.room += pack(*any).size() + 1;
      return *any;
    }
    if (const Subdoc* subdoc = std::get_if<Subdoc>(&value)) {
      holder.room += pack(subdoc->options).size() + 1;
      return *subdoc;
    }
    Result<Node::Child> child = read(std::get<Type>(value));
    if (!child) return std::unexpected(child.error());
    holder.room += (*child)->room;
    return *std::move(child);
  }

  int depth_ = 0;
};

Result<TypeCopy> TypeCopy::of(const Type& type) {
  if (type.deleted()) return fail(ErrorCode::kInvalid, "the type is deleted");
  Result<Node::Child> root = Reader().read(type);
  if (!root) return std::unexpected(root.error());
  return TypeCopy(std::shared_ptr<const Node>(*std::move(root)));
}

TypeKind TypeCopy::kind() const {
  return root_->kind;
}

// ---- inserting a copy

// Fills types that were just created. The caller has checked that there is room, so nothing here
// can fail.
class TypeCopy::Writer {
 public:
  void fill(const Type& type, const Node& node) {
    switch (node.kind) {
      case TypeKind::kArray: fill_array(as<Array>(type), node); break;
      case TypeKind::kText:
      case TypeKind::kXmlText: fill_text(as<Text>(type), node); break;
      case TypeKind::kXmlElement:
      case TypeKind::kXmlFragment:
        for (const Node::Content& content : node.elements) {
          const Node& child = *std::get<Node::Child>(content);
          fill(done(as<XmlFragment>(type).insert(type.length(), child.kind, child.name)), child);
        }
        break;
      default: break;
    }
    for (const auto& [key, content] : node.keyed) fill_key(type, key, content);
  }

 private:
  static Type done(const Result<Type>& made) {
    SYNCLINE_ASSERT(made.has_value());
    return *made;
  }
  static void done(const Result<void>& result) { SYNCLINE_ASSERT(result.has_value()); }

  void fill_array(Array array, const Node& node) {
    std::vector<Any> run;
    const auto flush = [&] {
      if (!run.empty()) done(array.push(run));
      run.clear();
    };
    for (const Node::Content& content : node.elements) {
      if (const Any* value = std::get_if<Any>(&content)) {
        run.push_back(*value);
        continue;
      }
      flush();
      if (const Subdoc* subdoc = std::get_if<Subdoc>(&content)) {
        done(array.insert_subdoc(array.length(), *subdoc));
      } else {
        const Node& child = *std::get<Node::Child>(content);
        fill(done(array.push_type(child.kind, child.name)), child);
      }
    }
    flush();
  }

  void fill_text(Text text, const Node& node) {
    Delta run;
    const auto flush = [&] {
      if (run.empty()) return;
      if (text.length() > 0)
        run.insert(run.begin(), {.kind = DeltaOp::Kind::kRetain,
                                 .length = text.length(),
                                 .text = {},
                                 .values = {},
                                 .attributes = {}});
      done(text.apply_delta(run));
      run.clear();
    };
    for (const Node::TextPart& part : node.text) {
      if (part.embedded == nullptr) {
        run.push_back(part.op);
        continue;
      }
      flush();
      const Node& child = *part.embedded;
      fill(done(text.insert_type(text.length(), child.kind, part.op.attributes)), child);
    }
    flush();
  }

  void fill_key(const Type& type, const std::string& key, const Node::Content& content) {
    Engine& engine = *type.engine();
    if (const Any* value = std::get_if<Any>(&content)) {
      set_keyed(engine, type.index(), key, *value);
      return;
    }
    Bytes storage;
    const KeyIndex index = engine.store.keys.intern(key);
    if (const Subdoc* subdoc = std::get_if<Subdoc>(&content)) {
      engine.insert_keyed(type.index(), index, subdoc_content(*subdoc, storage));
      return;
    }
    const Node& child = *std::get<Node::Child>(content);
    const Handle item =
        engine.insert_keyed(type.index(), index, *type_content(child.kind, child.name));
    fill(Type(&engine, engine.store[item].content), child);
  }
};

template <typename Make>
Result<Type> TypeCopy::put(Engine& engine, const Make& make) const {
  if (!engine.has_room(root_->room))
    return fail(ErrorCode::kTooLarge, "the copy needs more ids than this client has left");
  Result<Type> made;
  engine.transact([&](Transaction&) {
    made = make();
    if (made) Writer().fill(*made, *root_);
  });
  return made;
}

Result<Type> TypeCopy::insert_into(Array target, std::uint32_t index) const {
  return put(*target.engine(), [&] { return target.insert_type(index, root_->kind, root_->name); });
}

Result<Type> TypeCopy::insert_into(XmlFragment target, std::uint32_t index) const {
  return put(*target.engine(), [&] { return target.insert(index, root_->kind, root_->name); });
}

Result<Type> TypeCopy::set_in(Map target, std::string_view key) const {
  return put(*target.engine(), [&] { return target.set_type(key, root_->kind, root_->name); });
}

}  // namespace syncline::crdt
