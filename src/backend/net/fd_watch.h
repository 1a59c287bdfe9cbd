// FdWatch: waits until one non-blocking file descriptor is ready, on one loop.
//
// Each wait is one-shot. While it is pending, the loop keeps the handler alive. close() and the
// destructor cancel all pending waits; after that, on_ready is not called.
//
// Ownership: the caller owns the descriptor and closes it after this watch. The loop must outlive an
// open watch. Thread-safety: none; everything runs on the loop's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "base/scheduler.h"

namespace syncline::backend {

class EventLoop;

class ReadyHandler {
 public:
  virtual ~ReadyHandler() = default;
  // The descriptor is readable or writable, or has an error. May be spurious.
  virtual void on_ready() = 0;
};

class FdWatch {
 public:
  FdWatch() = default;
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // False if the loop's reactor refuses the descriptor.
  bool open(EventLoop& loop, int fd);
  // The same, but the reactor is not asked before the first wait, so that a descriptor that need never be waited
  // for costs no system call.
  void open_later(EventLoop& loop, int fd);
  bool is_open() const { return loop_ != nullptr; }
  void close();
  // The same, for a descriptor that the caller closes next. It saves a system call.
  void abandon();

  // Calls handler->on_ready() once, when the descriptor is readable (writable). Ignored while such
  // a wait is pending.
  // False after open_later(), if the loop's reactor refuses the descriptor.
  bool wait_read(std::shared_ptr<ReadyHandler> handler);
  bool wait_write(std::shared_ptr<ReadyHandler> handler);
  // Calls handler->on_ready() in a later round of the loop. For work that is put off so that others have their turn;
  // it counts as a turn of this descriptor.
  void again(std::shared_ptr<ReadyHandler> handler);
  // Its turns are turns of that lane from now on (base/scheduler.h).
  void set_lane(Lane lane);

 private:
  EventLoop* loop_ = nullptr;  // null: closed
  std::uint32_t place_ = 0;    // in the loop's poller
};

}  // namespace syncline::backend
