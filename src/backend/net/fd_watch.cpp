#include "backend/net/fd_watch.h"

#include <utility>

#include "backend/net/event_loop.h"
#include "backend/net/poller.h"
#include "base/assert.h"

namespace syncline::backend {

FdWatch::~FdWatch() {
  close();
}

bool FdWatch::open(EventLoop& loop, int fd) {
  SYNCLINE_ASSERT(!is_open());
  const auto place = loop.poller().add(fd);
  if (!place) return false;
  loop_ = &loop;
  place_ = *place;
  return true;
}

void FdWatch::open_later(EventLoop& loop, int fd) {
  SYNCLINE_ASSERT(!is_open());
  place_ = loop.poller().add(fd, true).value();
  loop_ = &loop;
}

void FdWatch::close() {
  if (EventLoop* loop = std::exchange(loop_, nullptr)) loop->poller().remove(place_);
}

void FdWatch::abandon() {
  if (EventLoop* loop = std::exchange(loop_, nullptr)) loop->poller().remove(place_, true);
}

bool FdWatch::wait_read(std::shared_ptr<ReadyHandler> handler) {
  SYNCLINE_ASSERT(is_open());
  return loop_->poller().wait(place_, true, std::move(handler));
}

bool FdWatch::wait_write(std::shared_ptr<ReadyHandler> handler) {
  SYNCLINE_ASSERT(is_open());
  return loop_->poller().wait(place_, false, std::move(handler));
}

void FdWatch::again(std::shared_ptr<ReadyHandler> handler) {
  SYNCLINE_ASSERT(is_open());
  loop_->poller().again(place_, std::move(handler));
}

void FdWatch::set_lane(Lane lane) {
  SYNCLINE_ASSERT(is_open());
  loop_->poller().set_lane(place_, lane);
}

}  // namespace syncline::backend
