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
#include <string>
#include <string_view>
#include <vector>

#include "base/scheduler.h"
#include "log/checkpoint_keeper.h"
#include "log/event_log.h"
#include "log/notary.h"
#include "state/object_cache.h"
#include "syncline/error.h"
#include "workspace/live_object.h"
#include "workspace/outbox.h"
#include "workspace/shut_list.h"

namespace syncline::workspace {

struct Counters {
  std::uint64_t changes_accepted = 0;  // became events
  std::uint64_t changes_known = 0;     // were known already
  std::uint64_t changes_refused = 0;
  std::uint64_t bytes_accepted = 0;  // of intents
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
  Scheduler& scheduler;
  Counters& counters;
  Random& random;  // salts of events: must be unpredictable
  // The disk failed: the process must stop serving. Called at most once per failure.
  std::function<void(const Error&)> on_storage_failure;
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
};

struct Change {
  std::string principal;
  std::string actor;
  std::uint64_t actor_seq = 0;
  ByteView intent;
  std::string trace = {};  // W3C traceparent of the request; may be empty
};

// The answer to a change, once it holds.
struct Receipt {
  log::Position position = 0;  // of the event; of the state that held it already, if it was known
  log::Durability durability = log::Durability::kMemory;
  bool known = false;  // nothing was new, so nothing was logged
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

  // Loads the object if need be and subscribes to it. The LiveObject is valid until unsubscribe(),
  // or until on_lost(). If the subscriber leaves before the answer, use cancel().
  void subscribe(const std::string& object, Subscriber& subscriber, Done<LiveObject*> done);
  void unsubscribe(LiveObject& object, Subscriber& subscriber);
  // Drops a subscribe() that was not answered; its callback will not run.
  void cancel(Subscriber& subscriber);

  // Decides on a change; `done` gives the receipt when it is durable, or the reason of the refusal.
  // Everybody subscribed but `source` (may be nullptr) hears of it.
  void submit(LiveObject& object, const Change& change, const Subscriber* source,
              Done<Receipt> done);

  // What a replica at `version` lacks / what this state knows; given out once durable. kUnsupported: the
  // type has no versions.
  void diff(LiveObject& object, ByteView version, Done<Bytes> done);
  void version(LiveObject& object, Done<Bytes> done);

  // The whole state, and where it stands: for those whose type has no versions. Given out once durable.
  struct State {
    log::Position position = 0;
    Bytes snapshot;  // for merge::ObjectType::restore
  };
  void state(LiveObject& object, Done<State> done);

  // One look at an object without subscribing: `extract` is called with its state, what it gives is
  // handed out once durable. kNotFound if the object has no events.
  struct View {
    log::Position position = 0;
    std::string content;
  };
  using Extract = std::move_only_function<Result<std::string>(const merge::Object&)>;
  void read(const std::string& object, Extract extract, Done<View> done);

  // A change that is made from the present state: `make` gets the object (empty, at position 0, if it
  // has no events) and gives the intent. What changes nothing is answered as known. A dry run ends
  // with `make`, and its receipt names the present position.
  struct Author {
    std::string principal;
    std::string actor;
    std::string trace;
    bool dry_run = false;
  };
  using Make = std::move_only_function<Result<Bytes>(const merge::Object&, log::Position)>;
  void change(const std::string& object, Author author, Make make, Done<Receipt> done);

  // Presence is not logged: told to everybody at once. `owner`, who is `principal`, vouches for the
  // clients in it, which disappear with it. kMalformed: nothing was taken. kTooLarge: what is over a
  // limit was dropped, the rest was taken.
  Result<void> set_presence(LiveObject& object, Subscriber& owner, std::string_view principal,
                            ByteView update);
  // Drops clients that were not heard of for too long. To be called every few seconds.
  void expire_presence();

  // Passes a message of a client, who is `principal`, on to everybody but `except` (may be nullptr).
  // Not logged.
  void pass_on(LiveObject& object, std::string_view principal, std::string_view message,
               const Subscriber* except);

  // True if something that clients sent is not durable yet.
  bool busy() const { return outbox_.size() > 0; }

  // True if nobody is subscribed and nothing is under way: the host may destroy it.
  bool idle() const;

  std::size_t live_objects() const { return live_.size(); }

 private:
  struct Opening {
    std::string object;
    Subscriber* subscriber;  // nullptr: cancelled
    Done<LiveObject*> done;
  };

  const Shut* shut_entry() const;  // nullptr: it is not shut
  void load_head();
  void confirm(log::Head head);
  void head_loaded(Result<log::Head> head);
  void acquire(std::shared_ptr<Opening> opening);
  void acquired(std::shared_ptr<Opening> opening, Result<state::Resident*> resident);
  void fail_openings(const Error& error);
  void sweep_later();
  void sweep();
  void evict_in_flight();
  void release_lost();

  void answer_known(LiveObject& object, Done<Receipt> done);
  void tell_presence(LiveObject& object, ByteView update, std::string_view principal,
                     SubscriberList::Stay except = 0);
  Result<log::Event> accept(LiveObject& object, const Change& change,
                            const merge::Prepared& prepared);
  void flush_later();
  void flush();
  void committed(log::Position position, log::Durability durability);
  void reset(const Error& cause);
  void report(const Error& error);

  const std::string name_;
  Services services_;
  Outbox outbox_;
  log::Durability durability_ = log::Durability::kMemory;

  bool open_ = false;  // the head is known
  std::vector<Done<void>> wait_for_head_;
  log::EventChain chain_;
  log::Position appended_ = 0;            // handed to the log
  std::vector<log::EncodedEvent> batch_;  // sealed in this turn
  std::vector<LiveObject*> touched_;      // by the batch
  bool loading_head_ = false;
  bool sweep_scheduled_ = false;

  std::map<std::string, std::unique_ptr<LiveObject>, std::less<>> live_;
  std::vector<std::unique_ptr<LiveObject>> lost_;  // by a reset; released in a later turn
  std::vector<std::shared_ptr<Opening>> opening_;

  // Replaced when the view is dropped: answers to an earlier view find it expired and are void.
  std::shared_ptr<const int> view_ = std::make_shared<const int>();
};

}  // namespace syncline::workspace
