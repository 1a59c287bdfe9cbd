// Workspace: the write path. It has one ordered log, the objects that are views of the log, and the
// clients that are connected to them.
//
// A change is prepared against the present state (it is refused completely, or accepted with its
// effect), sealed into an event with its place in the log, applied, and appended. Its ack, its
// broadcast and every reply that contains it leave when the log has made it durable (outbox.h). All
// changes of one turn of the loop are appended together.
//
// The usual order is to commit first and to update memory afterwards. Here memory runs ahead of the
// log and the way out is gated. So a change is always judged against everything that was accepted
// before it, and need not wait for the disk.
//
// If the log refuses an append, everything in memory that is ahead of the log is void. The
// workspace drops its view, tells every subscriber (on_lost), and reads the log again for the next
// one. The error always means "later" for clients (kUnavailable, kIo, kCorrupt). A damaged log
// shuts its workspace (shut_list.h); only a failing disk stops the process.
//
// Thread-safety: none; it lives on one loop. Callbacks run in a later turn, or at once if the
// answer is already known. Ownership: the host owns workspaces; they borrow Services.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock_watch.h"
#include "base/memory_budget.h"
#include "base/pieces.h"
#include "base/rarely.h"
#include "base/scheduler.h"
#include "identity/audit_sink.h"
#include "identity/caller.h"
#include "limits/usage.h"
#include "log/checkpoint_keeper.h"
#include "log/event_log.h"
#include "log/notary.h"
#include "log/placement.h"
#include "log/retention_store.h"
#include "log/rules.h"
#include "log/rules_store.h"
#include "merge/type_registry.h"
#include "observe/histogram.h"
#include "observe/report.h"
#include "policy/decider.h"
#include "state/object_cache.h"
#include "syncline/error.h"
#include "workspace/actors.h"
#include "workspace/deleted_workspaces.h"
#include "workspace/deletion.h"
#include "workspace/first_content.h"
#include "workspace/followers.h"
#include "workspace/live_object.h"
#include "workspace/outbox.h"
#include "workspace/people.h"
#include "workspace/receipt.h"
#include "workspace/services.h"
#include "workspace/session_records.h"
#include "workspace/shut_list.h"
#include "workspace/telling.h"
#include "workspace/tenant_policies.h"
#include "workspace/waiting_changes.h"

namespace syncline::policy {
class WorkspacePolicy;
}

namespace syncline::workspace {

struct Change {
  std::uint64_t actor_seq = 0;     // the number that the caller's actor gives the change; 0: none
  std::uint64_t further_seqs = 0;  // how many of the actor's numbers follow it in this change
  ByteView intent;
  // Keeps what `intent` refers to. nullptr: that is valid during the call, and is copied if the change
  // cannot be decided within it.
  std::shared_ptr<const void> owner = nullptr;
  identity::Right right = identity::Right::kWrite;  // the right that it needs
  bool alone = false;                               // its author has no other change under way
  // Called if the change waits for others (waiting_changes.h): with false at once, with true when
  // it is stored durably. Its receipt comes when the changes that it needs have arrived. May be
  // empty.
  std::move_only_function<void(bool kept)> waits = {};
  // For a change that joins several (merge::ObjectType::join). Called, and nothing else, if the change would be
  // refused or would wait, because only some of the joined ones may be at fault: the caller then submits each.
  std::move_only_function<void()> apart = {};
  // The named actor of the caller, if it is one. It numbers its changes from 1.
  std::shared_ptr<NamedActor> named = nullptr;
};

template <typename T>
using Done = log::Done<T>;

// What became of a presence update.
struct PresenceTaken {
  std::size_t told_bytes = 0;  // others are told so much
  bool untold = false;         // others have still to be told
};

class Workspace {
 public:
  Workspace(std::string name, Services services);
  ~Workspace();

  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  const std::string& name() const { return name_; }

  // Checks whether the workspace can be served: finds the end of the log, and checks that the log
  // begins with what its last checkpoint says. kCorrupt: it is shut, or is shut now.
  void open(Done<void> done);

