// Workspace: the write path. One ordered log, the objects that are views of it, and those who are
// connected to them.
//
// A change is prepared against the present state (refused whole, or accepted with its effect),
// sealed into an event with its place in the log, applied, and appended; its ack, its broadcast and
// every reply that contains it leave when the log has made it durable (outbox.h). Changes of one
// turn of the loop are appended together.
//
// DESIGN differs: there the log commits first and memory follows. Here memory runs ahead and the
// way out is gated, so that a change is always judged against everything accepted before it,
// without waiting a disk's turn for each.
//
// When the log refuses an append, what memory holds ahead of it never happened: the workspace drops
// its view, tells every subscriber (on_lost), and reads the log anew for the next one. Whatever the
// reason was, its error is one that says "later" (kUnavailable, kIo, kCorrupt). A log that is found
// damaged shuts its workspace (shut_list.h); only a disk that fails stops the process.
//
// Thread-safety: none; lives on one loop. Callbacks run in a later turn, or at once where the
// answer is already known. Ownership: the host owns workspaces; they borrow Services.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/scheduler.h"
#include "log/checkpoint_keeper.h"
#include "log/event_log.h"
#include "log/notary.h"
#include "log/placement.h"
#include "log/retention_store.h"
#include "log/rules.h"
#include "log/rules_store.h"
#include "merge/type_registry.h"
#include "policy/caller.h"
#include "policy/decider.h"
#include "state/object_cache.h"
#include "syncline/error.h"
#include "workspace/actors.h"
#include "workspace/live_object.h"
#include "workspace/outbox.h"
#include "workspace/receipt.h"
#include "workspace/shut_list.h"
#include "workspace/waiting_changes.h"

namespace syncline::workspace {

struct Counters {
  std::uint64_t changes_accepted = 0;  // became events
  std::uint64_t changes_known = 0;     // were known already
  std::uint64_t changes_refused = 0;
  std::uint64_t changes_waiting = 0;  // were kept until others arrive
  std::uint64_t bytes_accepted = 0;   // of intents
  std::uint64_t events_committed = 0;
  std::uint64_t appends = 0;
  std::uint64_t resets = 0;  // views dropped because the log refused
  // Objects that were left by everybody, and stayed for changes that were not durable yet.
  std::uint64_t left_in_flight = 0;
};

// What a workspace is given. All outlive it.
struct Services {
  log::EventLog& log;
  state::ObjectCache& cache;
  const merge::TypeRegistry& types;
  log::WaitingStore& waiting;
  log::RetentionStore& retention;
  log::RulesStore& rules;
  Scheduler& scheduler;
  Counters& counters;
  Random& random;  // salts of events: must be unpredictable
  // The disk failed: the process must stop serving. Called at most once per failure.
  std::function<void(const Error&)> on_storage_failure;
  // Asked in this order about whatever a caller wants (policy/decider.h). They outlive the workspace.
  std::vector<const policy::Decider*> deciders = {};
  // Who owns the workspace, and under which epoch. nullptr: this node, under epoch 0.
  const log::Placement* placement = nullptr;
  // Where this is, as it stands in events; may be empty.
  std::string region = {};
  std::string node = {};
  // What was signed of the log, which must begin with it before the workspace is opened. nullptr:
  // nothing is looked at.
  log::Notary* notary = nullptr;
  // Where a workspace is entered whose log is damaged. nullptr: nobody keeps a list, and the next one
  // who opens the workspace has its log read again.
  ShutList* shut = nullptr;
  // Hears of what was appended, and has it signed in time. nullptr: nobody does.
  log::CheckpointKeeper* checkpoints = nullptr;
  // What is recorded of actors that name themselves. nullptr: none can.
  log::ActorStore* actors = nullptr;
  // The objects that cannot be served; the host asks it about those that hold rules. nullptr: nobody is
  // refused for them before they are read.
  const state::Quarantine* quarantine = nullptr;
};

struct Change {
  std::uint64_t actor_seq = 0;  // the caller's actor numbers its changes; 0: it does not
  ByteView intent;
  policy::Right right = policy::Right::kWrite;  // that it needs
  // Called if it waits for others (waiting_changes.h): with false at once, with true when it is kept
  // durably. Its receipt comes when its causes have arrived. May be empty.
  std::move_only_function<void(bool kept)> waits = {};
  // Set if the caller's actor names itself, and is this one: it numbers its changes from 1.
  std::shared_ptr<NamedActor> named = nullptr;
};

template <typename T>
using Done = log::Done<T>;

class Workspace {
 public:
  Workspace(std::string name, Services services);
  ~Workspace();

  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  const std::string& name() const { return name_; }

