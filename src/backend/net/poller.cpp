#include "backend/net/poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace syncline::backend {
namespace {

constexpr std::uint8_t kReads = 1;
constexpr std::uint8_t kWrites = 2;
constexpr std::uint8_t kAgain = 4;
constexpr std::uint32_t kCalledAgain = EPOLLONESHOT;  // in Event::what; the kernel never reports it
constexpr std::uint64_t kWakeData = ~std::uint64_t{0};

std::uint32_t epoll_mask(std::uint8_t what) {
  return ((what & kReads) != 0 ? EPOLLIN : 0u) | ((what & kWrites) != 0 ? EPOLLOUT : 0u);
}

}  // namespace

Poller::Poller(Lanes& lanes)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      events_(std::make_unique<epoll_event[]>(kAtOnce)),
      lanes_(lanes) {
  SYNCLINE_ASSERT(epoll_ >= 0 && wake_ >= 0);
  // Each wake() is a new edge, so nobody needs to read the counter.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = kWakeData}};
  SYNCLINE_ASSERT(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
}

Poller::~Poller() {
  clear();
  ::close(wake_);
  ::close(epoll_);
}

std::optional<Poller::Place> Poller::add(int fd, bool later) {
  Place place = static_cast<Place>(entries_.size());
  if (free_.empty()) {
    entries_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  Entry& entry = entries_[place];
  entry.fd = fd;
  entry.taken = {};
  entry.lane = 0;
  // Nearly everybody waits to read next.
  if (later || arm(entry, place, kReads)) return place;
  entry.fd = -1;
  free_.push_back(place);
  return std::nullopt;
}

void Poller::remove(Place place, bool closes) {
  Entry& entry = entries_[place];
  SYNCLINE_ASSERT(entry.fd >= 0);
  if (closes) entry.registered = false;
  disarm(entry);
  entry.fd = -1;
  ++entry.generation;
  entry.wants = 0;
  free_.push_back(place);
  const auto handler = std::move(entry.handler);  // its destruction may change the table
}

bool Poller::wait(Place place, bool for_read, std::shared_ptr<ReadyHandler> handler) {
  Entry& entry = entries_[place];
  const std::uint8_t what = for_read ? kReads : kWrites;
  if ((entry.wants & what) != 0) return true;
  if ((entry.armed & what) == 0 && !arm(entry, place, entry.armed | what)) return false;
  entry.wants |= what;
  entry.handler = std::move(handler);
  return true;
}

// False if the kernel refuses. A descriptor that it has accepted once is not refused later.
bool Poller::arm(Entry& entry, Place place, std::uint8_t what) {
  epoll_event event{.events = epoll_mask(what),
                    .data = {.u64 = std::uint64_t{entry.generation} << 32 | place}};
  const int operation = entry.registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(epoll_, operation, entry.fd, &event) != 0) return false;
  entry.armed = what;
  return entry.registered = true;
}

void Poller::disarm(Entry& entry) {
  entry.armed = 0;
  if (std::exchange(entry.registered, false)) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, entry.fd, nullptr);
}

void Poller::again(Place place, std::shared_ptr<ReadyHandler> handler) {
  Entry& entry = entries_[place];
  if ((entry.wants & kAgain) != 0) return;
  entry.wants |= kAgain;
  entry.handler = std::move(handler);
  again_.push_back({place, entry.generation, kCalledAgain});
}

std::size_t Poller::collect(int timeout_ms) {
  const int wait_ms = again_.empty() ? timeout_ms : 0;
  const int count = ::epoll_wait(epoll_, events_.get(), static_cast<int>(kAtOnce), wait_ms);
  SYNCLINE_ASSERT(count >= 0 || errno == EINTR);
  found_ = again_;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t data = events_[i].data.u64;
    found_.push_back(
        {static_cast<Place>(data), static_cast<std::uint32_t>(data >> 32), events_[i].events});
  }
  return found_.size();
}

// What the lane has taken lately that has taken least, of those with events.
std::uint64_t Poller::least_of_lanes() {
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
  for (const Event& event : found_)
    if (const Entry* const entry = find(event)) least = std::min(least, lanes_.lately(entry->lane));
  return least;
}

// The kernel reports its events again by itself.
void Poller::leave(const Event& event, Round& round) {
  round.left = true;
  if (event.what == kCalledAgain) again_.push_back(event);
}

// nullptr for the event of wake(), and for a descriptor that was removed since.
Poller::Entry* Poller::find(const Event& event) {
  if (event.place >= entries_.size()) return nullptr;
  Entry& entry = entries_[event.place];
  return entry.fd >= 0 && entry.generation == event.generation ? &entry : nullptr;
}

// The handler whose wait has ended; nullptr if nobody waits for what has happened.
std::shared_ptr<ReadyHandler> Poller::end_wait(const Event& event, bool& for_read) {
  Entry* const entry = find(event);
  if (entry == nullptr) return nullptr;
  const bool broken = (event.what & (EPOLLERR | EPOLLHUP)) != 0;
  std::uint8_t happened = broken ? kReads | kWrites : 0;
  if ((event.what & EPOLLIN) != 0) happened |= kReads;
  if ((event.what & EPOLLOUT) != 0) happened |= kWrites;
  if (event.what == kCalledAgain) happened = kAgain;
  const std::uint8_t ended = entry->wants & happened;
  if (ended == 0) {
    if (event.what == kCalledAgain) return nullptr;
    // The kernel reports a broken descriptor even if it watches for nothing.
    broken ? disarm(*entry)
           : static_cast<void>(arm(*entry, event.place, entry->wants & (kReads | kWrites)));
    return nullptr;
  }
  for_read = (ended & kReads) != 0;
  entry->wants &= static_cast<std::uint8_t>(~ended);
  return entry->wants == 0 ? std::move(entry->handler) : entry->handler;
}

// A descriptor that can be written stays so for long, so the kernel does not go on reporting it.
void Poller::settle(const Event& event) {
  Entry* const entry = find(event);
  if (entry != nullptr && (entry->armed & kWrites) != 0 && (entry->wants & kWrites) == 0)
    arm(*entry, event.place, entry->armed & kReads);
}

void Poller::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

void Poller::clear() {
  again_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].wants = 0;
    const auto handler = std::move(entries_[i].handler);
  }
}

}  // namespace syncline::backend
