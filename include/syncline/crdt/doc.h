// Doc: a Yjs document. Replicas that applied the same updates, in any order, are equal.
//
//   Doc doc({.client_id = 1});
//   Text text = doc.text("content");
//   doc.on_update([&](const UpdateEvent& event) { send(event.update()); });
//   doc.transact([&] { text.insert(0, "hello"); });
//   Result<ApplyResult> result = doc.apply_update(received);
//
// Compatible with Yjs 13.6, byte for byte where Yjs is deterministic. Indices and lengths of text
// are UTF-16 units, as in Yjs.
//
// Ownership: the Doc owns everything in it. Type handles are small values that refer to the Doc;
// they must not be used after it. Views in events are valid during the callback. Thread-safety:
// none; one thread at a time. No I/O, no clock, no globals. Errors: an update from outside is
// applied whole or refused whole, with the document unchanged: kMalformed, kTooLarge, or kInvalid
// where it means nothing.
//
// Limits: 2^32 - 1 elements (UTF-16 units of text) for each client, 2^24 clients; an update of 1 GiB.
// Costs: a change, local or remote, O(log of the document); the update of a transaction what the
// transaction costs; encoding and loading O(the document).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/effect.h"
#include "syncline/crdt/id_set.h"
#include "syncline/crdt/types.h"
#include "syncline/crdt/wire.h"
#include "syncline/error.h"

namespace syncline::crdt {

class Engine;  // the document's insides; engine.h

// Who or what caused a transaction, chosen by the application; 0 says nothing.
using Origin = std::uint64_t;

struct DocOptions {
  ClientId client_id = 0;  // 1 … kMaxClientId; must be unique among the replicas that edit
  // Decides the id that follows when somebody else turns out to edit under this one: to be drawn for
  // each replica, so that two that shared an id do not share the next one as well.
  std::uint64_t next_client_seed = 0;
  bool gc = true;  // forget deleted content (as Yjs's default); false keeps it for snapshots
  std::string guid;
  // After a change from elsewhere to a text, delete the formats that it made needless: an edit of
  // this replica's own, as Yjs makes it. False for a replica that must not edit, as a server's.
  bool clean_formats = true;
};

struct ApplyResult {
  bool changed = false;  // false: everything in it was known already (or only waits)
  bool waiting = false;  // part of it waits for updates that are still missing
};

// What one transaction did, in wire form. Encoded when asked for, and at most once per version.
class UpdateEvent {
 public:
  virtual ~UpdateEvent() = default;
  virtual ByteView update() const = 0;  // v1
  virtual ByteView update_v2() const = 0;
  virtual Origin origin() const = 0;
  virtual bool local() const = 0;
};

// A transaction that has ended: after the observers of types were called, before its update is sent.
struct TransactionEvent {
  Origin origin = 0;
  bool local = false;         // made here, not by apply_update
  std::vector<Type> changed;  // the types that it changed, and all around them
  IdSet inserted;
  DeleteSet deleted;
};

class Doc {
 public:
  explicit Doc(DocOptions options);
  Doc(Doc&&) noexcept;
  Doc& operator=(Doc&&) noexcept;
  ~Doc();

  // Changes when an update shows that somebody else edits under this id.
  ClientId client_id() const;
  const std::string& guid() const;

  // ---- root types; created when first named. A name keeps the kind it was first used as; another
  // kind later gives a handle whose operations fail with kInvalid.
  Array array(std::string_view name);
  Map map(std::string_view name);
  Text text(std::string_view name);
  XmlFragment xml_fragment(std::string_view name);
  XmlElement xml_element(std::string_view name);
  XmlText xml_text(std::string_view name);
  // Every root type that exists, in order of creation; roots known only from updates have kind
  // kUndefined until they are named.
  std::vector<Type> roots();
  // The root of that name if there is one, whatever its kind.
  std::optional<Type> find_root(std::string_view name);

  // Runs `body` as one transaction: one update, one round of events. Nested calls join the outer
  // one.
  void transact(const std::function<void()>& body, Origin origin = 0);
  bool in_transaction() const;

  // ---- updates

  // What the update would do here, or why it would be refused. Changes nothing.
  Result<Effect> prepare(ByteView update, UpdateVersion version = UpdateVersion::kV1) const;

  // Applies the update whole, or refuses it whole. What it needs and is missing makes (part of) it
  // wait inside the document; it is applied as soon as the missing updates come.
  Result<ApplyResult> apply_update(ByteView update, UpdateVersion version = UpdateVersion::kV1,
                                   Origin origin = 0);

  // Everything that a replica at `since` lacks, waiting updates included.
  Bytes encode_state_as_update(const StateVector& since = {},
                               UpdateVersion version = UpdateVersion::kV1) const;

  StateVector state_vector() const;
  DeleteSet delete_set() const;
  // What must be known at least before more of the waiting updates can be applied; empty if nothing
  // waits.
  StateVector missing() const;

  // ---- observation. Callbacks run after a transaction, in Yjs's order; they may read, and may
  // start a new transaction. The returned token removes the callback.
  using Token = std::uint64_t;
  Token on_update(std::function<void(const UpdateEvent&)> callback);
  // Every transaction, also those that changed nothing.
  Token on_transaction(std::function<void(const TransactionEvent&)> callback);
  Token on_subdocs(std::function<void(const SubdocsEvent&)> callback);
  void off(Token token);

  // ---- subdocuments. A document holds the guids and options of others, not their content: that is
  // in documents of their own, which the application keeps. Those made here, or with the option
  // `autoLoad`, count as loaded at once.
  std::vector<Subdoc> subdocs() const;  // in order of coming, up to the last transaction's end
  // Asks for one to be opened: on_subdocs is told `loaded`, the first time. kNotFound if there is
  // none.
  Result<void> load_subdoc(std::string_view guid);
  // Says that it was closed: on_subdocs is told `removed` and `added`, as when Yjs destroys its Doc;
  // it can be loaded again. kNotFound if there is none.
  Result<void> unload_subdoc(std::string_view guid);

  // ---- whole document
  Any to_json() const;  // {root name: value}; kUndefined roots as what their content makes likely

  // Bytes held by this document: measured from its arenas, tables and trees.
  std::size_t memory_bytes() const;

  // Walks everything and checks the structure's invariants; the text says what is broken. For
  // tests.
  Result<void> check() const;

  // The library's own.
  Engine& engine() { return *engine_; }
  const Engine& engine() const { return *engine_; }

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace syncline::crdt
