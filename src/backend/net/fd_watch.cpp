#include "backend/net/fd_watch.h"

#include "backend/net/asio_config.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <utility>

#include "backend/net/event_loop.h"
#include "base/assert.h"

namespace syncline::backend {

namespace asio = boost::asio;

struct FdWatch::Impl {
  // The concrete executor type saves the memory of a type-erased one.
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> descriptor;
  bool waiting[2] = {false, false};
  bool open = true;
  EventLoop& loop;

  explicit Impl(EventLoop& owner) : descriptor(owner.context()), loop(owner) {}
};

FdWatch::FdWatch() = default;
FdWatch::~FdWatch() {
  close();
}

bool FdWatch::open(EventLoop& loop, int fd) {
  SYNCLINE_ASSERT(!impl_);
  auto impl = std::make_shared<Impl>(loop);
  boost::system::error_code error;
  impl->descriptor.assign(fd, error);
  if (error) return false;
  impl_ = std::move(impl);
  return true;
}

void FdWatch::close() {
  if (!impl_) return;
  impl_->open = false;
  impl_->descriptor.release();  // cancels the waits and leaves the descriptor open
  impl_.reset();
}

void FdWatch::wait_read(std::shared_ptr<ReadyHandler> handler) {
  wait(true, std::move(handler));
}
void FdWatch::wait_write(std::shared_ptr<ReadyHandler> handler) {
  wait(false, std::move(handler));
}

void FdWatch::wait(bool for_read, std::shared_ptr<ReadyHandler> handler) {
  SYNCLINE_ASSERT(impl_);
  if (std::exchange(impl_->waiting[for_read], true)) return;
  using Descriptor = asio::posix::descriptor_base;
  impl_->descriptor.async_wait(
      for_read ? Descriptor::wait_read : Descriptor::wait_write,
      [impl = impl_, for_read, handler = std::move(handler)](const boost::system::error_code&) {
        impl->waiting[for_read] = false;
        if (!impl->open) return;
        const EventLoop::Turn turn(impl->loop, for_read ? "read" : "write");
        handler->on_ready();
      });
}

}  // namespace syncline::backend
