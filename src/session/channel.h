// Channel: the view of one client on one object. It does not depend on the client's protocol or the
// object's type: versions, changes and states are bytes here, which the type and the protocol read.
//
// It joins the object, answers what the client lacks, passes the client's changes to the workspace,
// and passes on the changes of others. A slow reader must not cost memory: if too much is queued,
// the channel drops changes and remembers the version from which on the client misses some
// (session/missed.h). Once the queue has drained, one diff from there, or the whole state, brings
// the client up to date. A fast writer must not run ahead of the disk: above a limit, reading stops
// until the log has caught up.
//
// Thread-safety: none. The session owns its channels and outlives them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rarely.h"
#include "identity/caller.h"
#include "observe/report.h"
#include "session/connection.h"
#include "session/limits.h"
#include "session/meter.h"
#include "session/missed.h"
#include "syncline/bytes.h"
#include "syncline/error.h"
#include "workspace/host.h"

namespace syncline::session {

// How much of an object a client may change.
enum class Writing : std::uint8_t {
  kNothing,
  kPart,  // some changes are refused, because of what they do
  kAll,
};

// What a client is told of it.
enum class RightsNews : std::uint8_t {
  kReads,
  kWrites,
  kWritesLess,  // it may write on, and only a part of what it could
};

// Wire: how a session sends messages about one object to its client, in the client's protocol.
class Wire : public Reading {
 public:
  virtual ~Wire() = default;

  // The version of the server's state. The client answers with what it has beyond that.
  virtual void send_version(ByteView version) = 0;
  // What the client lacks, as the answer to its request.
  virtual void send_answer(const workspace::Diff& diff) = 0;
  // What the client lacks, without a request.
  virtual void send_catch_up(const workspace::Diff& diff) = 0;
  // The whole state, which replaces what the client has. For types without versions. A protocol
  // that has no such message ends the channel.
  virtual void send_state(const workspace::Workspace::State&) {
    close({ErrorCode::kUnsupported, "this protocol has no message for a whole state"});
  }
  virtual void send_change(const workspace::Delivery& change) = 0;
  virtual void send_presence(const workspace::Delivery& update) = 0;
  virtual void send_message(const workspace::Delivery&) {}
  // Reports that `updates` more of the client's changes are durable.
  virtual void send_saved(std::uint64_t updates) = 0;
  // Reports that one change was refused. The client may continue.
  virtual void send_refused(const Error& error) = 0;
  // Tells the client whether it may write, which its token does not say alone. Nothing is sent if the protocol has no
  // such message. `changed`: it was otherwise when the client opened the object.
  virtual void send_rights(RightsNews /*news*/, bool /*changed*/) {}
  // A message for people about something that was dropped. Nothing is sent if the protocol has no
  // such message.
  virtual void send_notice(const Error&) {}

  // Ends the channel and tells the client the reason. The channel may be destroyed in a later turn,
  // not during this call.
  virtual void close(const Error& error) = 0;

  virtual std::size_t queued_bytes() const = 0;
  // True if so much is queued for all clients that an answer of `more` bytes should wait.
  virtual bool crowded(std::size_t /*more*/) const { return false; }
};

struct ChannelOptions {
  workspace::Host& host;
  std::string workspace;
  std::string object;
  std::string_view face;  // the face of the protocol (merge/object.h); a constant
  identity::Caller caller;
  const Limits& limits;
  Counters& counters;
  Meter& meter;       // of the connection
  bool greet = true;  // send the version when joined; otherwise only after the client has asked
  // Of the object that the client has (state/generation.h). If another one is there, the channel ends with kGone. 0: it
  // says nothing.
  std::uint64_t generation = 0;
};

class Channel final : public workspace::Subscriber {
 public:
  Channel(ChannelOptions options, Wire& wire);
  ~Channel() override;

  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Joins the object. Messages may be passed at once; they wait until the object is loaded.
  void join();

  // Leaves the object. Accepts no more messages and sends nothing more to the client. Changes that were submitted
  // go their way; their author is not told, and sends them again when he comes back.
  void stop();
  // The same, and tells the client the reason. Ignored if the channel has ended.
  void end(const Error& error);

  // The client has a new token, of the same principal. From now on, it decides what he may do; what was submitted
  // before is judged by the one before. The channel ends if he may not read the object any more.
  void renew(identity::Principal principal);

  // Messages of the client. `version` is what it knows; it asks for the rest.
  void ask(ByteView version);
  // `more`: further messages of the client are at hand, and submit_gathered() will follow soon. Then the channel may
  // hold the change back, and joins it with those that follow into one event, one ack and one broadcast.
  // `carrier`: the intent is a part of its present message (Connection::keep_message). nullptr: it is a part of
  // something else.
  void change(ByteView intent, bool more = false, Connection* carrier = nullptr);
  void submit_gathered();
  void presence(ByteView update);
  void query_presence();
  void message(std::string_view message, bool to_sender);

  // Must be called when everything that was queued for the client has left.
  void drained();

  // Sends what was held back while the queue was long, as far as there is room. If several channels
  // share a connection, its session gives each its turn.
  void send_owed();

  // Whether some change of the client could be allowed: by its token, and by policies and shares once it has joined.
  bool may_write() const { return writing_ != Writing::kNothing; }
  RightsNews rights() const { return may_write() ? RightsNews::kWrites : RightsNews::kReads; }
  const std::string& workspace_name() const;
  const std::string& object() const;
  const identity::Caller& caller() const { return caller_; }
  std::size_t updates_in_flight() const { return inflight_updates_; }
  // Events of the object that were not sent because the client does not read.
  std::uint64_t lag() const;

