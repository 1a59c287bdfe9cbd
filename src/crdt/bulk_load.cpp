// The first half of BulkLoad, during which it can still give up: structs to items, neighbours,
// cuts.
#include "crdt/bulk_load.h"

#include <algorithm>
#include <iterator>

#include "base/assert.h"
#include "base/utf8.h"

namespace syncline::crdt {
namespace {

constexpr std::uint32_t kNoSource = 0xffffffff;

// Keeps the content of a client below 4 GiB, because a value takes at most a few times its size in
// the update.
constexpr std::size_t kLargest = std::size_t{1} << 28;

}  // namespace

bool BulkLoad::possible(const Engine& engine, ByteView update) {
  return engine.store.items.live() == 0 && update.size() <= kLargest && !engine.pending_structs_ &&
         engine.pending_deletes_->empty() && engine.type_observers_ == nullptr &&
         engine.current_ == nullptr && engine.begun_ == 0;
}

BulkLoad::BulkLoad(Engine& engine)
    : engine_(engine),
      store_(engine.store),
      clients_before_(store_.clients.size()),
      keys_before_(store_.keys.size()),
      clocks_(ItemArena::kFirst) {}

BulkLoad::~BulkLoad() {
  if (applied_) return;
  store_.items = ItemArena();
  store_.clients.truncate(clients_before_);
  store_.keys.truncate(keys_before_);
  for (ClientIndex i = 0; i < clients_before_; ++i) {
    store_.clients[i].text = TextArena();
    store_.clients[i].values = ValueArena();
  }
}

Result<bool> BulkLoad::decode(ByteView update, UpdateVersion version) {
  if (auto decoded = decode_update(update, version, decoded_, *this); !decoded)
    return std::unexpected(std::move(decoded.error()));
  return usual_ && resolve() && find_order();
}

// ---- structs to items

void BulkLoad::add(const Block& block) {
  if (!usual_) return;
  if (sources_.empty() || sources_.back().id != block.client) usual_ = begin_source(block.client);
  if (!usual_) return;
  Source& source = sources_.back();
  if (block.clock != source.clocks || block.kind == BlockKind::kSkip ||
      block.kind == BlockKind::kDoc) {
    usual_ = false;
    return;
  }
  source.clocks = block.end();

  const Handle handle = store_.items.allocate();
  SYNCLINE_ASSERT(handle == clocks_.size());
  clocks_.push_back(block.clock);
  source.end = handle + 1;
  Item& item = store_[handle];
  item.client = source.index & kMaxClients;
  item.clock = block.clock;
  item.len = block.len;
  item.set_kind(block.kind);
  item.deleted = block.kind <= BlockKind::kDeleted;
  has_gc_ |= block.kind == BlockKind::kGc;
  if (block.has_origin) item.origin = dense(block, block.origin);
  if (block.has_right_origin) item.right_origin = dense(block, block.right_origin);
  if (block.is_item())
    item.parent = block.parent_kind == ParentKind::kNone ? kNoType : add_parent(block);
  if (block.kind == BlockKind::kString) {
    item.content = store_.clients[source.index].text.append(as_text(block.payload));
    item.bytes = static_cast<std::uint32_t>(block.payload.size());
  }
  if (block.kind > BlockKind::kDeleted && block.kind != BlockKind::kString)
    add_content(handle, block);
}

// Begins the structs of a client. A second list of the same client is refused later.
bool BulkLoad::begin_source(ClientId client) {
  Source source;
  source.index = store_.clients.intern(client);
  source.id = client;
  source.first = source.end = static_cast<Handle>(clocks_.size());
  if (source.index >= kMaxClients - 1) return false;
  if (source_numbers_.size() <= source.index) source_numbers_.resize(source.index + 1, kNoSource);
  if (source_numbers_[source.index] != kNoSource) return false;
  source_numbers_[source.index] = static_cast<std::uint32_t>(sources_.size());
  sources_.push_back(std::move(source));
  return true;
}

std::uint32_t BulkLoad::add_parent(const Block& block) {
  Parent& parent = parents_.emplace_back();
  if (block.parent_kind == ParentKind::kRoot) {
    parent.root = store_.keys.intern(block.parent_name);
  } else {
    parent.holder = dense(block, block.parent_id);
  }
  if (block.has_parent_sub) parent.key = store_.keys.intern(block.parent_sub);
  return static_cast<std::uint32_t>(parents_.size() - 1);
}

void BulkLoad::add_content(Handle handle, const Block& block) {
  if (block.kind == BlockKind::kType) {
    store_[handle].content = static_cast<std::uint32_t>(types_.size());
    types_.push_back({block.type, block.name.empty() ? kNoKey : store_.keys.intern(block.name)});
  } else {
    has_formats_ |= block.kind == BlockKind::kFormat;
    std::string unused;
    engine_.store_content(handle, Engine::block_content(block, 0, unused));
  }
}

// Fast path: most ids are of the block's own client.
DenseId BulkLoad::dense(const Block& block, Id id) {
  if (id.client == block.client) return {sources_.back().index, id.clock};
  const ClientIndex client = store_.clients.intern(id.client);
  if (client >= kMaxClients - 1) usual_ = false;
  return {client, id.clock};
}

// ---- ids to items

BulkLoad::Source* BulkLoad::source_of(ClientIndex client) {
  if (client >= source_numbers_.size() || source_numbers_[client] == kNoSource) return nullptr;
  return &sources_[source_numbers_[client]];
}

// Makes about as many stretches as there are structs.
void BulkLoad::make_stretches(Source& source) {
  const Clock structs = source.end - source.first;
  source.shift = 0;
  while (source.clocks >> source.shift > structs) ++source.shift;
  const std::size_t count = ((source.clocks - 1) >> source.shift) + 1;
  source.stretches.assign(count + 1, source.end - 1);
  std::size_t filled = 0;
  for (Handle handle = source.first; handle + 1 < source.end; ++handle)
    for (; std::uint64_t{filled} << source.shift < clocks_[handle + 1]; ++filled)
      source.stretches[filled] = handle;
}

// The struct that contains a clock of this client.
Handle BulkLoad::find(const Source& source, Clock clock) const {
  constexpr Handle kFew = 8;
  const Handle* stretch = &source.stretches[clock >> source.shift];
  Handle handle = stretch[0];
  const Handle last = stretch[1];
  if (last - handle > kFew) {
    const auto behind =
        std::upper_bound(clocks_.begin() + handle + 1, clocks_.begin() + last + 1, clock);
    return static_cast<Handle>(behind - clocks_.begin() - 1);
  }
  while (handle < last && clocks_[handle + 1] <= clock) ++handle;
  return handle;
}

// Finds the neighbours of each item, and cuts them so that they begin and end where the item needs
// it.
bool BulkLoad::resolve() {
  for (bool whole = false; !whole;) {
    for (Source& source : sources_) make_stretches(source);
    if (!std::ranges::all_of(sources_, [&](Source& source) { return find_neighbours(source); }) ||
        !find_deletions())
      return false;
    whole = cuts_.empty();
    if (!whole && !cut()) return false;
  }
  return true;
}

bool BulkLoad::find_neighbours(Source& source) {
  for (Handle handle = source.first; handle < source.end; ++handle) {
    Item& item = store_[handle];
    if (item.is_gc()) continue;
    if (item.origin.exists() && !find_left(item)) return false;
    if (item.right_origin.exists() && !find_right(item)) return false;
    // Where both are in one run, the place depends on where the run was cut before.
    if (item.left == item.right && item.origin.exists() && item.right_origin.exists() &&
        item.right_origin.clock > clocks_[item.left])
      return false;
    if (item.parent != kNoType && !is_parent_known(item)) return false;
  }
  return true;
}

bool BulkLoad::find_left(Item& item) {
  const Source* source = source_of(item.origin.client);
  if (source == nullptr || item.origin.clock >= source->clocks) return false;
  item.left = find(*source, item.origin.clock);
  if (has_gc_ && store_[item.left].is_gc()) return false;
  note_cut(*source, item.left, item.origin.clock + 1);
  return true;
}

bool BulkLoad::find_right(Item& item) {
  const Source* source = source_of(item.right_origin.client);
  if (source == nullptr || item.right_origin.clock >= source->clocks) return false;
  item.right = find(*source, item.right_origin.clock);
  if (has_gc_ && store_[item.right].is_gc()) return false;
  note_cut(*source, item.right, item.right_origin.clock);
  return true;
}

bool BulkLoad::is_parent_known(const Item& item) {
  const Parent& parent = parents_[item.parent];
  if (parent.root != kNoKey) return true;
  const Source* source = source_of(parent.holder.client);
  return source != nullptr && parent.holder.clock < source->clocks &&
         store_[find(*source, parent.holder.clock)].kind() == BlockKind::kType;
}

// Notes cuts at the ends of deleted ranges. Structs that are already deleted are not cut.
bool BulkLoad::find_deletions() {
  for (const auto& [client, ranges] : decoded_.deletes.clients()) {
    const ClientIndex index = store_.clients.find(client);
    const Source* source = index == kNoClient ? nullptr : source_of(index);
    if (source == nullptr || ranges.back().end() > source->clocks) return false;
    for (const ClockRange& range : ranges) {
      for (const Clock clock : {range.clock, range.end()}) {
        if (clock == source->clocks) continue;
        const Handle item = find(*source, clock);
        if (!store_[item].deleted) note_cut(*source, item, clock);
      }
    }
  }
  return true;
}

// Notes that there must be a border at this clock, if it is inside the item and not at its end.
void BulkLoad::note_cut(const Source& source, Handle item, Clock clock) {
  if (clock == clocks_[item]) return;
  if (clock == (item + 1 < source.end ? clocks_[item + 1] : source.clocks)) return;
  cuts_.push_back({item, clock - clocks_[item]});
}

// ---- cuts

// Rewrites all items, in pieces where there is a cut.
bool BulkLoad::cut() {
  has_rests_ = true;
  std::ranges::sort(cuts_);
  const auto doubles = std::ranges::unique(cuts_);
  cuts_.erase(doubles.begin(), doubles.end());
  const ItemArena whole = std::exchange(store_.items, ItemArena());
  clocks_.resize(ItemArena::kFirst);
  auto next = cuts_.begin();
  const auto add_item = [&](const Item& item) {
    store_[store_.items.allocate()] = item;
    clocks_.push_back(item.clock);
  };
  for (Source& source : sources_) {
    const Handle end = source.end;
    Handle handle = source.first;
    source.first = static_cast<Handle>(clocks_.size());
    for (; handle < end; ++handle) {
      Item rest = whole[handle];
      for (; next != cuts_.end() && next->item == handle; ++next) {
        Item part = rest;
        if (!cut_off(part, rest, whole[handle].clock + next->offset)) return false;
        add_item(part);
      }
      add_item(rest);
    }
    source.end = static_cast<Handle>(clocks_.size());
  }
  cuts_.clear();
  return true;
}

// Leaves in `part` what is before the clock, and puts the rest into `rest`. False if the cut is
// inside a surrogate pair.
bool BulkLoad::cut_off(Item& part, Item& rest, Clock clock) const {
  part.len = clock - part.clock;
  rest.clock = clock;
  rest.len -= part.len;
  rest.origin = part.last_id();
  rest.left = rest.right = kNoItem;
  rest.parent = kNoType;
  rest.keep = 1;
  if (rest.kind() == BlockKind::kString) {
    bool inside_pair = false;
    const bool ascii = rest.bytes == rest.len + part.len;
    part.bytes =
        ascii ? part.len
              : static_cast<std::uint32_t>(utf16_offset(store_.text(rest), part.len, inside_pair));
    rest.content += part.bytes;
    rest.bytes -= part.bytes;
    return !inside_pair;
  }
  if (has_values(rest.kind())) rest.content += part.len;
  return true;
}

}  // namespace syncline::crdt
