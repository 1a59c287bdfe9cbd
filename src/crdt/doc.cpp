#include "syncline/crdt/doc.h"

#include <utility>

#include "crdt/engine.h"
#include "syncline/crdt/any.h"

namespace syncline::crdt {

Doc::Doc(DocOptions options) : engine_(std::make_unique<Engine>(std::move(options))) {}
Doc::Doc(Doc&&) noexcept = default;
Doc& Doc::operator=(Doc&&) noexcept = default;
Doc::~Doc() = default;

ClientId Doc::client_id() const {
  return engine_->client_id();
}

const std::string& Doc::guid() const {
  return engine_->options.guid;
}

Array Doc::array(std::string_view name) {
  return {engine_.get(), engine_->root(name, TypeKind::kArray)};
}

Map Doc::map(std::string_view name) {
  return {engine_.get(), engine_->root(name, TypeKind::kMap)};
}

Text Doc::text(std::string_view name) {
  return {engine_.get(), engine_->root(name, TypeKind::kText)};
}

XmlFragment Doc::xml_fragment(std::string_view name) {
  return {engine_.get(), engine_->root(name, TypeKind::kXmlFragment)};
}

XmlElement Doc::xml_element(std::string_view name) {
  return {engine_.get(), engine_->root(name, TypeKind::kXmlElement)};
}

XmlText Doc::xml_text(std::string_view name) {
  return {engine_.get(), engine_->root(name, TypeKind::kXmlText)};
}

std::vector<Type> Doc::roots() {
  std::vector<Type> roots;
  for (const TypeIndex index : engine_->store.types.roots())
    roots.emplace_back(engine_.get(), index);
  return roots;
}

void Doc::transact(const std::function<void()>& body, Origin origin) {
  engine_->transact([&](Transaction&) { body(); }, origin);
}

Result<Effect> Doc::prepare(ByteView update, UpdateVersion version) const {
  return engine_->prepare(update, version);
}

Result<ApplyResult> Doc::apply_update(ByteView update, UpdateVersion version, Origin origin) {
  return engine_->apply_update(update, version, origin);
}

Bytes Doc::encode_state_as_update(const StateVector& since, UpdateVersion version) const {
  return engine_->encode_state_as_update(since, version);
}

StateVector Doc::state_vector() const {
  return engine_->store.state_vector();
}

DeleteSet Doc::delete_set() const {
  return engine_->store.delete_set();
}

StateVector Doc::missing() const {
  return engine_->missing();
}

Doc::Token Doc::on_update(std::function<void(const UpdateEvent&)> callback) {
  return engine_->on_update(std::move(callback));
}

Doc::Token Doc::on_subdocs(std::function<void(const SubdocsEvent&)> callback) {
  return engine_->on_subdocs(std::move(callback));
}

void Doc::off(Token token) {
  engine_->off(token);
}

Any Doc::to_json() const {
  Any::Object object;
  for (const TypeIndex index : engine_->store.types.roots()) {
    const std::string_view name = engine_->store.keys[engine_->type(index).name];
    object.emplace_back(std::string(name), engine_->to_json(index));
  }
  return object;
}

std::size_t Doc::memory_bytes() const {
  return engine_->memory_bytes();
}

Result<void> Doc::check() const {
  return engine_->check();
}

}  // namespace syncline::crdt