  void on_change(const workspace::Delivery& change) override;
  void on_presence(const workspace::Delivery& update) override;
  void on_message(const workspace::Delivery& message) override;
  void on_rights() override;
  void on_deleted(const Error& error) override { end(error); }
  void on_lost(const Error& error) override;

 private:
  // Changes that arrived together and wait for the end of what is at hand.
  struct Gathered {
    std::uint64_t first = 0;  // the number of the first one
    Bytes intents;            // one after the other
    std::vector<std::size_t> ends;

    std::vector<ByteView> views() const;
  };

  void join_when_room(std::uint64_t waited_ms);
  void enter();
  void joined(Result<workspace::LiveObject*> live);
  void leave();
  void keep_names();
  Writing find_writing() const;
  bool find_rights();
  bool wait_until_joined(std::move_only_function<void()> message);

  void answer(ByteView version);
  void send_version();
  void take_change(ByteView intent, bool more, std::shared_ptr<const void> owner);
  bool gather(std::uint64_t number, ByteView intent, bool more);
  bool submit_joined(const std::shared_ptr<Gathered>& gathered);
  void submit_each(const Gathered& gathered);
  void submit(std::uint64_t number, ByteView intent, std::shared_ptr<const void> owner = nullptr);
  void waits(std::uint64_t number, std::size_t bytes, bool kept);
  void submitted(std::uint64_t number, std::uint64_t updates, std::size_t bytes,
                 Result<workspace::Receipt> receipt);
  std::uint64_t& saved_before(std::uint64_t number);
  bool congested() const;
  bool put_off();
  void fall_behind(const workspace::Delivery& missed);
  void fall_back(Missed from);
  void catch_up();
  void send_state(Missed from);
  void presence_taken(workspace::PresenceTaken taken);
  void tell_untold();
  void over_rate(observe::Constant what, std::string_view notice);
  void presence_refused(const Error& error);
  void send_everybody(bool with_gone);
  void account(std::ptrdiff_t bytes, std::ptrdiff_t updates);
  void send_refused(Error error);
  void report_dropped(observe::Constant what, const Error& error) const;
  void answered(std::uint64_t updates);
  MemoryCharge charge_for(std::size_t bytes) const;
  std::size_t most_inflight_bytes() const;

  // What is joined. Connections are many, so they keep no copies of the names of an object that they have joined.
  struct Target {
    std::string workspace;
    std::string object;
    std::string_view face = {};
    std::uint64_t generation = 0;
    std::vector<std::move_only_function<void()>> early =
        {};                        // messages that arrived before it had joined
    Scheduler::TimerId timer = 0;  // not 0: it waits for memory, and nothing is read
  };
  // It has joined that object. nullptr: it has ended, because the client has another generation of it.
  std::unique_ptr<Target> take_place(workspace::LiveObject& live) {
    live_ = &live;
    std::unique_ptr<Target> target = std::exchange(target_, nullptr);
    const std::uint64_t there = live.resident().generation();
    if (target->generation == 0 || target->generation == there) return target;
    end({ErrorCode::kGone, "object " + live.id() +
                               " has another generation: " + std::to_string(there) + ", not " +
                               std::to_string(target->generation)});
    return nullptr;
  }
  // What a client that does not read still has to get.
  struct Owed {
    std::unique_ptr<Missed> missed;  // set: changes for it are being dropped
    std::unique_ptr<Bytes>
        question;  // the last version that it asked from, to be answered when it reads
    std::unique_ptr<Error> refused;  // the last of several
  };

  workspace::Host& host_;
  const Limits& limits_;
  Counters& counters_;
  Meter& meter_;
  Wire& wire_;
  identity::Caller caller_;
  const bool greet_;
  bool ended_ = false;
  bool holding_ = false;
  Writing writing_;
  bool told_of_presence_ = false;  // that it exceeds a limit
  bool told_of_rate_ = false;
  bool answering_ = false;      // an answer waits for the log
  bool answer_queued_ = false;  // an answer was queued since the queue was last empty
  bool presence_missed_ = false;
  std::unique_ptr<Target> target_;             // nullptr while joined
  workspace::Workspace* workspace_ = nullptr;  // while joining or joined
  workspace::LiveObject* live_ = nullptr;      // while joined
  Scheduler::TimerId put_off_timer_ = 0;       // not 0: a large answer waits for other queues
  Scheduler::TimerId untold_timer_ = 0;  // not 0: presence of the client is told to others later

  std::shared_ptr<Gathered> gathered_;  // null: none
  std::uint64_t updates_taken_ = 0;
  std::size_t inflight_bytes_ = 0;
  std::uint32_t inflight_updates_ = 0;  // an update is in flight until its answer has left
  std::uint32_t unread_answers_ = 0;    // of those: answered, and the answer is in the queue

  Rarely<Owed> owed_;  // connections are many, and few of their clients do not read
  std::uint64_t saved_unsaid_ = 0;
  // Updates that wait for others, by number; and for each, the number of saved updates between it
  // and the next one. Clients count saved updates in order, so these are reported when the waiting
  // one is saved.
  std::unique_ptr<std::map<std::uint64_t, std::uint64_t>> waiting_;  // null: none

  // Callbacks that outlive the channel find this expired.
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::session