  // Loads the object if necessary, and subscribes to it through a face of its type
  // (merge/object.h). An object without events begins with the first type that has this face. With
  // an empty face, any object can be read. The LiveObject is valid until unsubscribe() or
  // on_lost(). If the subscriber leaves before the answer, call cancel().
  //   kForbidden    the caller may not read the object
  //   kInvalid      the object has no events, and its name is none for a new object
  //   kUnsupported  the object's type does not have that face, or this build does not know the type
  void subscribe(const identity::Caller& caller, const std::string& object, std::string_view face,
                 Subscriber& subscriber, Done<LiveObject*> done);
  void unsubscribe(LiveObject& object, Subscriber& subscriber);
  // Drops a subscribe() that was not answered. Its callback will not run.
  void cancel(Subscriber& subscriber);

  // Loads what is recorded of a named actor, so that its changes are recognised when it sends them
  // again: over another connection, or after a restart. Call it before the actor's first change,
  // and hold the answer as long as the actor may send more. When the view is dropped
  // (Subscriber::on_lost), the answer is void: changes are then refused with kUnavailable, and the
  // actor must be recalled again.
  //   kInvalid      a bad name
  //   kUnsupported  this workspace records nothing of actors
  void recall(log::ActorId actor, Actors::Recalled done) {
    actors_.recall(std::move(actor), std::move(done));
  }

  // Decides about a change: first its type (merge::Object::prepare), then the deciders. `done` gets
  // the receipt when the change is durable, or the reason of the refusal. All subscribers except
  // `source` (may be nullptr) get the change. A change that is already known needs only the right
  // to read.
  //
  // If a named actor sends a number that is already recorded, or on its way to the log, the answer
  // is "known", whatever the change contains now. It comes when the first one is durable.
  // kConflict: the number is too old, so it is unknown whether it was recorded.
  void submit(const identity::Caller& caller, LiveObject& object, Change change,
              const Subscriber* source, Done<Receipt> done);

  // diff: what a replica at `version` lacks. version: what this state knows. Both are returned once
  // they are durable. kUnsupported if the type has no versions.
  // There is no answer if the subscriber for whom it is leaves before (nullptr: for nobody in
  // particular).
  void diff(const identity::Caller& caller, LiveObject& object, ByteView version,
            Done<Lacking> done, const Subscriber* to = nullptr);
  void version(const identity::Caller& caller, LiveObject& object, Done<Bytes> done,
               const Subscriber* to = nullptr);

  // The whole state and its position, for types without versions. Returned once it is durable.
  struct State {
    log::Position position = 0;
    Bytes snapshot;  // for merge::ObjectType::restore
  };
  void state(const identity::Caller& caller, LiveObject& object, Done<State> done,
             const Subscriber* to = nullptr);

  // Reads an object without subscribing: calls `extract` with its state, and returns the result
  // once it is durable. kNotFound if the object has no events.
  struct View {
    log::Position position = 0;
    std::unique_ptr<Pieces> content = nullptr;
    MemoryCharge charge = {};  // of the content, if a worker made it
    std::uint64_t generation = 0;
  };
  // What it returns must not refer to the object.
  using Extract = std::move_only_function<Result<std::unique_ptr<Pieces>>(const merge::Object&)>;
  // If the object is large, `extract` runs on a worker with a copy of that state, made from the log.
  // `order`: of that job, if it is one.
  void read(const identity::Caller& caller, const std::string& object, Extract extract,
            Done<View> done, state::JobOrder order = {});

