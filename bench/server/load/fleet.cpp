#include "load/fleet.h"

#include <fmt/format.h>

#include <algorithm>

namespace syncline::bench {
namespace {

// Client ids have 32 bits, as in Yjs; here they are consecutive.
constexpr std::uint64_t kFirstId = 0x40000000;

constexpr Nanoseconds kGlance = 50 * kMillisecond;

}  // namespace

std::string Target::path_of(std::string_view document, bool writes) const {
  const std::string_view name = dialect == Dialect::kYWebsocket ? document : std::string_view();
  return fmt::format("{}{}{}", path, name, writes ? query : std::string());
}

Document& Fleet::add_document(std::string name) {
  documents_.push_back(std::make_unique<Document>());
  documents_.back()->name = std::move(name);
  return *documents_.back();
}

Client& Fleet::add_client(Document& document, bool writes) {
  clients_.push_back(std::make_unique<Client>(*this, document, kFirstId + clients_.size(), writes));
  document.clients.push_back(clients_.back().get());
  return *clients_.back();
}

std::vector<Client*> Fleet::all() const {
  std::vector<Client*> list;
  for (const auto& client : clients_) list.push_back(client.get());
  return list;
}

Client* Fleet::client(std::uint64_t id) {
  const std::uint64_t index = id - kFirstId;
  return index < clients_.size() ? clients_[index].get() : nullptr;
}

bool Fleet::run(double limit, const Tick& tick) {
  const Nanoseconds deadline = now_ns() + from_seconds(limit);
  for (;;) {
    const Nanoseconds now = now_ns();
    const Nanoseconds next = tick(now);
    if (next == kDone) {
      wire_.turn(now);  // sends what the last tick has written
      return true;
    }
    if (now >= deadline) return false;
    wire_.turn(std::min(next, deadline));
  }
}

double Fleet::open(std::span<Client* const> clients, std::size_t at_once, double limit) {
  const Nanoseconds begin = now_ns();
  settled_ = 0;
  std::size_t started = 0;
  const bool done = run(limit, [&](Nanoseconds now) {
    while (started < clients.size() && started - settled_ < at_once) clients[started++]->start();
    return settled_ >= clients.size() ? kDone : now + kGlance;
  });
  if (!done) fail(fmt::format("{} clients had not synced in time", clients.size() - settled_));
  return to_seconds(now_ns() - begin);
}

void Fleet::quiet_down() {
  constexpr Nanoseconds kSilence = 300 * kMillisecond;
  std::uint64_t frames = wire_.frames_in;
  Nanoseconds since = now_ns();
  run(5, [&](Nanoseconds now) {
    if (frames != wire_.frames_in) {
      frames = wire_.frames_in;
      since = now;
    }
    return now - since >= kSilence ? kDone : now + kGlance;
  });
}

void Fleet::pause(double seconds) {
  const Nanoseconds end = now_ns() + from_seconds(seconds);
  run(seconds + 1, [&](Nanoseconds now) { return now >= end ? kDone : end; });
}

bool Fleet::drain(double limit) {
  return run(limit, [&](Nanoseconds now) {
    const bool arrived = deliveries_.delivered >= deliveries_.expected;
    const bool saved = !target_.saves || deliveries_.saves >= deliveries_.sends;
    return arrived && saved ? kDone : now + kGlance;
  });
}

void Fleet::settled(Client&) {
  ++settled_;
}

void Fleet::fail(std::string_view why) {
  if (failures++ == 0) first_failure = why;
}

ByteWriter& Fleet::message() {
  message_.clear();
  return message_;
}

ByteWriter& Fleet::update() {
  update_.clear();
  return update_;
}

}  // namespace syncline::bench
