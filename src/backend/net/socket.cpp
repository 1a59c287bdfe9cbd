#include "backend/net/socket.h"

#include <poll.h>

#include <array>
#include <utility>

namespace syncline::backend {

Socket::Socket(Shard& shard, std::unique_ptr<Stream> stream, Slot slot, std::string peer)
    : shard_(shard), slot_(std::move(slot)), stream_(std::move(stream)), peer_(std::move(peer)) {}

Socket::~Socket() {
  watch_.close();
}

bool Socket::attach() {
  if (!watch_.open(shard_.loop(), stream_->fd())) return false;
  last_write_ms_ = shard_.now_ms();
  shard_.add(shared_from_this());
  return true;
}

void Socket::attach_unwatched() {
  watch_.open_later(shard_.loop(), stream_->fd());
  last_write_ms_ = shard_.now_ms();
  shard_.add(shared_from_this());
}

void Socket::destroy() {
  if (is_destroyed()) return;
  watch_.abandon();
  stream_.reset();
  out_.clear();
  if (in_shard_) shard_.remove(*this);
}

std::unique_ptr<Stream> Socket::release_stream() {
  watch_.close();
  auto stream = std::move(stream_);
  out_.clear();
  if (in_shard_) shard_.remove(*this);
  return stream;
}

void Socket::hold(std::size_t bytes) {
  if (bytes == held_ || !in_shard_) return;
  const std::size_t before = std::exchange(held_, bytes);
  if (before == 0) held_since_ms_ = shard_.now_ms();
  shard_.count_held(*this, before, bytes);
  if (bytes <= before) return;
  while (shard_.holds_too_much()) shard_.shed_worst();
  while (account_ != nullptr && account_->cell(MemoryUse::kReceiving).is_over())
    if (!shard_.shed_worst_of(*account_)) break;
}

void Socket::set_account(SharedAccount account) {
  if (in_shard_ && account != account_) shard_.set_account(*this, std::move(account));
}

// What is due to be written in the lane before is written there.
void Socket::set_lane(Lane lane) {
  if (is_destroyed()) return;
  lane_ = lane;
  watch_.set_lane(lane);
}

void Socket::count_queue() {
  const std::size_t now = out_.bytes();
  if (now == queued_ || !in_shard_) return;
  const std::size_t before = std::exchange(queued_, now);
  if (before == 0) queued_since_ms_ = shard_.now_ms();
  shard_.count_queued(*this, before, now);
}

IoResult Socket::read(std::span<std::uint8_t>& data) {
  const IoResult result = stream_->read(shard_.scratch());
  read_blocked_ = result.status;
  data = shard_.scratch().first(result.bytes);
  if (result.status == IoStatus::kOk) shard_.counters().bytes_in.add(result.bytes);
  return result;
}

Socket::Written Socket::write_queue() {
  // Limits one turn, so that a reader as fast as this server does not block the other connections
  // of the loop.
  constexpr std::size_t kShare = 256 * 1024;
  std::size_t written = 0;
  while (!out_.empty()) {
    if (written >= kShare) {
      count_queue();
      request_flush();
      return Written::kMore;
    }
    std::array<iovec, 64> parts;
    const std::size_t count = out_.gather(parts);
    const IoResult result = stream_->write(std::span(parts).first(count));
    write_blocked_ = result.status;
    if (result.status == IoStatus::kWantRead || result.status == IoStatus::kWantWrite) {
      count_queue();
      return Written::kBlocked;
    }
    if (result.status != IoStatus::kOk) return Written::kBroken;
    out_.consume(result.bytes);
    written += result.bytes;
    shard_.counters().bytes_out.add(result.bytes);
    last_write_ms_ = shard_.now_ms();
  }
  write_blocked_ = IoStatus::kOk;
  count_queue();
  return Written::kAll;
}

void Socket::arm(bool reading) {
  if (is_destroyed()) return;
  const bool write_needs_read = write_blocked_ == IoStatus::kWantRead;
  const bool read_needs_write = reading && read_blocked_ == IoStatus::kWantWrite;
  if (reading && stream_->has_buffered() && read_blocked_ == IoStatus::kOk) {
    watch_.again(shared_from_this());
  } else if (reading || write_needs_read) {
    if (!watch_.wait_read(shared_from_this())) return destroy();
  }
  if (write_blocked_ == IoStatus::kWantWrite || read_needs_write)
    if (!watch_.wait_write(shared_from_this())) destroy();
}

void Socket::request_flush() {
  count_queue();
  if (is_destroyed() || std::exchange(flush_requested_, true)) return;
  shard_.flush_later(shared_from_this());
}

void Socket::request_flush_ahead() {
  count_queue();
  if (is_destroyed() || std::exchange(flush_requested_, true)) return;
  shard_.flush_ahead(shared_from_this());
}

void Socket::request_flush_soon() {
  if (!shard_.loop().is_behind()) return request_flush();
  count_queue();
  if (is_destroyed() || flush_requested_ || std::exchange(flush_put_off_, true)) return;
  shard_.flush_soon(shared_from_this());
}

bool Socket::is_reset() const {
  pollfd state{stream_->fd(), 0, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP)) != 0;
}

bool Socket::discard_input() {
  for (int i = 0; i < 4; ++i) {
    std::span<std::uint8_t> data;
    switch (read(data).status) {
      case IoStatus::kOk: continue;
      case IoStatus::kWantRead:
      case IoStatus::kWantWrite: return false;
      default: return true;
    }
  }
  return false;
}

}  // namespace syncline::backend
