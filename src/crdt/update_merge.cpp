#include "crdt/update_merge.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

namespace syncline::crdt {

namespace {

// A block without its first `offset` clocks.
struct Piece {
  const Block* block = nullptr;
  Clock offset = 0;

  ClientId client() const { return block->client; }
  Clock clock() const { return block->clock + offset; }
  Clock end() const { return block->end(); }
};

// Walks over the blocks of an update, without Skip blocks.
class Reader {
 public:
  explicit Reader(const DecodedUpdate& update) : blocks_(update.blocks), clients_(update.clients) {
    enter_client();
  }

  // nullptr at the end.
  const Block* current() const { return current_; }

  void next() {
    ++index_;
    settle();
  }

 private:
  void enter_client() {
    if (client_ < clients_.size()) index_ = clients_[client_].first;
    settle();
  }

  void settle() {
    current_ = nullptr;
    for (; client_ < clients_.size(); step_client()) {
      const auto& client = clients_[client_];
      const std::uint32_t end = client.first + client.count;
      while (index_ < end && blocks_[index_].kind == BlockKind::kSkip) ++index_;
      if (index_ < end) {
        current_ = &blocks_[index_];
        return;
      }
    }
  }

  void step_client() {
    if (++client_ < clients_.size()) index_ = clients_[client_].first;
  }

  std::span<const Block> blocks_;
  std::span<const DecodedUpdate::ClientBlocks> clients_;
  std::size_t client_ = 0;
  std::uint32_t index_ = 0;
  const Block* current_ = nullptr;
};

// Negative if `a` comes first. This is Yjs's comparison: of two blocks with the same id and
// different kinds, the one that is passed as `a` comes first.
int compare(const Reader* a, const Reader* b) {
  const Block& left = *a->current();
  const Block& right = *b->current();
  if (left.client != right.client) return left.client > right.client ? -1 : 1;
  if (left.clock != right.clock) return left.clock < right.clock ? -1 : 1;
  return (left.kind == BlockKind::kGc) == (right.kind == BlockKind::kGc) ? 0 : -1;
}

// A consistent order in which ties are ties, for many readers.
struct Turn {
  Reader* reader;
  std::int64_t entered;  // of equal ones, the one that entered last comes first

  // True if it comes after the other.
  bool operator<(const Turn& other) const {
    const Block& mine = *reader->current();
    const Block& theirs = *other.reader->current();
    if (mine.client != theirs.client) return mine.client < theirs.client;
    if (mine.clock != theirs.clock) return mine.clock > theirs.clock;
    return entered < other.entered;
  }
};

using Readers = std::span<Reader*>;

// Sorts fewer than 64 elements exactly as V8's Array.prototype.sort (TimSort): it takes the run at
// the beginning of the array, reverses it if it falls, and inserts the rest by binary insertion.
// With compare() the algorithm is visible in the result, so std::sort cannot be used.
void sort_few(Readers readers) {
  if (readers.size() < 2) return;
  std::size_t run = 2;
  const bool falling = compare(readers[1], readers[0]) < 0;
  while (run < readers.size() && (compare(readers[run], readers[run - 1]) < 0) == falling) ++run;
  if (falling) std::ranges::reverse(readers.first(run));

  for (std::size_t start = run; start < readers.size(); ++start) {
    Reader* const pivot = readers[start];
    std::size_t left = 0;
    std::size_t right = start;
    while (left < right) {
      const std::size_t middle = left + (right - left) / 2;
      if (compare(pivot, readers[middle]) < 0)
        right = middle;
      else
        left = middle + 1;
    }
    std::move_backward(readers.begin() + static_cast<std::ptrdiff_t>(left),
                       readers.begin() + static_cast<std::ptrdiff_t>(start),
                       readers.begin() + static_cast<std::ptrdiff_t>(start) + 1);
    readers[left] = pivot;
  }
}

// The readers that have blocks left; the first is the one to write from. Only that one advances, so
// the others stay sorted. Many readers are a heap.
class Queue {
 public:
  explicit Queue(std::vector<Reader>& readers) {
    for (Reader& reader : readers)
      if (reader.current() != nullptr) order_.push_back(&reader);
    if (order_.size() < kExactReaders) {
      sort_few(rest());
      return;
    }
    for (Reader* reader : order_)
      heap_.push_back({reader, -static_cast<std::int64_t>(heap_.size())});
    order_.clear();
    std::ranges::make_heap(heap_, std::less());
  }

  bool empty() const { return heap_.empty() && head_ == order_.size(); }
  Reader& first() { return heap_.empty() ? *order_[head_] : *heap_.front().reader; }

  // Must be called after the first reader has advanced.
  void reorder() {
    if (!heap_.empty()) return reorder_many();
    if (first().current() == nullptr) ++head_;
    sort_few(rest());
  }

