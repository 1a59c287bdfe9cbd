// FdWatch: waits until one non-blocking file descriptor is ready, on one loop.
//
// Each wait is one-shot. While it is pending, the loop keeps the handler alive. close() and the
// destructor cancel all pending waits; after that, on_ready is not called.
//
// Ownership: the caller owns the descriptor and closes it after this watch. Thread-safety: none;
// everything runs on the loop's thread.
#pragma once

#include <memory>

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
  FdWatch();
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // False if the loop's reactor refuses the descriptor.
  bool open(EventLoop& loop, int fd);
  bool is_open() const { return impl_ != nullptr; }
  void close();

  // Calls handler->on_ready() once, when the descriptor is readable (writable). Ignored while such
  // a wait is pending.
  void wait_read(std::shared_ptr<ReadyHandler> handler);
  void wait_write(std::shared_ptr<ReadyHandler> handler);

 private:
  struct Impl;
  void wait(bool for_read, std::shared_ptr<ReadyHandler> handler);

  std::shared_ptr<Impl> impl_;
};

}  // namespace syncline::backend