  // Makes a change from the present state: `make` gets the object (empty, at position 0, if it has
  // no events) and returns the intent. If it changes nothing, the answer is "known". A dry run ends
  // after `make`; its receipt has the present position. If the object is large, or if `make` reads as
  // much besides it, `make` runs on a worker, and is destroyed there.
  struct Author {
    identity::Caller caller;
    identity::Right right = identity::Right::kWrite;  // the right that the change needs
    bool dry_run = false;
    // The type of an object that begins with this change; nullptr: the default type.
    const merge::ObjectType* type = nullptr;
    std::size_t reads = 0;  // the memory of what `make` walks over besides the object
    // For a change that may be sent again: a named actor of its own, as the caller names it, and its only number.
    // If that is recorded, `make` does not run, and the answer is "known", as with submit(). kUnprocessable: the
    // actor has recorded another number, so this is another change.
    std::shared_ptr<NamedActor> named = nullptr;
    std::uint64_t actor_seq = 0;
    std::move_only_function<void(bool kept)> waits = {};  // as Change::waits
  };
  using Make = std::move_only_function<Result<Bytes>(const merge::Object&, log::Position)>;
  void change(const std::string& object, Author author, Make make, Done<Receipt> done);

  // Whether the caller has this right on the object now: for a change, whether some change of it could be allowed.
  Result<void> may(const identity::Caller& caller, identity::Right right,
                   const LiveObject& object) const {
    return verdict_on(caller, right, object, nullptr, 0).allowed;
  }
  // Whether every change of the object would be allowed. Otherwise some may be refused.
  bool may_change_all(const identity::Caller& caller, const LiveObject& object) const;
  // The policies and shares of the workspace, with those of its tenant; nullptr if there are none. Only if it is open.
  const policy::WorkspacePolicy* policy() const { return policy_.get(); }
  bool is_open() const { return open_; }
  // Its own policies and shares, and why an object that holds rules cannot be read. Only if it is open.
  const policy::RulesAt& own_rules() const { return own_rules_; }
  const std::optional<Error>& rules_damage() const { return rules_damaged_; }

  // From now on, this holds for its tenant. Ignored if the workspace knows something newer. Those who are connected
  // are asked again, and nothing is told before they were.
  void take_tenant_rules(const policy::RulesAt& rules);

  // Changes what the workspace promises: pins, the retention rule, a legal hold, an object out of quarantine, policies
  // and shares (log/rules.h). The change is an event of a system object, and takes the way of every change.
  //   kNotFound   there is no such workspace, no such pin, policy or share to remove; retention has dropped what is
  //               pinned
  //   kInvalid    a name, a number, a text or a position that cannot be
  //   kMalformed  the text of a policy cannot be read
  //   kTooLarge   more policies or shares than there can be
  //   kConflict   a second hold; the release of no hold
  void change_rules(const identity::Caller& caller, identity::Right right, log::RuleAct act,
                    std::string reason, Done<Receipt> done);

  // Deletes an object: ends its generation. Those who have it open are told (Subscriber::on_deleted) when that is durable,
  // and what comes from replicas of that generation is refused from now on (kGone). The next change begins the next
  // generation, with an empty object. With `erase`, of an object that is deleted already: it is erased at once.
  //   kNotFound  there is no such object
  //   kGone      it is deleted already
  //   kTooLarge  over a bound (log/deletion_rules.h)
  void delete_object(Deletion deletion, Done<Receipt> done);
  // Brings back the generation that a deletion has ended.
  //   kNotFound  it is not deleted
  //   kGone      it is erased, or to be erased
  //   kConflict  there is a new object of that name
  void undelete_object(Deletion deletion, Done<Receipt> done);
  // Gives an object another name. Its history goes on under that, and the old name leads to it: whoever has it open there is
  // told (Subscriber::on_deleted, kMoved) when that is durable, and so is everybody who opens it later. The caller must be
  // allowed to delete the one, and to make every change of the other.
  //   kNotFound, kGone  there is no such object
  //   kMoved            it was renamed already
  //   kInvalid          the new name is none
  //   kConflict         there is an object of that name; or one was deleted, and is not erased; or the name leads to another one
  //   kUnsupported      objects of its type cannot be renamed
  //   kTooLarge         over a bound (log/deletion_rules.h)
  void rename_object(Deletion deletion, Done<Receipt> done);
  // What was deleted. Only if it is open. The workspace itself is deleted by change_rules(): when that is durable, those
  // who have something of it open are told (Subscriber::on_deleted), and those who follow it (Follower::on_closed).
  //   kGone  the time for undoing its deletion is over
  const log::HeldDeletions& deletions() const { return deletions_; }
  // The name to which this one leads, if that is durable; nullptr: it leads nowhere. Only if it is open.
  const std::string* moved_to(std::string_view object) const;

