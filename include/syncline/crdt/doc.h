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
// they must not be used after the Doc is destroyed. Views in events are valid only during the
// callback. Thread-safety: one thread at a time. No I/O, no clock, no globals. Errors: an update
// from outside is applied completely, or it is refused and the document does not change. Codes:
// kMalformed, kTooLarge, and kInvalid for an update that decodes but makes no sense in this
// document.
//
// Limits: 2^32 - 1 elements (UTF-16 units of text) per client, 2^24 clients, 1 GiB per update.
// Costs: a local or remote change takes O(log of the document's size). Encoding the update of a
// transaction takes time in proportion to the transaction. Encoding and loading a document take
// O(its size).
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

class Engine;  // the implementation; engine.h

// A number by which the application marks the cause of a transaction. 0 means "not stated".
using Origin = std::uint64_t;

struct DocOptions {
  ClientId client_id = 0;  // 1 … kMaxClientId; must be unique among the replicas that edit
  // Seed for a new client id. The document takes a new id when an update shows that another replica
  // edits under the same id. Draw the seed at random for each replica: with equal seeds, two
  // replicas that share an id would also choose the same new id.
  std::uint64_t next_client_seed = 0;
  bool gc = true;  // forget deleted content (Yjs's default); false keeps it, which snapshots need
  std::string guid;
  // After a remote change to a text, delete the formats that the change made redundant. Yjs does
  // this with an edit of its own. Set false for a replica that must not edit, such as a server's.
  bool clean_formats = true;
};

struct ApplyResult {
  bool changed = false;  // false: all of it was already known, or waits
  bool waiting = false;  // a part waits for updates that have not arrived
};

// What one transaction did, in wire form. It is encoded on demand, at most once per version.
class UpdateEvent {
 public:
  virtual ~UpdateEvent() = default;
  virtual ByteView update() const = 0;  // v1
  virtual ByteView update_v2() const = 0;
  virtual Origin origin() const = 0;
  virtual bool local() const = 0;
};

// A transaction that has ended. Sent after the observers of types have run, and before on_update.
struct TransactionEvent {
  Origin origin = 0;
  bool local = false;         // true: made here, not by apply_update
  std::vector<Type> changed;  // the types that it changed, and all types that contain them
  IdSet inserted;
  DeleteSet deleted;
};

class Doc {
 public:
  explicit Doc(DocOptions options);
  Doc(Doc&&) noexcept;
  Doc& operator=(Doc&&) noexcept;
  ~Doc();

  // The id can change: the document takes a new one when an update shows that another replica edits
  // under the same id.
  ClientId client_id() const;
  const std::string& guid() const;

  // ---- root types
  //
  // These functions create the root type if it does not exist. A name keeps the kind under which it
  // was used first. Asking for another kind gives a handle whose operations fail with kInvalid.
  Array array(std::string_view name);
  Map map(std::string_view name);
  Text text(std::string_view name);
  XmlFragment xml_fragment(std::string_view name);
  XmlElement xml_element(std::string_view name);
  XmlText xml_text(std::string_view name);
  // All root types, in order of creation. A root that is known only from updates has kind
  // kUndefined until the application asks for it by name and kind.
  std::vector<Type> roots();
  // The root type of that name, of any kind, if it exists. Creates nothing.
  std::optional<Type> find_root(std::string_view name);

  // Runs `body` as one transaction, which makes one update and one round of events. Nested calls
  // join the outer transaction.
  void transact(const std::function<void()>& body, Origin origin = 0);
  bool in_transaction() const;

  // ---- updates

  // Computes what the update would do to this document, or why it would be refused. Changes
  // nothing.
  Result<Effect> prepare(ByteView update, UpdateVersion version = UpdateVersion::kV1) const;
  // The same, unless preparing and applying the update may take more than so many steps: then nullopt,
  // after not much more than so many steps. A step costs about as much as a look at one struct.
  Result<std::optional<Effect>> prepare_within(ByteView update, std::uint64_t steps,
                                               UpdateVersion version = UpdateVersion::kV1) const;

  // Applies the update completely, or refuses it completely. A part that depends on missing updates
  // waits inside the document and is applied when those updates arrive.
  Result<ApplyResult> apply_update(ByteView update, UpdateVersion version = UpdateVersion::kV1,
                                   Origin origin = 0);

  // An update with everything that a replica with state vector `since` lacks, including waiting
  // updates.
  Bytes encode_state_as_update(const StateVector& since = {},
                               UpdateVersion version = UpdateVersion::kV1) const;

  StateVector state_vector() const;
  DeleteSet delete_set() const;
  // The smallest state vector that lets more of the waiting updates be applied; empty if nothing
  // waits.
  StateVector missing() const;

  // ---- observation
  //
  // Callbacks run after a transaction, in Yjs's order. They may read the document and start new
  // transactions. Pass the returned token to off() to remove the callback.
  using Token = std::uint64_t;
  Token on_update(std::function<void(const UpdateEvent&)> callback);
  // Called for every transaction, also for one that changed nothing.
  Token on_transaction(std::function<void(const TransactionEvent&)> callback);
  Token on_subdocs(std::function<void(const SubdocsEvent&)> callback);
  void off(Token token);

  // ---- subdocuments
  //
  // A document stores only the guid and the options of a subdocument. The content is in a separate
  // document, which the application keeps. A subdocument that was made here, or that has the option
  // `autoLoad`, counts as loaded at once.
  // In order of arrival, as of the end of the last transaction.
  std::vector<Subdoc> subdocs() const;
  // Asks the application to open a subdocument: the first call reports it to on_subdocs as
  // `loaded`. kNotFound if there is no such subdocument.
  Result<void> load_subdoc(std::string_view guid);
  // Tells the document that a subdocument was closed: on_subdocs gets it as `removed` and as
  // `added`, as when Yjs destroys a subdocument's Doc. It can be loaded again. kNotFound if there
  // is no such subdocument.
  Result<void> unload_subdoc(std::string_view guid);

  // ---- whole document
  // {root name: value}. The kind of a kUndefined root is guessed from its content.
  Any to_json() const;

  // The memory that this document uses, in bytes, measured from its arenas, tables and trees.
  std::size_t memory_bytes() const;

  // For tests: walks the whole document and checks its structural invariants. The error names the
  // broken one.
  Result<void> check() const;

  // For the library itself.
  Engine& engine() { return *engine_; }
  const Engine& engine() const { return *engine_; }

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace syncline::crdt