  // Whether it can be served: finds the end of the log, and that the log begins with what was signed of
  // it. kCorrupt: it is shut, or is from now on.
  void open(Done<void> done);

  // Loads the object if need be and subscribes to it, through a face of its type (merge/object.h); an
  // object without events begins with the first type that has that face. An empty face is none: any
  // object can be looked at. The LiveObject is valid until unsubscribe(), or until on_lost(). If the
  // subscriber leaves before the answer, use cancel().
  //   kForbidden    the caller may not read it
  //   kUnsupported  the object's type does not have that face, or this build does not know the type
  void subscribe(const policy::Caller& caller, const std::string& object, std::string_view face,
                 Subscriber& subscriber, Done<LiveObject*> done);
  void unsubscribe(LiveObject& object, Subscriber& subscriber);
  // Drops a subscribe() that was not answered; its callback will not run.
  void cancel(Subscriber& subscriber);

  // What is recorded of an actor that names itself, so that its changes are recognised when they are sent
  // again: over another connection, after a restart. Ask before the first change, and hold the answer as
  // long as the actor may send more. It is void when the view is dropped (Subscriber::on_lost): changes
  // are then refused with kUnavailable, and the actor is to be recalled anew.
  //   kInvalid      no name for an actor
  //   kUnsupported  nothing is kept of actors here
  void recall(log::ActorId actor, Actors::Recalled done) {
    actors_.recall(std::move(actor), std::move(done));
  }

  // Decides on a change: first its type (merge::Object::prepare), then the deciders. `done` gives the
  // receipt when it is durable, or the reason of the refusal. Everybody subscribed but `source` (may be
  // nullptr) hears of it. A change that is known already needs the right to read only.
  // A number of an actor that names itself that is recorded already, or on its way, is answered as known
  // when that one is durable, whatever the change says now; kConflict: the number is too old to tell.
  void submit(const policy::Caller& caller, LiveObject& object, Change change,
              const Subscriber* source, Done<Receipt> done);

  // What a replica at `version` lacks / what this state knows; given out once durable. kUnsupported: the
  // type has no versions.
  void diff(const policy::Caller& caller, LiveObject& object, ByteView version, Done<Bytes> done);
  void version(const policy::Caller& caller, LiveObject& object, Done<Bytes> done);

  // The whole state, and where it stands: for those whose type has no versions. Given out once durable.
  struct State {
    log::Position position = 0;
    Bytes snapshot;  // for merge::ObjectType::restore
  };
  void state(const policy::Caller& caller, LiveObject& object, Done<State> done);

  // One look at an object without subscribing: `extract` is called with its state, what it gives is
  // handed out once durable. kNotFound if the object has no events.
  struct View {
    log::Position position = 0;
    std::string content;
  };
  using Extract = std::move_only_function<Result<std::string>(const merge::Object&)>;
  void read(const policy::Caller& caller, const std::string& object, Extract extract,
            Done<View> done);

  // A change that is made from the present state: `make` gets the object (empty, at position 0, if it
  // has no events) and gives the intent. What changes nothing is answered as known. A dry run ends
  // with `make`, and its receipt names the present position.
  struct Author {
    policy::Caller caller;
    policy::Right right = policy::Right::kWrite;  // that the change needs
    bool dry_run = false;
    // Of an object that begins with this change; nullptr: the default type.
    const merge::ObjectType* type = nullptr;
  };
  using Make = std::move_only_function<Result<Bytes>(const merge::Object&, log::Position)>;
  void change(const std::string& object, Author author, Make make, Done<Receipt> done);