  // Presence is not logged. It is told to everybody when what it may refer to is durable. `owner` vouches
  // for the clients in it, which disappear with it. kMalformed, kForbidden: nothing was taken. kTooLarge:
  // what is over a limit was dropped, the rest was taken.
  // Without `tell`, others are told of news only by the next tell_untold_presence() for this owner, and
  // then of the newest.
  PresenceTaken set_presence(const identity::Caller& caller, LiveObject& object, Subscriber& owner,
                             ByteView update, bool tell, Done<void> done);
  PresenceTaken tell_untold_presence(const identity::Caller& caller, LiveObject& object,
                                     Subscriber& owner);
  // The presence of all clients, as an awareness update for the subscriber `to`; nullptr if nobody
  // is present. Several may share it, with its encodings. With `with_gone`, it includes clients that left recently, for a subscriber that may
  // have missed this. There is no answer if the subscriber leaves.
  void presence(const identity::Caller& caller, LiveObject& object, const Subscriber& to,
                bool with_gone, Done<std::shared_ptr<const Diff>> done);

  // The upkeep of the objects whose ids follow `after`, in order: removes clients that were silent for
  // too long, gives up what was made for many and is not asked for any more, and lets those shrink who
  // hold most while memory is short. Ends when `steps` are used up, of which each object takes at least
  // one, and sets `after` to the last object. True if there are no more. Call it for all objects every
  // few seconds.
  bool look_after(std::string& after, std::size_t& steps);

  // Sends a client's message to all subscribers except `except` (may be nullptr). Not logged.
  // kForbidden: it was sent to nobody.
  void pass_on(const identity::Caller& caller, LiveObject& object, std::string message,
               const Subscriber* except, Done<void> done);

  // Takes over events of this workspace's log in another region, in the order of that log. Each is
  // judged and applied as a change of its author, and becomes an event here with its origin. Events
  // that were taken over before, or whose change is already known, are skipped. Answers the
  // position up to which that log was taken over durably. An error is that of the first event that
  // cannot be taken over; the events before it were taken over.
  //
  // What the tokens of authors said is in session records (log/session_record.h). So `events` also contains those that
  // its events name, which may be older than what was taken over before. An author without a record is in no group; if
  // the policies here take something away because of what a token says, his change is refused.
  //   kInvalid      the events are not in the order of their log, or a stamp is too far ahead
  //   kUnavailable  an event waits for others that have not arrived; send it again later
  //   kConflict     the object has another type here
  //   kForbidden    the policies here do not allow it, or nobody knows whether they do
  //   kUnsupported  a group, an event without its payload, or a type that this build does not know
  void ingest(std::string region, std::vector<log::Event> events, Done<log::Position> done);

  // Calls back when the event at `position` is durable; at once if it is already, or if nothing is
  // in flight. An error says why it never will be.
  void when_durable(log::Position position, Done<void> done);

  // The last event that is durable. 0: there is none, or the workspace is not open.
  log::Position durable() const { return outbox_.durable(); }

  // As long as the place exists, the follower is told of durable events, and the workspace stays in memory.
  [[nodiscard]] Followers::Place follow(Follower& follower) { return followers_.add(follower); }

  // True if something that clients sent is not durable yet, or waits for an object that is away.
  // Costs a look at each object with subscribers.
  bool busy() const;

  // True if nobody is subscribed and nothing is in flight, so the host may destroy it.
  bool idle() const;

  // Sends everybody away if the tenant is not open any more.
  void leave_closed_tenant();

  std::size_t live_objects() const { return live_.size(); }

