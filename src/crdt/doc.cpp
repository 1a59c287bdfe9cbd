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

std::optional<Type> Doc::find_root(std::string_view name) {
  const KeyIndex key = engine_->store.keys.find(name);
  const TypeIndex index = key == kNoKey ? kNoType : engine_->store.types.root(key);
  return index == kNoType ? std::nullopt : std::optional(Type(engine_.get(), index));
}

bool Doc::in_transaction() const {
  return engine_->in_transaction();
}

void Doc::transact(const std::function<void()>& body, Origin origin) {
  engine_->transact([&](Transaction&) { body(); }, origin);
}

Result<Effect> Doc::prepare(ByteView update, UpdateVersion version) const {
  return engine_->prepare(update, version);
}
Result<std::optional<Effect>> Doc::prepare_within(ByteView update, std::uint64_t steps,
                                                  UpdateVersion version) const {
  return engine_->prepare_within(update, version, steps);
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

Doc::Token Doc::on_transaction(std::function<void(const TransactionEvent&)> callback) {
  return engine_->on_transaction(
      [callback = std::move(callback), engine = engine_.get()](const Transaction& transaction) {
        TransactionEvent event{transaction.origin, transaction.local, {}, {}, {}};
        for (const TypeIndex type : transaction.concerned) event.changed.emplace_back(engine, type);
        for (const Transaction::Advance& advance : transaction.advances)
          if (advance.after != advance.before)
            event.inserted.add(engine->store.clients[advance.client].id, advance.before,
                               advance.after - advance.before);
        for (const Transaction::DeletedRange& range : transaction.deleted)
          event.deleted.add(engine->store.clients[range.client].id, range.clock, range.len);
        callback(event);
      });
}

void Doc::off(Token token) {
  engine_->off(token);
}

std::vector<Subdoc> Doc::subdocs() const {
  std::vector<Subdoc> subdocs;
  for (const Engine::HeldSubdoc& held : engine_->subdocs()) subdocs.push_back(held.subdoc);
  return subdocs;
}

Result<void> Doc::load_subdoc(std::string_view guid) {
  return engine_->load_subdoc(guid);
}

Result<void> Doc::unload_subdoc(std::string_view guid) {
  return engine_->unload_subdoc(guid);
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
