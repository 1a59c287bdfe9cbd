// Delivery: brings the durable events of a workspace to one endpoint.
//
// It reads the log, as a follower of server-sent events does (session/event_feed.h), so it misses nothing over a restart. At
// any time one request of an endpoint is under way. How far it has come is stored after each, and the next one begins
// when that is durable: so a server that is killed sends again only what was under way.
//
// Order. Events of an object are delivered in the order of the log. When one fails, its object is *late*: later events
// of it wait until it was delivered or given up, and those of other objects go on. When too many objects are late, all
// wait. An endpoint with a debounce uses the same list: an object of which something was told just now is late until its
// time has come, and then its last event is told.
//
// Thread-safety: none; it lives on the loop of its workspace. Ownership: Deliveries own those of a loop.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/scheduler.h"
#include "hooks/endpoint.h"
#include "hooks/hook_sender.h"
#include "identity/revocations.h"
#include "limits/usage.h"
#include "log/directory_store.h"
#include "workspace/followers.h"
#include "workspace/host.h"

namespace syncline::hooks {

struct HookCounters {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;    // attempts
  std::uint64_t given_up = 0;  // events
  std::uint64_t unseen = 0;    // events that the maker of the endpoint may not read
  std::uint64_t disabled = 0;  // times that an endpoint was
};

// What deliveries need. All of it must outlive them.
struct HookServices {
  workspace::Host& host;
  log::DirectoryStore& directory;
  const identity::Revocations& revocations;
  Random& random;
  limits::UseTable* uses = nullptr;  // nullptr: there are no tenants
  HookSender* sender = nullptr;      // nullptr: this server has no webhooks
  Bytes key = {};                    // hooks/signature.h
  // Called when an endpoint is disabled, with the reason. May be empty.
  std::function<void(const Endpoint&, const std::string& reason)> on_disabled = {};
};

class Delivery final : workspace::Follower {
 public:
  Delivery(HookServices& services, HookCounters& counters, Endpoint endpoint, Progress progress);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  void begin();

  const Endpoint& endpoint() const { return endpoint_; }
  const Progress& progress() const { return progress_; }
  bool stopped() const { return progress_.disabled_ms > 0; }
  // Why nothing is delivered although nothing has failed: "" if nothing holds it.
  const std::string& held() const { return held_; }

  // Objects that wait for another attempt.
  std::size_t failing() const;

  // What is sent from now on follows this. What is stored is the caller's concern.
  void take(Endpoint endpoint);
  // Goes on, and tries at once what is late.
  void enable();
  // Has given-up events sent again, one after the other.
  void replay(std::vector<log::Position> positions);
  // Ends it if its maker was revoked.
  void look_at_maker();

 private:
  // Which event is under way.
  struct Turn {
    enum class Of : std::uint8_t { kLog, kLate, kReplay };
    Of of = Of::kLog;
    log::Event event = {};
    bool last = true;  // of a debounced object: of all that has happened
  };

  void on_durable(log::Position to) override;
  void on_closed(const Error& why) override;

  void attach();
  void look();
  Result<void> may_deliver() const;
  bool replay_next();
  bool late_next();
  void log_next();
  void read_log();
  void read_late(const Late& late);
  void take_late(const std::string& object, Result<std::vector<log::Event>> events);
  bool passes_by(const log::Event& event);
  void judge(std::shared_ptr<Turn> turn);
  void post(std::shared_ptr<Turn> turn, bool with_history);
  void answered(const Turn& turn, Result<HookAnswer> answer);
  void succeeded(const Turn& turn);
  void failed(const Turn& turn, const std::string& reason, std::uint64_t wish_ms);
  void leave_out(const Turn& turn, const std::string& reason);
  void done_with(const Turn& turn);
  void try_later(const Turn& turn, std::uint64_t wish_ms);
  void give_up(const Turn& turn, std::uint64_t attempts);
  void disable(std::string reason);
  void hold(std::string why, std::uint64_t ms);
  void store();
  void look_in(std::uint64_t ms);
  void set_timer();

  Late* find_late(std::string_view object);
  Late& late_of(const Turn& turn);
  bool has_room();
  std::uint64_t held_ms() const;  // how long nothing is sent, for whatever reason
  std::uint64_t now_ms() const;

  HookServices& services_;
  HookCounters& counters_;
  Endpoint endpoint_;
  identity::Caller maker_;
  Progress progress_;
  std::vector<log::DirectoryChange> further_;  // to be stored with the progress
  workspace::Followers::Place following_;
  std::deque<log::Event> batch_;  // of the log, behind progress_.after
  std::deque<log::Position> replays_;
  bool attached_ = false;
  bool busy_ = false;   // something is read, judged, sent or stored
  bool fresh_ = true;   // the log may have events behind the batch
  bool stored_ = true;  // progress_ is what the directory holds, but for events that were passed by
  log::Position stored_after_ = 0;
  std::string held_;
  std::uint64_t held_until_ms_ = 0;  // by the monotonic clock
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

// The message of an event, as it is sent.
std::string hook_body(const Endpoint& endpoint, std::string_view type, std::uint64_t unix_ms,
                      std::string_view data);

}  // namespace syncline::hooks