 private:
  // A change and its source.
  struct Offer {
    Change change = {};
    SubscriberList::Stay author = 0;  // does not get the change again
    std::uint64_t waited = 0;         // its number as a waiting change; 0: it is new
    const log::Event* ingested =
        nullptr;                   // as another region's log holds it; valid during the call
    std::string_view region = {};  // that region
    bool author_known = true;  // false: nobody knows what his token said, and he is not recorded
    std::uint64_t received_us = 0;  // when its first turn began (Scheduler::turn_began_us)
    bool elsewhere = false;         // a worker prepares it, or it waited for one
    Bytes copy = {};                // of the intent of a long change that waits for others
  };
  // What a change takes of the quotas of its workspace and tenant; nothing without them.
  struct Counted {
    limits::SharedUse use;
    std::uint64_t bytes = 0;
    bool new_object = false;
    bool new_workspace = false;

    void take(std::uint64_t now_ms) const {
      if (use == nullptr) return;
      use->store(bytes, new_object, new_workspace);
      use->take(limits::Quota::kEvents, 1, now_ms);
    }
    void end(bool durable) const {
      if (use == nullptr) return;
      durable ? use->settle(bytes, new_object) : use->store(bytes, new_object, new_workspace, -1);
    }
  };
  struct LongChange;
  struct PreparedLong;
  struct Ready;
  struct Ingesting;
  struct Opening {
    identity::Caller caller;
    std::string object;
    std::string face;
    Subscriber* subscriber;  // nullptr: cancelled
    Done<LiveObject*> done;
    identity::Right right = identity::Right::kRead;  // that it needs to come in
    bool content_asked = false;                      // nobody need be asked for a first content
    bool takes_name = false;                         // it may be a name that leads elsewhere
  };

  class RuleAuthor;
  struct Deleting;

  void open_deletions(std::shared_ptr<Deleting> deleting);
  void try_deletion(std::shared_ptr<Deleting> deleting);
  void answer_deletion(Deleting& deleting, Result<Receipt> receipt);
  Result<log::RuleAct> deletion_of(const Deletion& wish, LiveObject& object) const;
  Result<log::RuleAct> renaming_of(const Deletion& wish, LiveObject& object,
                                   const LiveObject& target) const;
  Bytes ended_version(const LiveObject& object) const;
  Result<void> check_new_name(const Deletion& wish, const LiveObject& target) const;
  Result<log::RuleAct> undeletion_of(const Deletion& wish, LiveObject& object) const;
  void read_deletions(const merge::Object& rules);
  void take_deletion(const log::Event& event);
  void end_generation(LiveObject& object, log::Position position);
  void take_workspace_deletion(const log::RuleChange& change, log::Position position);
  void begin_renamed(const log::RuleChange& change, const log::Event& event);
  void end_workspace(log::Position position);
  Result<void> check_workspace_act(const log::RuleAct& act) const;
  Result<void> check_there(std::string_view object) const;
  void bring_back(const std::string& object, const char* why);
  void enter_generation(LiveObject& object);
  void look_at_past(LiveObject& object) const;
  Result<void> check_generation(const LiveObject& object, const Offer& offer) const;
  Error old_replica_error(const LiveObject& object) const;
  Result<void> check_not_moved(std::string_view object) const;
  Error deleted_error(std::string_view object) const;
  Error no_object_error(std::string_view object) const;

