// Meter: what one connection does in a second, against its rates, those of its network and those of
// its principal (limits/rates.h).
//
// Every message counts with its bytes. If there were too many, the meter stops reading from the
// connection until there are tokens again. So a client that is too fast is held back by its own
// full socket, and loses nothing. For work that others would notice, such as presence, the caller
// asks first and decides itself what to do.
//
// Thread-safety: none; it lives on the loop of its connection. Ownership: the session owns it.
// `Reading` and the rates must outlive it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/scheduler.h"
#include "identity/access.h"
#include "limits/rates.h"
#include "limits/usage.h"
#include "session/limits.h"

namespace syncline::session {

// Stops and resumes reading from a connection. It is not read as long as at least one hold is in
// force.
class Reading {
 public:
  virtual void hold_reading() = 0;
  virtual void resume_reading() = 0;

 protected:
  ~Reading() = default;
};

class Meter {
 public:
  // `networks` may be nullptr: then there are no limits.
  Meter(limits::NetworkRates* networks, Scheduler& loop, Counters& counters)
      : networks_(networks), loop_(loop), counters_(counters) {}
  ~Meter() { loop_.cancel(timer_); }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  // Must be called before the others. `peer` is the address of the connection.
  void begin(Reading& reading, std::string_view peer);
  // From now on, what the connection does counts for this principal, too. Called when it is known; of
  // several on one connection, for the first.
  void belongs_to(const identity::Principal& principal);
  // The same for its workspace and tenant, if they have quotas; nullptr: they have none. It must outlive the meter, or
  // stop().
  void belongs_to(limits::WorkspaceUse* use) { use_ = use; }
  // Resumes reading if it was stopped, and counts nothing from now on.
  void stop();

  // Counts a message.
  void received(std::size_t bytes);
  // Counts the opening of a document. Reading stops if there were too many. Returns for how many
  // milliseconds; a caller that has not opened it yet may wait for so long.
  std::uint64_t joined();

  // For how many milliseconds the client has to wait before it may do this; 0: now.
  std::uint64_t wait_ms(limits::Work work) const;
  void take(limits::Work work, std::uint64_t units);

 private:
  std::uint64_t count(limits::Work work, std::uint64_t units);
  std::uint64_t over_quota_ms(std::size_t bytes) const;
  std::uint64_t wait_for_others_ms(limits::Work work, std::uint64_t now_ms) const;
  bool uses_much(limits::Work work, std::uint64_t now_ms) const;
  void hold(std::uint64_t ms);

  limits::NetworkRates* networks_;
  Scheduler& loop_;
  Counters& counters_;
  Reading* reading_ = nullptr;
  limits::NetworkRates::Key network_ = 0;
  limits::NetworkRates::Key principal_ = 0;
  limits::WorkspaceUse* use_ = nullptr;
  std::array<limits::TokenBucket, limits::kConnectionWorks> buckets_ = {};
  Scheduler::TimerId timer_ = 0;  // not 0: reading is stopped
};

}  // namespace syncline::session
