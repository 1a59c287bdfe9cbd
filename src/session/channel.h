// Channel: one client's view of one object, whatever protocol the client speaks and whatever type the
// object has. Versions, changes and states are bytes here, which the type and the protocol read.
//
// It joins the object, answers what the client lacks, hands the client's changes to the workspace, and
// passes on what others do. It keeps a client that reads slowly from costing memory: when too much
// is queued, changes are dropped, the channel remembers from which version on the client misses some
// (session/missed.h), and once the queue has drained one diff from there, or the whole state, brings it up
// to date. It keeps a client that sends fast from running ahead of the disk: past a bound, reading stops
// until the log has caught up.
//
// Thread-safety: none. The session owns its channels and outlives them.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "policy/access.h"
#include "session/limits.h"
#include "session/missed.h"
#include "syncline/bytes.h"
#include "syncline/error.h"
#include "workspace/host.h"

namespace syncline::session {

// How a session says things to its client in the client's protocol, about one object.
class Wire {
 public:
  virtual ~Wire() = default;

  // What the server's state knows: the client answers with what it has beyond that.
  virtual void send_version(ByteView version) = 0;
  // What the client lacked of the state, which it had asked for.
  virtual void send_answer(ByteView change) = 0;
  // What the client lacks of the state, which it had not asked for.
  virtual void send_catch_up(ByteView change) = 0;
  // The whole state, in place of whatever the client has: of types that have no versions. A protocol
  // that cannot say it ends the channel.
  virtual void send_state(const workspace::Workspace::State&) {
    close({ErrorCode::kUnsupported, "this protocol has no message for a whole state"});
  }
  virtual void send_change(const workspace::Delivery& change) = 0;
  virtual void send_presence(const workspace::Delivery& update) = 0;
  virtual void send_message(const workspace::Delivery&) {}
  // `updates` more of the client's changes are durable.
  virtual void send_saved(std::uint64_t updates) = 0;
  // One change was not taken, and the client may go on.
  virtual void send_refused(const Error& error) = 0;
  // Something for people to read, about what was dropped; where the protocol has nothing for that, it
  // stays unsaid.
  virtual void send_notice(const Error&) {}

  // Ends the channel, telling the client why. The channel may be destroyed in a later turn, not in
  // this call.
  virtual void close(const Error& error) = 0;

  virtual std::size_t queued_bytes() const = 0;

  // Reading from the connection stops while at least one hold is in force.
  virtual void hold_reading() = 0;
  virtual void resume_reading() = 0;
};

struct ChannelOptions {
  workspace::Host& host;
  std::string workspace;
  std::string object;
  std::string_view face;  // of the protocol (merge/object.h); a constant
  policy::Principal principal;
  std::string actor;       // of the connection
  std::string trace = {};  // W3C traceparent of the connection's request; may be empty
  const Limits& limits;
  Counters& counters;
  bool greet = true;  // send the version when joined, instead of after the client has asked
};

class Channel final : public workspace::Subscriber {
 public:
  Channel(ChannelOptions options, Wire& wire);
  ~Channel() override;

  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Joins the object. Messages may be handed in at once; they wait until it is loaded.
  void join();

  // Leaves the object and takes no more messages; nothing is said to the client any more.
  void stop();

  // What the client says. `version`: what it knows; it asks for the rest.
  void ask(ByteView version);
  void change(ByteView intent);
  void presence(ByteView update);
  void query_presence();
  void message(std::string_view message, bool to_sender);

  // Everything that was queued towards the client has left.
  void drained();

  // Sends what the client was not sent while the queue was long, as far as there is room. Where
  // several channels share a connection, its session gives each its turn.
  void send_owed();

  const std::string& object() const { return options_.object; }

  void on_change(const workspace::Delivery& change) override;
  void on_presence(const workspace::Delivery& update) override;
  void on_message(const workspace::Delivery& message) override;
  void on_lost(const Error& error) override;

 private:
  void joined(Result<workspace::LiveObject*> live);
  void leave();
  void end(const Error& error);
  bool wait_until_joined(std::move_only_function<void()> message);

  void answer(ByteView version);
  void send_version();
  void waits(std::uint64_t number, std::size_t bytes, bool kept);
  void submitted(std::uint64_t number, std::size_t bytes, Result<workspace::Receipt> receipt);
  std::uint64_t& saved_before(std::uint64_t number);
  bool congested() const;
  void fall_behind(const workspace::Delivery& missed);
  void fall_back(Missed from);
  void catch_up();
  void send_state(Missed from);
  void presence_refused(const Error& error);
  void send_everybody(bool with_gone);
  void account(std::ptrdiff_t bytes, std::ptrdiff_t updates);
  void send_refused(Error error);
  void answered();

  const ChannelOptions options_;
  const policy::Caller caller_;
  Wire& wire_;
  workspace::Workspace* workspace_ = nullptr;  // while joining or joined
  workspace::LiveObject* live_ = nullptr;      // while joined
  bool ended_ = false;
  bool told_of_presence_ = false;                      // that it is over a limit
  std::deque<std::move_only_function<void()>> early_;  // messages that came before we had joined

  std::uint64_t updates_taken_ = 0;
  std::size_t inflight_bytes_ = 0;
  std::size_t inflight_updates_ = 0;  // an update is in flight until its answer has left
  std::size_t unread_answers_ = 0;    // of those: answered, in the queue
  bool holding_ = false;

  // What a congested client still has to get.
  std::optional<Missed> missed_;  // set: its changes are being dropped
  std::optional<Bytes>
      question_;                // the last version that it asked from, to be answered when it reads
  bool answering_ = false;      // an answer waits for the log
  bool answer_queued_ = false;  // one was queued since the queue was last empty
  bool presence_missed_ = false;
  std::uint64_t saved_unsaid_ = 0;
  // Updates that wait for others, by their number, and how many saved ones came between each and the
  // next. Clients count saved updates from the first, so these are told when that one is saved.
  std::map<std::uint64_t, std::uint64_t> waiting_;
  std::optional<Error> refused_unsaid_;  // the last of several

  // Callbacks that outlive the channel find this expired.
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::session