  // Where somebody is charged for what he holds here; nullptr: it is not counted.
  SharedCell cell_of(const identity::Caller& caller, MemoryUse use) const;
  const Shut* shut_entry() const;  // nullptr: it is not shut
  void load_head();
  Result<void> find_owner();
  // workspace_content.cpp
  bool wants_content(LiveObject& object, const Opening& opening) const;
  void ask_for_content(LiveObject& object, Opening opening);
  std::uint64_t content_replica();
  void put_content(const std::string& id, FirstContent::Content content);
  void content_known(const std::string& id);
  void content_failed(const std::string& id, const Error& why);
  struct Waiting;
  void end_waiting(const std::string& id, Result<void> how);
  void go_on_with(std::shared_ptr<Waiting> waiting);
  void confirm(log::Head head);
  void look_at_rules(log::Head head);
  void take_over_rules(log::Head head, const std::vector<log::RuleChange>& changes);
  void read_rules(log::Head head, std::size_t index);
  void look_at_tenant(log::Head head);
  void read_policy(log::Head head, std::size_t index, state::Resident& resident);
  void take_policy(const log::Event& event, const merge::Object& object, log::Position before);
  void use_rules();
  void tell_rights(bool later = false);
  void go_on_asking();
  void ask_in_a_turn();
  bool ask_some();
  bool ask_with_these();
  void submit_rules(std::shared_ptr<RuleAuthor> author, LiveObject& object);
  bool compile_ahead(std::shared_ptr<RuleAuthor>& author, LiveObject& object);
  void begin_rules(std::shared_ptr<RuleAuthor> author, LiveObject& object);
  Result<void> check_rule(const RuleAuthor& author, const LiveObject& object,
                          const log::Retention& kept) const;
  void head_loaded(Result<log::Head> head);
  void subscribe(Opening opening);
  void acquire(std::shared_ptr<Opening> opening);
  void acquired(std::shared_ptr<Opening> opening, Result<state::Resident*> resident);
  void enter(LiveObject& object, Opening opening);
  void enter_later(log::Position rules, Opening opening);
  Result<void> open_through(LiveObject& object, std::string_view face);
  void fail_openings(const Error& error);
  void sweep_later();
  void sweep();
  bool sweep(LiveObject& object);
  void evict_in_flight();
  void release_lost();

  // True if work on the whole object, or with this change, is too long for the loop.
  bool is_large(const LiveObject& object) const;
  bool is_large(std::size_t memory_bytes) const;
  bool is_long(ByteView intent) const;
  // nullopt: preparing and applying it takes too long for the loop.
  Result<std::optional<merge::Prepared>> prepare(const LiveObject& object, ByteView intent) const;
  // Runs `work`, which needs so much memory, with the object on a worker, and then `then` on this loop,
  // unless the workspace has ended by then. The object may have been lost in between.
  template <typename T>
  void lend(LiveObject& object, const char* name, std::size_t bytes,
            std::move_only_function<T(merge::Object&)> work, std::move_only_function<void(T)> then);
  void advance(LiveObject& object);
  // Has `task`, which answers that subscriber, wait in line. It is dropped if he leaves before.
  void wait_for(LiveObject& object, const Subscriber* to,
                std::move_only_function<void(const Subscriber* to)> task);

