// Engine: the implementation of a document. Doc and the type handles are thin wrappers around it.
//
// Parts, from the bottom up:
//   item.h, item_arena.h, text_arena.h, value_arena.h   what is stored
//   id_index.h, client_table.h, key_table.h             (client, clock) → item; names
//   sequence.h, type_table.h                            index → item, key → item
//   store.h                                             all of it, consistent
//   transaction.h                                       what is being changed
//   engine.h                                            the rules of Yjs
// The engine's functions are in files by purpose: engine.cpp (transactions begin and end),
// commit.cpp (merge and collect), integrate.cpp (conflict order), remove.cpp (deletion), apply.cpp
// (updates from outside), encode.cpp, prepare.cpp, local.cpp (edits), typing.cpp (the fast path for
// typing), redo.cpp (for undo), events.cpp and text.cpp.
//
// The algorithm is YATA as Yjs 13.6 implements it. Where results depend on details (the order of
// scans, which neighbours are merged), the details are those of Yjs, so that encoded documents are
// equal byte for byte.
//
// Clashing client ids: if a remote update advances the clock of our own client, another replica
// edits under our id. Yjs then draws a new id at random. The engine has no randomness: it derives
// the next id from the current one and DocOptions::next_client_seed with a fixed mixing function
// (next_client_id). An application can set another id with set_client_id.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/rarely.h"
#include "crdt/conflict_lists.h"
#include "crdt/effect_rules.h"
#include "crdt/formats.h"
#include "crdt/store.h"
#include "crdt/transaction.h"
#include "crdt/update_writer.h"
#include "syncline/bytes.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/types.h"
#include "syncline/error.h"