 private:
  Readers rest() { return Readers(order_).subspan(head_); }

  void reorder_many() {
    Reader* const reader = heap_.front().reader;
    // The first has changed, so nothing compares it while it leaves the heap.
    heap_.front() = heap_.back();
    heap_.pop_back();
    sift_down();
    if (reader->current() != nullptr) {
      heap_.push_back({reader, ++entered_});
      std::ranges::push_heap(heap_, std::less());
    }
    if (heap_.size() >= kExactReaders) return;
    std::ranges::sort(heap_, [](const Turn& a, const Turn& b) { return b < a; });
    for (const Turn& turn : heap_) order_.push_back(turn.reader);
    heap_.clear();
    sort_few(rest());
  }

  void sift_down() {
    for (std::size_t at = 0, child = 1; child < heap_.size(); at = child, child = 2 * at + 1) {
      if (child + 1 < heap_.size() && heap_[child] < heap_[child + 1]) ++child;
      if (!(heap_[at] < heap_[child])) return;
      std::swap(heap_[at], heap_[child]);
    }
  }

  std::vector<Reader*> order_;  // of few readers
  std::size_t head_ = 0;
  std::vector<Turn> heap_;  // of many
  std::int64_t entered_ = 0;
};

// Collects the output, because the number of blocks of a client must be known before its first
// block.
class Merger {
 public:
  explicit Merger(std::vector<Reader>& readers) : queue_(readers) {}

  void run() {
    for (; !queue_.empty(); queue_.reorder()) take_from(queue_.first());
    if (last_.block != nullptr) pieces_.push_back(last_);
  }

  void write(UpdateWriter& writer) const {
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < pieces_.size(); ++i)
      if (i == 0 || pieces_[i].client() != pieces_[i - 1].client()) starts.push_back(i);
    writer.begin_clients(starts.size());
    starts.push_back(pieces_.size());
    for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
      const Piece& first = pieces_[starts[s]];
      writer.begin_client(starts[s + 1] - starts[s], first.client(), first.clock());
      for (std::size_t i = starts[s]; i < starts[s + 1]; ++i)
        writer.write(*pieces_[i].block, pieces_[i].offset);
    }
  }

 private:
  // Writes from one reader as long as its blocks continue without a gap.
  void take_from(Reader& reader) {
    const ClientId client = reader.current()->client;
    if (last_.block == nullptr) {
      last_ = {reader.current(), 0};
      reader.next();
    } else if (!take_next(reader, client)) {
      return;
    }
    for (const Block* next = reader.current();
         next != nullptr && next->client == client && next->clock == last_.end();
         reader.next(), next = reader.current())
      push({next, 0});
  }

  // False if the reader must be sorted among the others first.
  bool take_next(Reader& reader, ClientId client) {
    bool moved = false;
    while (reader.current() != nullptr && reader.current()->end() <= last_.end() &&
           reader.current()->client >= last_.client()) {
      reader.next();
      moved = true;
    }
    const Block* block = reader.current();
    if (block == nullptr || block->client != client || (moved && block->clock > last_.end()))
      return false;

    if (client != last_.client()) {
      push({block, 0});
      reader.next();
    } else if (last_.end() < block->clock) {
      push({new_block(BlockKind::kSkip, client, last_.end(), block->clock - last_.end()), 0});
    } else {
      append({block, last_.end() - block->clock}, reader);
    }
    return true;
  }

  // Adds a piece that continues the last one without a gap. Adjacent GC blocks become one.
  void append(Piece piece, Reader& reader) {
    if (last_.block->kind == BlockKind::kGc && piece.block->kind == BlockKind::kGc) {
      const Clock begin = last_.clock();
      last_ = {new_block(BlockKind::kGc, piece.client(), begin, piece.end() - begin), 0};
      return;
    }
    push(piece);
    reader.next();
  }

  void push(Piece piece) {
    pieces_.push_back(last_);
    last_ = piece;
  }

  const Block* new_block(BlockKind kind, ClientId client, Clock clock, Clock len) {
    Block& block = made_.emplace_back();
    block.kind = kind;
    block.client = client;
    block.clock = clock;
    block.len = len;
    return &block;
  }

  Queue queue_;
  Piece last_;  // may still grow; not in pieces_ yet
  std::vector<Piece> pieces_;
  std::deque<Block> made_;
};

}  // namespace

void write_merged(std::span<const std::unique_ptr<DecodedUpdate>> updates, UpdateWriter& writer) {
  std::vector<Reader> readers;
  readers.reserve(updates.size());
  for (const auto& update : updates) {
    std::ranges::sort(update->clients, std::greater{}, &DecodedUpdate::ClientBlocks::client);
    readers.emplace_back(*update);
  }
  Merger merger(readers);
  merger.run();
  merger.write(writer);
}

}  // namespace syncline::crdt