  void note_read(const identity::Caller& caller, const LiveObject& object) const;
  // `size`: of the change, in bytes. A refusal is told to the audit log.
  policy::Verdict judge(const identity::Caller& caller, identity::Right right,
                        const LiveObject& object, const merge::Effect* effect = nullptr,
                        std::size_t size = 0) const;
  // The same, if nobody asked for it.
  policy::Verdict verdict_on(const identity::Caller& caller, identity::Right right,
                             const LiveObject& object, const merge::Effect* effect,
                             std::size_t size) const;
  // Calls `item` (see Outbox::Item) when everything is durable that the present state of the object and the rules
  // up to a position depend on. Nearly always that is now, and then it costs no allocation.
  template <typename Item>
  void let_out(LiveObject& object, log::Position rules, Item item);
  void hold_back(LiveObject& object, log::Position rules, Outbox::Item item);
  // Answers a change whose number is already recorded. Returns false if the number is new, or if
  // the change has none.
  bool answer_repeated(const identity::Caller& caller, LiveObject& object, const Offer& offer,
                       Done<Receipt>& done);
  void answer_at(LiveObject& object, log::Position position, log::Position rules,
                 Done<Receipt> done);
  void answer_known(LiveObject& object, log::Position rules, Done<Receipt> done);
  template <typename T>
  void give(LiveObject& object, policy::Verdict verdict, Result<T> read, Done<T> done);
  void diff_elsewhere(LiveObject& object, policy::Verdict verdict, ByteView version,
                      Done<Lacking> done);
  void look(LiveObject& object, const identity::Caller& caller, Extract extract, Done<View> done,
            state::JobOrder order);
  void look_elsewhere(LiveObject& object, log::Position rules, Extract extract, Done<View> done,
                      state::JobOrder order);
  void make_change(LiveObject& object, Author author, Make make, Done<Receipt> done);
  void made(LiveObject& object, Author author, Result<Bytes> intent, Done<Receipt> done);
  bool answer_only_change(LiveObject& object, const Author& author, Done<Receipt>& done);
  void expire_presence(LiveObject& object);
  void drop_unused(LiveObject& object) const;
  void relieve(LiveObject& object);
  void note_evictions(LiveObject& object, std::uint64_t before);
  void tell_news(LiveObject& object, log::Position rules, const std::string& principal,
                 Subscriber& owner, Presence::News news);
  void tell_presence(LiveObject& object, log::Position rules, std::string principal, Bytes update,
                     SubscriberList::Stay except = 0);
  void decide(const identity::Caller& caller, LiveObject& object, Offer offer, Done<Receipt> done);
  void decide_elsewhere(const identity::Caller& caller, LiveObject& object, Offer offer,
                        Done<Receipt> done);
  void apply_elsewhere(LiveObject& object, std::shared_ptr<LongChange> change);
  void applied_elsewhere(LiveObject& object, LongChange& change, Result<Ready> applied);
  // Answers a prepared change that becomes no event. Otherwise returns the position of the rules
  // that allow it.
  std::optional<log::Position> allow(const identity::Caller& caller, LiveObject& object,
                                     Offer& offer, Result<merge::Prepared>& prepared,
                                     Done<Receipt>& done);
  void settle(const identity::Caller& caller, LiveObject& object, Offer& offer,
              merge::Prepared prepared, log::Position rules, Ready* ready, Done<Receipt> done);
  static bool begins(const LiveObject& object, const Offer& offer);
  void know(const identity::Caller& caller, LiveObject& object, const Offer& offer,
            Done<Receipt> done);
  void refuse(LiveObject& object, const Offer& offer, policy::Verdict verdict, Done<Receipt> done);
  void wait(const identity::Caller& caller, LiveObject& object, Offer offer, Bytes waits_for,
            Done<Receipt> done);
  void ingest_next(std::shared_ptr<Ingesting> ingesting);
  void ingest_into(LiveObject& object, const identity::Caller& author,
                   std::shared_ptr<Ingesting> ingesting);
  void refuse_waiting(const std::string& object, const Error& error);
  static void keep(Change& change);
  void note_arrived(LiveObject& object, const Result<std::vector<merge::IdRange>>& ids);
  void take_up_later(const std::string& object);
  void take_up(const std::string& object);
  void submit_waited(LiveObject& object, std::shared_ptr<WaitingChanges::Entry> waited);
  void recall_and_submit(const std::string& object, std::shared_ptr<WaitingChanges::Entry> waited);
  Result<log::Event> accept(const identity::Caller& caller, LiveObject& object, const Offer& offer,
                            const merge::Prepared& prepared, log::Position rules, Ready* ready);
  Result<void> check_quotas(const LiveObject& object, const Offer& offer) const;
  Counted count_use(const LiveObject& object) const;
  Result<log::Position> record_session(const identity::Caller& caller);
  log::Event event_of(const identity::Caller& caller) const;
  log::Event describe(const identity::Caller& caller, LiveObject& object, const Offer& offer,
                      log::Position rules) const;
  void note_author(const identity::Caller& caller, LiveObject& object, SubscriberList::Stay author);
  void watch_clock(std::uint64_t unix_ms);
  void note_era(const log::Event& event, std::uint64_t last_ms);
  void flush_later();
  void flush();
  void write_milestone(LiveObject& object);
  bool has_room_for_milestone(std::uint64_t bytes) const;
  void store_when_durable(LiveObject& object, Bytes milestone, MemoryCharge charge);
  void committed(log::Position position, log::Durability durability);
  void reset(const Error& cause);
  void report(const Error& error);

  const std::string name_;
  Services services_;
  const observe::Reporter reporter_;
  const Lane lane_;
  Telling telling_;
  Outbox outbox_;
  Actors actors_;
  log::Durability durability_ = log::Durability::kMemory;

