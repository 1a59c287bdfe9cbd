// The structs of an update into the document, each after those that it depends on.
//
// As in Yjs: take the clients from the highest id down; when a struct needs another client's struct
// first, put it on a stack and go on with that client. A struct whose needs are not in the update
// makes everything on the stack, and what follows of those clients, wait.
#include <algorithm>
#include <map>

#include "crdt/engine.h"

namespace syncline::crdt {

class StructApplier {
 public:
  StructApplier(Engine& engine, const DecodedUpdate& update) : engine_(engine), update_(update) {
    sources_.reserve(update.clients.size());
    for (const DecodedUpdate::ClientBlocks& client : update.clients)
      sources_.push_back({client.client, engine.store.clients.intern(client.client), client.first,
                          client.first + client.count, client.first + client.count});
    const auto before = [](const Source& a, const Source& b) { return a.client < b.client; };
    if (!std::is_sorted(sources_.begin(), sources_.end(), before))
      std::sort(sources_.begin(), sources_.end(), before);
    open_ = sources_.size();
  }

  // False if something waits.
  bool run() {
    Head head;
    if (!take_next(head)) return true;
    do {
      Source* needed = nullptr;
      switch (visit(head, needed)) {
        case Visit::kDone: break;
        case Visit::kNeeds:
          stack_.push_back(head);
          head = {needed, needed->next++};
          continue;
        case Visit::kWaits:
          stack_.push_back(head);
          put_stack_aside();
          break;
      }
      if (!stack_.empty()) {
        head = stack_.back();
        stack_.pop_back();
      } else if (!take_next(head)) {
        break;
      }
    } while (true);
    return !waits_;
  }

  Engine::PendingStructs rest() {
    Engine::PendingStructs pending;
    pending.missing = std::move(missing_);
    std::uint64_t clients = 0;
    for (const Source& source : sources_) clients += source.waits;
    UpdateWriter& out = engine_.writer(UpdateVersion::kV2);
    out.begin_clients(clients);
    for (auto source = sources_.rbegin(); source != sources_.rend(); ++source) {
      if (!source->waits) continue;
      out.begin_client(source->limit - source->rest, source->client,
                       update_.blocks[source->rest].clock);
      for (std::uint32_t i = source->rest; i < source->limit; ++i) out.write(update_.blocks[i]);
    }
    out.write_deletes({});
    pending.update = out.take();
    return pending;
  }

 private:
  // One client's blocks, as indices into the update's.
  struct Source {
    ClientId client;
    ClientIndex index;
    std::uint32_t next;   // not taken yet
    std::uint32_t end;    // no more to take; set to `next` when the client waits
    std::uint32_t limit;  // where its blocks really end
    bool waits = false;
    std::uint32_t rest = 0;  // first block that waits
  };
  struct Head {
    Source* source = nullptr;
    std::uint32_t block = 0;
  };
  enum class Visit { kDone, kNeeds, kWaits };

  bool take_next(Head& head) {
    while (open_ > 0 && sources_[open_ - 1].next == sources_[open_ - 1].end) --open_;
    if (open_ == 0) return false;
    Source& source = sources_[open_ - 1];
    head = {&source, source.next++};
    return true;
  }

  Source* source_of(ClientId client) {
    const auto found =
        std::lower_bound(sources_.begin(), sources_.end(), client,
                         [](const Source& source, ClientId id) { return source.client < id; });
    return found != sources_.end() && found->client == client ? &*found : nullptr;
  }

  void note_missing(ClientId client, Clock clock) {
    const auto [found, added] = missing_.try_emplace(client, clock);
    if (!added) found->second = std::min(found->second, clock);
  }

  // The client whose struct must come first.
  bool find_need(const Block& block, ClientId& client) const {
    const auto unknown = [&](Id id) {
      client = id.client;
      return id.client != block.client && id.clock >= engine_.store.clients.state(id.client);
    };
    return (block.has_origin && unknown(block.origin)) ||
           (block.has_right_origin && unknown(block.right_origin)) ||
           (block.parent_kind == ParentKind::kItem && unknown(block.parent_id));
  }

  Visit visit(Head head, Source*& needed) {
    const Block& block = update_.blocks[head.block];
    if (block.kind == BlockKind::kSkip) return Visit::kDone;
    const Clock known = engine_.store.clients[head.source->index].clock;
    if (block.clock > known) {
      note_missing(block.client, block.clock - 1);
      return Visit::kWaits;
    }
    if (block.end() <= known) return Visit::kDone;
    ClientId client = 0;
    if (find_need(block, client)) {
      needed = source_of(client);
      if (needed != nullptr && needed->next < needed->end) return Visit::kNeeds;
      note_missing(client, engine_.store.clients.state(client));
      return Visit::kWaits;
    }
    engine_.integrate_block(block, head.source->index, known - block.clock);
    return Visit::kDone;
  }

  void put_stack_aside() {
    for (const Head& head : stack_) {
      Source& source = *head.source;
      source.rest = source.waits ? std::min(source.rest, head.block) : head.block;
      source.waits = true;
      source.end = source.next;
    }
    stack_.clear();
    waits_ = true;
  }

  Engine& engine_;
  const DecodedUpdate& update_;
  std::vector<Source> sources_;  // ascending by client
  std::size_t open_ = 0;         // sources below this one may have blocks to take
  std::vector<Head> stack_;
  std::map<ClientId, Clock> missing_;
  bool waits_ = false;
};

std::optional<Engine::PendingStructs> Engine::apply_structs(const DecodedUpdate& update) {
  if (update.clients.empty()) return std::nullopt;
  StructApplier applier(*this, update);
  if (applier.run()) return std::nullopt;
  return applier.rest();
}

}  // namespace syncline::crdt