  // Changes what the workspace promises: pins, the retention rule, a legal hold, an object out of quarantine
  // (log/rules.h). The change is an event of a system object, and takes the way of every change.
  //   kNotFound   there is no such workspace, no such pin to remove; retention has dropped what is pinned
  //   kInvalid    a name, a number, a text or a position that cannot be
  //   kConflict   a second hold; the release of no hold
  void change_rules(const policy::Caller& caller, policy::Right right, log::RuleAct act,
                    std::string reason, Done<Receipt> done);

  // Presence is not logged. It is told to everybody when what it may refer to is durable. `owner` vouches
  // for the clients in it, which disappear with it. kMalformed, kForbidden: nothing was taken. kTooLarge:
  // what is over a limit was dropped, the rest was taken.
  void set_presence(const policy::Caller& caller, LiveObject& object, Subscriber& owner,
                    ByteView update, Done<void> done);
  // Everybody who is present, as an awareness update for that subscriber; with those who have gone lately,
  // for one that may have missed it. nullopt: nobody is. Is not answered if the subscriber leaves.
  void presence(const policy::Caller& caller, LiveObject& object, const Subscriber& to,
                bool with_gone, Done<std::optional<Bytes>> done);
  // Drops clients that were not heard of for too long. To be called every few seconds.
  void expire_presence();

  // Passes a client's message on to everybody but `except` (may be nullptr). Not logged. kForbidden: to
  // nobody.
  void pass_on(const policy::Caller& caller, LiveObject& object, std::string message,
               const Subscriber* except, Done<void> done);

  // Takes over events of this workspace's log in another region, in the order of that log. Each is judged
  // and applied as a change of its author, and becomes an event here with its origin. What was taken over
  // before is left out, and so is what is known already. Answers how far that log is taken over, durably.
  // An error is that of the first event that cannot be taken over; those before it are.
  //   kInvalid      the events are not in the order of their log, or a stamp is too far ahead
  //   kUnavailable  an event waits for others that have not come; it may be sent again later
  //   kConflict     the object is of another type here
  //   kUnsupported  a group, an event without its payload, or a type that this build does not know
  void ingest(std::string region, std::vector<log::Event> events, Done<log::Position> done);

  // Calls back when the event at `position` is durable: at once if it is, or if nothing is known to be
  // under way. The error is the one for which that will never be.
  void when_durable(log::Position position, Done<void> done);

  // True if something that clients sent is not durable yet.
  bool busy() const { return outbox_.size() > 0; }

  // True if nobody is subscribed and nothing is under way: the host may destroy it.
  bool idle() const;

  std::size_t live_objects() const { return live_.size(); }

 private:
  // A change and where it comes from.
  struct Offer {
    Change change = {};
    SubscriberList::Stay author = 0;  // is not told of it again
    std::uint64_t waited = 0;         // its number among those that waited; 0: it did not
    const log::Event* ingested =
        nullptr;                   // as another region's log holds it; valid during the call
    std::string_view region = {};  // that region
  };
  struct Ingesting;
  struct Opening {
    policy::Caller caller;
    std::string object;
    std::string face;
    Subscriber* subscriber;  // nullptr: cancelled
    Done<LiveObject*> done;
  };

  class RuleAuthor;

  const Shut* shut_entry() const;  // nullptr: it is not shut
  void load_head();
  Result<void> find_owner();
  void confirm(log::Head head);
  void look_at_rules(log::Head head);
  void take_over_rules(log::Head head, const std::vector<log::RuleChange>& changes);
  void read_rules(log::Head head, std::size_t index);
  void begin_rules(std::shared_ptr<RuleAuthor> author, LiveObject& object);
  Result<void> check_rule(const RuleAuthor& author, const LiveObject& object,
                          const log::Retention& kept) const;
  void head_loaded(Result<log::Head> head);
  void acquire(std::shared_ptr<Opening> opening);
  void acquired(std::shared_ptr<Opening> opening, Result<state::Resident*> resident);
  Result<void> open_through(LiveObject& object, std::string_view face);
  void fail_openings(const Error& error);
  void sweep_later();
  void sweep();
  void evict_in_flight();
  void release_lost();

