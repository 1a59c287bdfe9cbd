// Readiness of one non-blocking file descriptor on one loop.
//
// Each wait is one-shot. While it is pending the loop keeps the handler alive; close() (or the
// destructor) drops all pending waits, and on_ready does not come after it.
//
// Ownership: the descriptor stays the caller's, which closes it after this watch.
// Thread-safety: none, everything on the loop's thread.
#pragma once

#include <memory>

namespace syncline::backend {

class EventLoop;

class ReadyHandler {
 public:
  virtual ~ReadyHandler() = default;
  // The descriptor may be read, written, or has an error. May be spurious.
  virtual void on_ready() = 0;
};

class FdWatch {
 public:
  FdWatch();
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // False when the loop's reactor refuses the descriptor.
  bool open(EventLoop& loop, int fd);
  bool is_open() const { return impl_ != nullptr; }
  void close();

  // Calls handler->on_ready() once when readable (writable). Asking again while pending: ignored.
  void wait_read(std::shared_ptr<ReadyHandler> handler);
  void wait_write(std::shared_ptr<ReadyHandler> handler);

 private:
  struct Impl;
  void wait(bool for_read, std::shared_ptr<ReadyHandler> handler);

  std::shared_ptr<Impl> impl_;
};

}  // namespace syncline::backend
