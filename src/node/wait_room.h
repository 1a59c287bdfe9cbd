// WaitRoom: requests that wait until an object changes (long polling), within a number of them for the loop and for
// each asker, and each for a time.
//
// A wait ends when the object may have passed what the asker knows, when his rights may have changed, when the object
// is lost, when the time is over, or when the asker has left. Whoever waited then reads as anybody does, so a wait
// shows nothing by itself.
//
// Thread-safety: none; used and destroyed on its loop, before the host. Waits that it still holds then are not answered.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/scheduler.h"
#include "identity/caller.h"
#include "log/event.h"
#include "syncline/error.h"
#include "workspace/host.h"

namespace syncline::node {

struct WaitLimits {
  std::size_t all = 4096;        // waits on this loop
  std::size_t of_one = 256;      // of one asker
  std::uint64_t look_ms = 1000;  // how often it is looked whether the asker has left
};

struct WaitFor {
  identity::Caller caller;
  std::string asker;  // those with the same name share a limit
  std::string workspace;
  std::string object;
  // Whether the asker has the state at that position: then he waits.
  std::function<bool(log::Position)> is_known;
  std::uint64_t ms = 0;
  std::shared_ptr<const std::atomic<bool>> abandoned =
      nullptr;  // becomes true when the asker has left
};

class WaitRoom {
 public:
  enum class End : std::uint8_t { kLook, kTimeOut };  // look at the object; nothing has happened
  using Done = std::move_only_function<void(Result<End>)>;

  WaitRoom(Scheduler& loop, workspace::Host& host, WaitLimits limits = {});
  ~WaitRoom();
  WaitRoom(const WaitRoom&) = delete;
  WaitRoom& operator=(const WaitRoom&) = delete;

  // Answers in this turn or in a later one. kUnavailable: too many wait. Other errors are those of
  // Workspace::subscribe().
  void wait(WaitFor what, Done done);

  // The server stops: ends all waits, as if their time were over, and those that come later at once.
  void close();

  std::size_t size() const { return waits_.size(); }

 private:
  class Wait;

  void began(std::uint64_t number, Result<workspace::LiveObject*> live);
  void look_later(std::uint64_t number);
  void end_later(std::uint64_t number);
  void end(std::uint64_t number, Result<End> how);

  Scheduler& loop_;
  workspace::Host& host_;
  const WaitLimits limits_;
  bool closed_ = false;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Wait>> waits_;
  std::map<std::string, std::size_t> of_asker_;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::node