namespace syncline::crdt {

class BulkLoad;       // bulk_load.h
class TypeObservers;  // events.h
class UpdateWeight;   // update_weight.h

// The content of a new item. Views are copied.
struct NewContent {
  BlockKind kind = BlockKind::kDeleted;
  Clock len = 1;
  std::string_view text;  // kString: valid UTF-8, `len` UTF-16 units
  ByteView payload;  // kAny, kJson: `len` packed values, one after another; kBinary: the bytes;
                     // kEmbed, kFormat, kDoc: one packed value
  std::string_view name;                 // kFormat: attribute; kDoc: guid; kType: node name
  TypeKind type = TypeKind::kUndefined;  // kType
  // True for a copy that brings a deleted item back. Such an item is not merged into others in this
  // transaction, and a subdocument in it does not count as loaded.
  bool copied = false;
};

class Engine {
 public:
  explicit Engine(DocOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  DocOptions options;
  Store store;
  FormatSources format_sources;
  ScanLimits scan_limits;

  ClientId client_id() const { return options.client_id; }
  void set_client_id(ClientId id);
  static ClientId next_client_id(ClientId id, std::uint64_t seed = 0);

  // ---- transactions (engine.cpp)

  // Runs `body` in a transaction: the open one, or a new one that is committed afterwards. As in
  // Yjs, a transaction that an observer begins is committed after the transaction that it observes.
  template <typename Body>
  void transact(Body&& body, Origin origin = 0, bool local = true) {
    const bool outermost = begin(origin, local);
    body(*current_);
    if (outermost) end();
  }
  bool in_transaction() const { return current_ != nullptr; }
  Transaction& transaction() { return *current_; }
  // True if this call began a new transaction.
  bool begin(Origin origin, bool local) {
    if (current_ != nullptr) return false;
    begin_another(origin, local);
    return true;
  }
  void end();

  // ---- reading
  TypeIndex root(std::string_view name, TypeKind kind);
  TypeState& type(TypeIndex index) { return store.types[index]; }
  const TypeState& type(TypeIndex index) const { return store.types[index]; }
  // Deleted types read as empty and refuse changes.
  bool is_deleted(TypeIndex index) const;
  Path path(TypeIndex index) const;
  // The kind of a type. An update does not state the kind of a root. Until the application names
  // the kind, the visible content decides: characters, formats and embeds mean a text, XML types a
  // fragment, other elements an array, and only keys a map (XML and texts have keys, too: their
  // attributes). nullopt: the kind is not named and nothing is visible. O(elements and keys).
  std::optional<TypeKind> shown_kind(TypeIndex index) const;
  // The same for printing. A type without visible content prints as an empty map if it ever had a
  // key, otherwise as an empty array.
  TypeKind printed_kind(TypeIndex index) const;
  // The element at `offset` of an item, as an application sees it.
  Value value_at(const Item& item, Clock offset);
  Any to_json(TypeIndex index);
  // The text of a sequence: its kString content that is not deleted.
  std::string plain_text(TypeIndex index) const;

  // ---- local edits (local.cpp); only within a transaction

  // kInvalid if the type is deleted, or if its kind is not one of `kinds`. kTooLarge if the clocks
  // or arenas of our own client are used up.
  Result<void> require(TypeIndex type, std::initializer_list<TypeKind> kinds) const;
  // True if our own client still has room for a change of any size after `amount` more clocks and
  // bytes.
  bool has_room(std::uint64_t amount) const;

  // Inserts content of our own client between two neighbours: after `left` (kNoItem: at the start)
  // and before `right` (kNoItem: at the end). Returns the item, which may be `left` itself,
  // extended.
  Handle insert(TypeIndex parent, Handle left, Handle right, const NewContent& content);
  // Sets a key.
  Handle insert_keyed(TypeIndex parent, KeyIndex key, const NewContent& content);
  // Deletes a whole item with everything in it. Does nothing if it is already deleted.
  void remove(Handle item);
  // Cuts an item before element number `offset`, and notes the parts for merging at the end of the
  // transaction. Returns the right part, or the item itself if the offset is 0.
  Handle split(Handle item, Clock offset);
  // The item that begins with this id. Cuts an item if necessary, but never a GC struct.
  Handle item_starting_at(DenseId id);
  // The item that ends with this id. Cuts an item if necessary.
  Handle item_ending_at(DenseId id);

  // The last item before the visible element at `index`; kNoItem at the start. Cuts an item if
  // necessary. `index` is at most the length; at the length, this is the last item.
  Handle left_of(TypeIndex type, std::uint32_t index);

  // Sequences of elements: Yjs's rules for arrays and XML.
  Handle array_position(TypeIndex type, std::uint32_t index);  // the item to insert after
  // Deletes visible elements. The range must exist. Formats inside it stay.
  void erase_range(TypeIndex type, std::uint32_t index, std::uint32_t length);

  // Fast path for typing (typing.cpp): inserts after the run that was typed last, if this only
  // extends the run. Otherwise it does nothing and returns false, and the caller uses the general
  // functions, which also report errors. Checks all its assumptions. Opens a transaction unless one
  // is open.
  bool type_on(TypeIndex type, std::uint32_t index, std::string_view text);
  // The same for a deletion from a text without formats.
  bool erase_on(TypeIndex type, std::uint32_t index, std::uint32_t length);

  // For text without formats (Sequence::formatted is false).
  void plain_insert(TypeIndex type, std::uint32_t index, std::string_view text, Clock units);
  void plain_erase(TypeIndex type, std::uint32_t index, std::uint32_t length) {
    erase_range(type, index, length);
  }

  // ---- undo (redo.cpp, redo.h); only within a transaction
  // Inserts a copy of a deleted item's content between two neighbours, under the item's key if it
  // has one, and notes that the copy redoes the item. kNoItem if our client has used up its clocks.
  Handle insert_copy(Handle deleted, TypeIndex parent, Handle left, Handle right);
  // Sets whether the content of an item, and of the items that contain it, is kept after deletion.
  void keep(Handle item, bool keep);
  // Calls `visit` with every struct of the known clocks in the range. Cuts structs at the ends of
  // the range. `visit` may insert, cut and delete.
  template <typename Visit>
  void visit_structs(Transaction& transaction, ClientIndex client, ClockRange range,
                     Visit&& visit) {
    const Clock end = std::min(range.end(), store.clients[client].clock);
    for (Clock clock = range.clock; clock < end;) {
      Handle handle = store.clients[client].structs.find(clock);
      if (!store[handle].is_gc()) {
        handle = split(transaction, handle, clock - store[handle].clock);
        if (end < store[handle].end()) split(transaction, handle, end - store[handle].clock);
      }
      visit(handle);
      clock = store[handle].end();
    }
  }

  // ---- updates
  Result<ApplyResult> apply_update(ByteView update, UpdateVersion version, Origin origin);
  Result<Effect> prepare(ByteView update, UpdateVersion version,
                         EffectRules rules = EffectRules::kCurrent) const;
  // The same; nullopt if preparing and applying it may take more steps (update_weight.h).
  Result<std::optional<Effect>> prepare_within(ByteView update, UpdateVersion version,
                                               std::uint64_t steps) const;
  // How many steps that may take, or one more than `most`.
  Result<std::uint64_t> weigh(ByteView update, UpdateVersion version, std::uint64_t most) const;
  Bytes encode_state_as_update(const StateVector& since, UpdateVersion version) const;

  // Joins all neighbours that can be joined, as loading the document anew does. Transactions join
  // only some of those near a change.
  void merge_all();

  // Marks the present state; replaces an earlier mark. From then on the engine records deletions,
  // so that the cost of encode_since_mark() depends on what has changed and not on the size of the
  // document. The update that it returns leads a replica that has the marked state, or more, to the
  // present state.
  void mark();
  bool marked() const { return mark_ != nullptr; }
  Bytes encode_since_mark(UpdateVersion version) const;  // only if marked()

  void encode_transaction(const Transaction& transaction, UpdateVersion version, Bytes& out) const;
  StateVector missing() const;

  // ---- subdocuments (subdocs.cpp)
  struct HeldSubdoc {
    Subdoc subdoc;
    bool loaded = false;
  };
  const std::vector<HeldSubdoc>& subdocs() const { return *subdocs_; }  // as of the last event
  Result<void> load_subdoc(std::string_view guid);
  Result<void> unload_subdoc(std::string_view guid);

  // ---- observers
  std::uint64_t new_token() { return ++last_token_; }
  std::uint64_t on_update(std::function<void(const UpdateEvent&)> callback);
  std::uint64_t on_subdocs(std::function<void(const SubdocsEvent&)> callback);
  // Called after the observers of types and before anything is collected or merged, for every
  // transaction.
  std::uint64_t on_transaction(std::function<void(Transaction&)> callback);
  void off(std::uint64_t token);
  TypeObservers& type_observers();  // created at the first call

  Result<void> check() const;
  std::size_t memory_bytes() const;
  // Frees what is kept for the next change or encoding. Ignored in a transaction.
  void release_scratch();

 private:
  friend class BulkLoad;
  friend class UpdateWeight;

  // The structs that wait for missing updates, as an update in format v2.
  struct PendingStructs {
    std::map<ClientId, Clock> missing;  // worth a new try once one of these clocks is known
    Bytes update;
  };
  // While observers are being called, an observer may remove itself and others. Removed observers
  // are kept until all have been called.
  template <typename Event>
  struct Observer {
    std::uint64_t token;
    std::function<void(Event&)> callback;
  };
  template <typename Event>
  using Observers = std::vector<std::shared_ptr<const Observer<Event>>>;
  struct Observed {
    Observers<const UpdateEvent> updates;
    Observers<const SubdocsEvent> subdocs;
    Observers<Transaction> transactions;
    std::size_t notifying = 0;                         // loops over observers that are running
    std::vector<std::shared_ptr<const void>> removed;  // observers that were removed in such a loop
  };
  template <typename Event>
  using Observing = Observers<Event> Observed::*;
  template <typename Event>
  std::uint64_t observe(Observing<Event> what, std::function<void(Event&)> callback) {
    if (observed_ == nullptr) observed_ = std::make_unique<Observed>();
    (*observed_.*what)
        .push_back(std::make_shared<Observer<Event>>(new_token(), std::move(callback)));
    return last_token_;
  }
  template <typename Event>
  bool is_observed(Observing<Event> what) const {
    return observed_ != nullptr && !(*observed_.*what).empty();
  }
  // Callbacks may add and remove observers.
  template <typename Event>
  void notify(Observing<Event> what, Event& event) {
    if (observed_ == nullptr) return;
    const Observers<Event>& observers = *observed_.*what;
    ++observed_->notifying;
    for (std::size_t i = 0; i < observers.size(); ++i) {
      const Observer<Event>& observer = *observers[i];
      observer.callback(event);
    }
    if (--observed_->notifying == 0) observed_->removed.clear();
  }
  template <typename Event>
  bool remove_observer(Observing<Event> what, std::uint64_t token);

  // For encode_since_mark(): where each client's structs ended, and what was deleted since. Each
  // element is listed at most once.
  struct Mark {
    std::vector<Clock> clocks;  // by ClientIndex; a client that is not listed had no structs
    std::vector<Transaction::DeletedRange> deleted;
  };

  // The place of a struct that is about to be integrated.
  struct Placement {
    ClientIndex client = kNoClient;
    Clock clock = 0;
    DenseId origin;
    DenseId right_origin;
    Handle left = kNoItem;
    Handle right = kNoItem;
    TypeIndex parent = kNoType;
    KeyIndex key = kNoKey;
  };

  // integrate.cpp
  Handle integrate(Placement at, const NewContent& content);
  Handle keep_last_unit(Handle value);  // deletes the others; returns the last
  void integrate_block(const Block& block, ClientIndex client, Clock offset);
  bool resolve(const Block& block, Placement& at);
  static NewContent block_content(const Block& block, Clock offset, std::string& cut);
  void integrate_gc(ClientIndex client, Clock clock, Clock len);
  bool extend(const Placement& at, const NewContent& content);
  void resolve_conflict(Placement& at);
  Handle conflict_order(const Placement& at);
  Handle indexed_order(ConflictIndex& index, const Placement& at);
  Handle behind_last_sibling(const Placement& at) const;
  ConflictLists& conflict_lists() {
    if (conflict_lists_ == nullptr)
      conflict_lists_ = std::make_unique<ConflictLists>(store, scan_limits);
    return *conflict_lists_;
  }
  Handle leftmost(TypeIndex parent, KeyIndex key);
  // Must be called after an item was linked to its neighbours.
  void note_linked(Handle item) {
    if (conflict_lists_ != nullptr) conflict_lists_->note_linked(item);
  }
  void store_content(Handle item, const NewContent& content);
  static void append_values(ValueArena& values, const NewContent& content);
  void advance(ClientIndex client, Clock len);

  // typing.cpp
  bool may_grow(const Item& run, ClientIndex client) const;
  void grow_text(Item& run, ClientIndex client, std::string_view text, Clock units);
  bool apply_small(ByteView update, Origin origin, ApplyResult& result);
  bool type_behind(const Block& block, ClientIndex client);
  bool encode_small(const Transaction& transaction, Bytes& out) const;
  bool encode_small_run(const Transaction::Advance& advance, Bytes& out) const;
  void mark_changed(TypeIndex type, KeyIndex key);
  void mark_sequence_changed(TypeIndex type) {
    std::vector<ChangedType>& changed = current_->changed;
    if (changed.empty() && store.types[type].is_root())
      changed.push_back({.type = type, .sequence = true});
    else if (changed.empty() || changed.back().type != type || !changed.back().sequence)
      mark_changed(type, kNoKey);
  }

  // local.cpp
  // Added at the first edit, because a server's documents have none.
  ClientIndex own_client() {
    if (own_client_ == kNoClient) own_client_ = store.clients.intern(options.client_id);
    return own_client_;
  }
  Handle split(Transaction& transaction, Handle item, Clock offset);

  // remove.cpp
  struct RemovalFrame;
  bool mark_deleted(Handle item);
  void note_deleted(DenseId first, Clock len, TypeIndex parent, KeyIndex key);
  bool is_going(Handle item, DenseId beside) const;
  bool erase_border(Handle item, Clock offset, Clock len);
  void remove_content(const Item& item, std::vector<RemovalFrame>& open);
  bool next_child(RemovalFrame& frame, Handle& child) const;

  // subdocs.cpp
  Subdoc subdoc(const Item& item) const;
  void note_subdoc_added(const Item& item, bool made_here);
  void note_subdoc_removed(const Item& item);
  HeldSubdoc* find_subdoc(std::string_view guid);
  void keep_subdocs(const Transaction& transaction);

  // engine.cpp
  void begin_another(Origin origin, bool local);

  // commit.cpp
  void commit(Transaction& transaction);
  bool only_moved_border(const Transaction& transaction);
  void leave_shared_client_id(const Transaction& transaction);
  void collect(const Transaction& transaction);
  void collect_item(Handle item);
  void collect_types(std::vector<TypeIndex>& work);
  void collect_child(Handle item, std::vector<TypeIndex>& work);
  void merge_deleted(const Transaction& transaction);
  void merge_new(const Transaction& transaction);
  void merge_candidates(const Transaction& transaction);

  // events.cpp: observers of types, first shallow and then deep, in Yjs's order. text.cpp: removes
  // redundant formats after remote changes, in a transaction of its own.
  void fire_events(Transaction& transaction);
  void note_formatting_cleanup(Transaction& transaction) const;
  void clean_formatting(Transaction& transaction);
  void fire_updates(Transaction& transaction);
  void fire_subdocs(Transaction& transaction);
  void note_since_mark(const Transaction& transaction);
  UpdateWriter& writer(UpdateVersion version) const;
  Bytes with_waiting(Bytes known, const StateVector& since, UpdateVersion version) const;
  void write_structs(UpdateWriter& writer, ClientIndex client, Clock from,
                     std::vector<ClockRange>* deleted) const;

  // apply.cpp
  Result<void> validate(ByteView update, const DecodedUpdate& decoded) const;
  Result<void> decode_valid(ByteView update, UpdateVersion version, DecodedUpdate& decoded) const;
  void keep_scratch(std::unique_ptr<DecodedUpdate> decoded);
  bool apply_decoded(DecodedUpdate& update);
  bool apply_once(const DecodedUpdate& update, bool& waiting);
  bool apply_single_client(const DecodedUpdate& update);
  std::optional<PendingStructs> apply_structs(const DecodedUpdate& update);
  void cut_redone(const Block& block);
  void apply_deletes(ClientId client, const DeleteSet::Ranges& ranges, DeleteSet& waiting);
  void apply_waiting_deletes(DeleteSet& waiting);
  void delete_range(ClientIndex client, Clock clock, Clock end);

  Transaction* current_ = nullptr;
  ClientIndex own_client_ = kNoClient;  // kNoClient: nothing is known of it
  std::uint64_t changes_ = 0;           // insertions and deletions so far
  std::uint32_t ranks_ = 0;             // the number of clients with known structs
  // The first `begun_` transactions are not finished: those up to `committing_at_` have been
  // committed or are being committed; their observers have begun those after it. The rest is kept
  // for reuse.
  std::vector<std::unique_ptr<Transaction>> transactions_;
  std::uint32_t begun_ = 0;
  std::uint32_t committing_at_ = 0;
  Rarely<std::vector<HeldSubdoc>> subdocs_;
  std::unique_ptr<PendingStructs> pending_structs_;  // nullptr: none wait
  Rarely<DeleteSet> pending_deletes_;
  bool own_edits_ = false;  // our own client has advanced since pending_deletes_ was looked through
  std::unique_ptr<Mark> mark_;
  std::unique_ptr<Observed> observed_;  // created at the first call of observe()
  std::unique_ptr<TypeObservers> type_observers_;
  std::uint64_t last_token_ = 0;
  std::unique_ptr<DecodedUpdate> scratch_;  // scratch of apply_update
  DenseId last_sibling_;                    // the last insertion at a place where there were others
  std::unique_ptr<ConflictLists> conflict_lists_;  // only after a long scan
  mutable std::unique_ptr<UpdateWriter> writers_[2];
#ifdef SYNCLINE_SLOW_CHECKS
  std::size_t unchecked_ = 0;  // transactions since the last check of the structures
#endif
};

}  // namespace syncline::crdt