  bool open_ = false;        // the head is known
  std::uint64_t epoch_ = 0;  // of this owner (log/placement.h)
  std::vector<Done<void>> wait_for_head_;
  log::EventChain chain_;
  log::Position appended_ = 0;            // passed to the log
  std::vector<log::EncodedEvent> batch_;  // sealed in this turn
  std::vector<LiveObject*> touched_;      // by the batch
  std::vector<log::Settled> settled_;     // by the batch: changes that no longer wait
  WaitingChanges waiting_;
  Rarely<SessionRecords> sessions_;  // of those whom rules have judged
  const limits::SharedUse use_;      // nullptr: it is of the default tenant
  std::set<std::string> taking_up_;  // objects that take_up() will process in a later turn
  bool loading_head_ = false;
  std::optional<Error> rules_damaged_;  // why nobody knows what the workspace promises
  const bool is_system_;                // the workspace of the server's own in a tenant
  policy::RulesAt own_rules_;
  policy::RulesAt durable_rules_;  // the same, as far as the log has made them durable
  policy::RulesAt tenant_rules_;
  std::shared_ptr<const policy::WorkspacePolicy> policy_;  // of both; nullptr: there are none
  // The rules as a change that is submitted next makes them.
  struct Ahead {
    log::Position before;  // of the change before it
    Bytes intent;
    std::shared_ptr<const policy::RuleSet> rules;
  };
  std::optional<Ahead> ahead_;
  // How far those who are connected were asked again: up to this subscriber of this object.
  struct Asking {
    std::string object;
    SubscriberList::Stay after = 0;
  };
  std::optional<Asking> asking_;
  bool any_deletions_ = false;  // there were some when it was opened
  log::HeldDeletions deletions_;
  log::Position deletions_at_ = 0;  // the last event of them since the workspace was opened
  log::Position renamed_at_ = 0;    // of these, the last that renamed an object
  bool rules_untold_ = false;       // what an earlier version kept could not be made events of
  bool sweep_scheduled_ = false;

  std::map<std::string_view, std::unique_ptr<LiveObject>> live_;  // by their own ids
  // The objects in live_ without subscribers, and perhaps others: a commit looks only at these, and not at all that
  // are open.
  std::set<std::string, std::less<>> left_;
  std::vector<std::unique_ptr<LiveObject>> lost_;  // by a reset; released in a later turn
  std::vector<std::shared_ptr<Opening>> opening_;
  std::map<std::string, std::vector<std::shared_ptr<Opening>>> content_;  // those that wait for it
  Followers followers_;

  // Replaced when the view is dropped. Answers to an earlier view find it expired and are ignored.
  std::shared_ptr<const int> view_ = std::make_shared<const int>();
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

template <typename Item>
void Workspace::let_out(LiveObject& object, log::Position rules, Item item) {
  const log::Position needed = std::max(object.began_at(), rules);
  if (!object.busy() && !object.lost() && outbox_.is_free(std::max(object.position(), needed)))
    return item(nullptr);
  hold_back(object, needed, std::move(item));
}

template <typename T>
void Workspace::lend(LiveObject& object, const char* name, std::size_t bytes,
                     std::move_only_function<T(merge::Object&)> work,
                     std::move_only_function<void(T)> then) {
  object.go_away();
  merge::Object& lent = object.resident().object();
  services_.off_loop->compute<T>(
      {.kind = state::JobOrder::kUrgent, .asker = name_, .name = name, .bytes = bytes},
      [&lent, work = std::move(work)]() mutable { return work(lent); },
      [this, &object, alive = std::weak_ptr(alive_), then = std::move(then)](T result) mutable {
        if (alive.expired()) return;
        object.come_home([then = std::move(then), result = std::move(result)]() mutable {
          then(std::move(result));
        });
        advance(object);
      });
}

// What everybody is told whose workspace has a damaged system object, but the local operator.
Error rules_error(const std::string& workspace, const Error& damage);

}  // namespace syncline::workspace
