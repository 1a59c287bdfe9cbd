// XML: fragments, elements and hooks. Their text form is in xml_print.cpp.
#include "crdt/keyed.h"
#include "crdt/new_content.h"
#include "crdt/xml_print.h"

namespace syncline::crdt {
namespace {

Result<void> check_range(const Engine& engine, TypeIndex type, std::uint32_t index,
                         std::uint32_t length) {
  if (Result<void> ok = engine.require(type, {TypeKind::kXmlFragment, TypeKind::kXmlElement}); !ok)
    return ok;
  const std::uint32_t size = engine.type(type).sequence.length;
  if (index > size || length > size - index)
    return fail(ErrorCode::kInvalid, "beyond the last child");
  return {};
}

Result<void> check_element(const Engine& engine, TypeIndex type) {
  return engine.require(type, {TypeKind::kXmlElement});
}

}  // namespace

Result<Type> XmlFragment::insert(std::uint32_t index, TypeKind kind, std::string_view name) {
  if (Result<void> ok = check_range(*engine_, index_, index, 0); !ok)
    return std::unexpected(ok.error());
  const Result<NewContent> content = type_content(kind, name);
  if (!content) return std::unexpected(content.error());
  Type type;
  engine_->transact([&](Transaction&) {
    const Handle left = engine_->array_position(index_, index);
    const Handle right =
        left != kNoItem ? engine_->store[left].right : engine_->type(index_).sequence.first;
    const Handle item = engine_->insert(index_, left, right, *content);
    type = Type(engine_, engine_->store[item].content);
  });
  return type;
}

Result<void> XmlFragment::erase(std::uint32_t index, std::uint32_t length) {
  if (Result<void> ok = check_range(*engine_, index_, index, length); !ok) return ok;
  engine_->transact([&](Transaction&) { engine_->erase_range(index_, index, length); });
  return {};
}

std::optional<Type> XmlFragment::get(std::uint32_t index) const {
  const Sequence& sequence = engine_->type(index_).sequence;
  if (engine_->is_deleted(index_) || index >= sequence.length) return std::nullopt;
  const Item& item = engine_->store[engine_->store.sequences.find(sequence, index).item];
  if (item.kind() != BlockKind::kType) return std::nullopt;
  return Type(engine_, item.content);
}

std::vector<Type> XmlFragment::children() const {
  std::vector<Type> children;
  if (engine_->is_deleted(index_)) return children;
  for (Handle h = engine_->type(index_).sequence.first; h != kNoItem; h = engine_->store[h].right) {
    const Item& item = engine_->store[h];
    if (!item.deleted && item.kind() == BlockKind::kType)
      children.emplace_back(engine_, item.content);
  }
  return children;
}

std::string XmlElement::node_name() const {
  return crdt::node_name(*engine_, index_);
}

Result<void> XmlElement::set_attribute(std::string_view key, const Any& value) {
  if (Result<void> ok = check_element(*engine_, index_); !ok) return ok;
  set_keyed(*engine_, index_, key, value);
  return {};
}

Result<void> XmlElement::remove_attribute(std::string_view key) {
  if (Result<void> ok = check_element(*engine_, index_); !ok) return ok;
  erase_keyed(*engine_, index_, key);
  return {};
}

std::optional<Value> XmlElement::attribute(std::string_view key) const {
  return get_keyed(*engine_, index_, key);
}

std::vector<std::pair<std::string, Value>> XmlElement::attributes() const {
  return keyed_entries(*engine_, index_);
}

std::string XmlHook::hook_name() const {
  const KeyIndex name = engine_->type(index_).name;
  return name == kNoKey ? std::string() : std::string(engine_->store.keys[name]);
}

}  // namespace syncline::crdt