  policy::Verdict judge(const policy::Caller& caller, policy::Right right, const LiveObject& object,
                        const merge::Effect* effect = nullptr) const;
  void let_out(LiveObject& object, log::Position rules, Outbox::Item item);
  // Answers a change whose number says that it is not new. False: it is, or nobody numbers it.
  bool answer_repeated(const policy::Caller& caller, LiveObject& object, const Offer& offer,
                       Done<Receipt>& done);
  void answer_at(LiveObject& object, log::Position position, log::Position rules,
                 Done<Receipt> done);
  void answer_known(LiveObject& object, log::Position rules, Done<Receipt> done);
  void give(LiveObject& object, policy::Verdict verdict, Result<Bytes> bytes, Done<Bytes> done);
  void make_change(LiveObject& object, const Author& author, Make& make, Done<Receipt> done);
  void tell_news(LiveObject& object, log::Position rules, const std::string& principal,
                 Subscriber& owner, Presence::News news);
  void tell_presence(LiveObject& object, log::Position rules, std::string principal, Bytes update,
                     SubscriberList::Stay except = 0);
  void decide(const policy::Caller& caller, LiveObject& object, Offer offer, Done<Receipt> done);
  void know(const policy::Caller& caller, LiveObject& object, const Offer& offer,
            Done<Receipt> done);
  void refuse(LiveObject& object, const Offer& offer, policy::Verdict verdict, Done<Receipt> done);
  void wait(const policy::Caller& caller, LiveObject& object, Offer offer, Bytes waits_for,
            Done<Receipt> done);
  void ingest_next(std::shared_ptr<Ingesting> ingesting);
  void ingest_into(LiveObject& object, const policy::Caller& author,
                   std::shared_ptr<Ingesting> ingesting);
  void take_up_later(const std::string& object);
  void take_up(const std::string& object);
  void submit_waited(LiveObject& object, std::shared_ptr<WaitingChanges::Entry> waited);
  void recall_and_submit(const std::string& object, std::shared_ptr<WaitingChanges::Entry> waited);
  Result<log::Event> accept(const policy::Caller& caller, LiveObject& object, const Offer& offer,
                            const merge::Prepared& prepared, log::Position rules);
  void flush_later();
  void flush();
  void committed(log::Position position, log::Durability durability);
  void reset(const Error& cause);
  void report(const Error& error);

  const std::string name_;
  Services services_;
  Outbox outbox_;
  Actors actors_;
  log::Durability durability_ = log::Durability::kMemory;

  bool open_ = false;        // the head is known
  std::uint64_t epoch_ = 0;  // of this owner (log/placement.h)
  std::vector<Done<void>> wait_for_head_;
  log::EventChain chain_;
  log::Position appended_ = 0;            // handed to the log
  std::vector<log::EncodedEvent> batch_;  // sealed in this turn
  std::vector<LiveObject*> touched_;      // by the batch
  std::vector<log::Settled> settled_;     // by the batch: changes that waited
  WaitingChanges waiting_;
  std::set<std::string> taking_up_;  // objects that take_up() will look at in a later turn
  bool loading_head_ = false;
  bool rules_untold_ = false;  // what an earlier version kept could not be made events of
  bool sweep_scheduled_ = false;

  std::map<std::string, std::unique_ptr<LiveObject>, std::less<>> live_;
  std::vector<std::unique_ptr<LiveObject>> lost_;  // by a reset; released in a later turn
  std::vector<std::shared_ptr<Opening>> opening_;

  // Replaced when the view is dropped: answers to an earlier view find it expired and are void.
  std::shared_ptr<const int> view_ = std::make_shared<const int>();
};

// What everybody is told whose workspace has a damaged system object, but the local operator.
Error rules_error(const std::string& workspace, const Error& damage);

}  // namespace syncline::workspace
