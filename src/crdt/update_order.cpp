#include "crdt/update_order.h"

#include <algorithm>

namespace syncline::crdt {

UpdateOrder::UpdateOrder(const ClientTable& clients, const DecodedUpdate& update)
    : clients_(clients), update_(update) {
  sources_.reserve(update.clients.size());
  for (const DecodedUpdate::ClientBlocks& blocks : update.clients) {
    Source& source = sources_.emplace_back();
    source.client = blocks.client;
    source.known = clients.state(blocks.client);
    source.next = blocks.first;
    source.end = source.limit = blocks.first + blocks.count;
  }
  const auto before = [](const Source& a, const Source& b) { return a.client < b.client; };
  if (!std::is_sorted(sources_.begin(), sources_.end(), before))
    std::sort(sources_.begin(), sources_.end(), before);
  open_ = sources_.size();
}

UpdateOrder::Step UpdateOrder::next() {
  while (has_head_ || take_head()) {
    Step step;
    Source* needed = nullptr;
    const Visit result = visit(step, needed);
    if (result == Visit::kNeeds) {
      stack_.push_back(head_);
      head_ = {needed, needed->next++};
      continue;
    }
    if (result == Visit::kWaits) {
      stack_.push_back(head_);
      put_stack_aside();
    }
    has_head_ = !stack_.empty();
    if (has_head_) {
      head_ = stack_.back();
      stack_.pop_back();
    }
    if (result == Visit::kApply) return step;
  }
  return {};
}

bool UpdateOrder::take_head() {
  while (open_ > 0 && sources_[open_ - 1].next == sources_[open_ - 1].end) --open_;
  if (open_ == 0) return false;
  Source& source = sources_[open_ - 1];
  head_ = {&source, source.next++};
  return has_head_ = true;
}

UpdateOrder::Visit UpdateOrder::visit(Step& step, Source*& needed) {
  Source& source = *head_.source;
  const Block& block = update_.blocks[head_.block];
  if (block.kind == BlockKind::kSkip) return Visit::kSkip;
  if (block.clock > source.known) {
    note_missing(block.client, block.clock - 1);
    return Visit::kWaits;
  }
  if (block.end() <= source.known) {
    if (!tells_known_) return Visit::kSkip;
    step = {&block, head_.block, block.len};
    return Visit::kApply;
  }
  ClientId client = 0;
  if (find_need(block, client)) {
    needed = source_of(client);
    if (needed != nullptr && needed->next < needed->end) return Visit::kNeeds;
    note_missing(client, known(client));
    return Visit::kWaits;
  }
  step = {&block, head_.block, source.known - block.clock};
  source.known = block.end();
  return Visit::kApply;
}

// Finds the client whose struct must come first.
bool UpdateOrder::find_need(const Block& block, ClientId& client) const {
  const auto unknown = [&](Id id) {
    client = id.client;
    return id.client != block.client && id.clock >= known(id.client);
  };
  return (block.has_origin && unknown(block.origin)) ||
         (block.has_right_origin && unknown(block.right_origin)) ||
         (block.parent_kind == ParentKind::kItem && unknown(block.parent_id));
}

void UpdateOrder::note_missing(ClientId client, Clock clock) {
  const auto [found, added] = missing_.try_emplace(client, clock);
  if (!added) found->second = std::min(found->second, clock);
}

void UpdateOrder::put_stack_aside() {
  for (const Head& head : stack_) {
    Source& source = *head.source;
    source.rest = source.waits ? std::min(source.rest, head.block) : head.block;
    source.waits = true;
    source.end = source.next;
  }
  stack_.clear();
  waits_ = true;
}

UpdateOrder::Source* UpdateOrder::source_of(ClientId client) {
  const auto found =
      std::lower_bound(sources_.begin(), sources_.end(), client,
                       [](const Source& source, ClientId id) { return source.client < id; });
  return found != sources_.end() && found->client == client ? &*found : nullptr;
}

Clock UpdateOrder::known(ClientId client) const {
  const Source* source = source_of(client);
  return source != nullptr ? source->known : clients_.state(client);
}

Bytes UpdateOrder::rest(UpdateWriter& writer) const {
  std::uint64_t waiting = 0;
  for (const Source& source : sources_) waiting += source.waits ? 1 : 0;
  writer.begin_clients(waiting);
  for (auto source = sources_.rbegin(); source != sources_.rend(); ++source) {
    if (!source->waits) continue;
    writer.begin_client(source->limit - source->rest, source->client,
                        update_.blocks[source->rest].clock);
    for (std::uint32_t i = source->rest; i < source->limit; ++i) writer.write(update_.blocks[i]);
  }
  writer.write_deletes({});
  return writer.take();
}

}  // namespace syncline::crdt
