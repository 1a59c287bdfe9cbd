#include "crdt/engine.h"

#include <algorithm>

#include "base/assert.h"
#include "crdt/events.h"

namespace syncline::crdt {

Engine::Engine(DocOptions doc_options) : options(std::move(doc_options)) {
  set_client_id(options.client_id);
}

Engine::~Engine() = default;

void Engine::set_client_id(ClientId id) {
  options.client_id = id;
  own_edits_ = true;
  own_client_ = store.clients.find(id);
}

ClientId Engine::next_client_id(ClientId id, std::uint64_t seed) {
  // SplitMix64 of Steele, Lea and Flood, cut to the 32 bits that Yjs 13 draws. Never returns 0.
  std::uint64_t x = (id ^ seed) + 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  x = (x ^ x >> 31) & 0xffffffff;
  return x == 0 || x == id ? x + 1 : x;
}

// ---- transactions

void Engine::begin_another(Origin origin, bool local) {
  if (begun_ == transactions_.size()) transactions_.push_back(std::make_unique<Transaction>());
  current_ = transactions_[begun_++].get();
  current_->origin = origin;
  current_->local = local;
}

void Engine::end() {
  const bool outermost = current_ == transactions_.front().get();
  current_ = nullptr;
  if (!outermost) return;  // begun by an observer: the outer call's loop below commits it
  for (committing_at_ = 0; committing_at_ < begun_; ++committing_at_)
    commit(*transactions_[committing_at_]);
  for (std::size_t i = 0; i < begun_; ++i) transactions_[i]->clear();
  begun_ = 0;
  committing_at_ = 0;
#ifdef SYNCLINE_SLOW_CHECKS
  // Checks so rarely that each transaction pays for a constant number of items.
  if (++unchecked_ < 16 + store.items.live() / 4) return;
  unchecked_ = 0;
  SYNCLINE_ASSERT(check().has_value());
#endif
}

// ---- observers

std::uint64_t Engine::on_update(std::function<void(const UpdateEvent&)> callback) {
  return observe(&Observed::updates, std::move(callback));
}

std::uint64_t Engine::on_subdocs(std::function<void(const SubdocsEvent&)> callback) {
  return observe(&Observed::subdocs, std::move(callback));
}

std::uint64_t Engine::on_transaction(std::function<void(Transaction&)> callback) {
  type_observers();  // its existence keeps items from growing over the border of a transaction
  return observe(&Observed::transactions, std::move(callback));
}

template <typename Event>
bool Engine::remove_observer(Observing<Event> what, std::uint64_t token) {
  Observers<Event>& observers = *observed_.*what;
  const auto matches = [token](const auto& observer) { return observer->token == token; };
  const auto found = std::ranges::find_if(observers, matches);
  if (found == observers.end()) return false;
  if (observed_->notifying > 0) observed_->removed.push_back(std::move(*found));
  observers.erase(found);
  return true;
}

void Engine::off(std::uint64_t token) {
  if (observed_ != nullptr &&
      (remove_observer(&Observed::updates, token) || remove_observer(&Observed::subdocs, token) ||
       remove_observer(&Observed::transactions, token)))
    return;
  if (type_observers_ != nullptr) type_observers_->off(token);
}

TypeObservers& Engine::type_observers() {
  if (type_observers_ == nullptr) type_observers_ = std::make_unique<TypeObservers>(*this);
  return *type_observers_;
}

namespace {

class TransactionUpdate final : public UpdateEvent {
 public:
  TransactionUpdate(const Engine& engine, Transaction& transaction)
      : engine_(engine), transaction_(transaction) {}

  ByteView update() const override { return encoded(transaction_.update_v1, UpdateVersion::kV1); }
  ByteView update_v2() const override {
    return encoded(transaction_.update_v2, UpdateVersion::kV2);
  }
  Origin origin() const override { return transaction_.origin; }
  bool local() const override { return transaction_.local; }

 private:
  ByteView encoded(Bytes& bytes, UpdateVersion version) const {
    if (bytes.empty()) engine_.encode_transaction(transaction_, version, bytes);
    return bytes;
  }

  const Engine& engine_;
  Transaction& transaction_;
};

}  // namespace

void Engine::fire_updates(Transaction& transaction) {
  if (!transaction.has_content()) return;
  const TransactionUpdate event(*this, transaction);
  notify<const UpdateEvent>(&Observed::updates, event);
}

void Engine::fire_subdocs(Transaction& transaction) {
  keep_subdocs(transaction);
  SubdocsEvent event{{}, transaction.subdocs_removed, transaction.subdocs_loaded};
  for (const AddedSubdoc& added : transaction.subdocs_added) event.added.push_back(added.subdoc);
  notify<const SubdocsEvent>(&Observed::subdocs, event);
}

Result<void> Engine::check() const {
  return store.check();
}

void Engine::release_scratch() {
  if (begun_ > 0) return;
  transactions_ = std::vector<std::unique_ptr<Transaction>>();  // `= {}` would keep the memory
  scratch_ = nullptr;
  for (auto& writer : writers_) writer.reset();
}

std::size_t Engine::memory_bytes() const {
  std::size_t bytes = sizeof(Engine) + store.memory_bytes() +
                      (scratch_ ? scratch_->blocks.capacity() * sizeof(Block) : 0) +
                      transactions_.size() * sizeof(Transaction);
  if (conflict_lists_ != nullptr) bytes += conflict_lists_->memory_bytes();
  for (const auto& writer : writers_)
    if (writer) bytes += writer->memory_bytes();
  if (pending_structs_) bytes += pending_structs_->update.capacity();
  for (const auto& [client, ranges] : pending_deletes_->clients())
    bytes += sizeof(client) + ranges.capacity() * sizeof(ClockRange);
  if (mark_)
    bytes += mark_->clocks.capacity() * sizeof(Clock) +
             mark_->deleted.capacity() * sizeof(Transaction::DeletedRange);
  return bytes;
}

}  // namespace syncline::crdt
