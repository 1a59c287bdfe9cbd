// XML: fragments, elements and hooks. Their text form is in xml_print.cpp.
#include <algorithm>

#include "crdt/keyed.h"
#include "crdt/new_content.h"
#include "crdt/xml_print.h"

namespace syncline::crdt {
namespace {

Result<void> check_children(const Engine& engine, TypeIndex type, std::uint32_t index,
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
  if (Result<void> ok = check_children(*engine_, index_, index, 0); !ok)
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

Result<XmlElement> XmlFragment::insert_element(std::uint32_t index, std::string_view name) {
  const Result<Type> type = insert(index, TypeKind::kXmlElement, name);
  if (!type) return std::unexpected(type.error());
  return as<XmlElement>(*type);
}

Result<XmlText> XmlFragment::insert_text(std::uint32_t index) {
  const Result<Type> type = insert(index, TypeKind::kXmlText);
  if (!type) return std::unexpected(type.error());
  return as<XmlText>(*type);
}

Result<XmlElement> XmlFragment::push_element(std::string_view name) {
  return insert_element(length(), name);
}

Result<XmlText> XmlFragment::push_text() {
  return insert_text(length());
}

Result<void> XmlFragment::erase(std::uint32_t index, std::uint32_t length) {
  if (Result<void> ok = check_children(*engine_, index_, index, length); !ok) return ok;
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

std::optional<Type> XmlFragment::first_child() const {
  if (engine_->is_deleted(index_)) return std::nullopt;
  for (Handle h = engine_->type(index_).sequence.first; h != kNoItem; h = engine_->store[h].right) {
    const Item& item = engine_->store[h];
    if (!item.deleted && item.kind() == BlockKind::kType) return Type(engine_, item.content);
  }
  return std::nullopt;
}

std::vector<Type> XmlFragment::descendants() const {
  std::vector<Type> found;
  std::vector<Type> open = children();  // the next one is at the back
  std::ranges::reverse(open);
  while (!open.empty()) {
    const Type type = open.back();
    open.pop_back();
    found.push_back(type);
    if (type.kind() != TypeKind::kXmlElement) continue;
    const std::vector<Type> inner = as<XmlFragment>(type).children();
    open.insert(open.end(), inner.rbegin(), inner.rend());
  }
  return found;
}

namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::vector<XmlElement> XmlFragment::find_elements(std::string_view name) const {
  std::vector<XmlElement> found;
  for (const Type& type : descendants()) {
    const auto element = as<XmlElement>(type);
    if (type.kind() == TypeKind::kXmlElement && same_name(element.node_name(), name))
      found.push_back(element);
  }
  return found;
}

std::optional<XmlElement> XmlFragment::find_element(std::string_view name) const {
  const std::vector<XmlElement> found = find_elements(name);
  return found.empty() ? std::nullopt : std::optional(found.front());
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
