#include "sim/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace syncline::sim {

Network::Network(World& world, NetworkSpeed speed, std::size_t clients)
    : world_(world), speed_(speed), dice_(world.dice.fork("network")), paths_(clients) {}

void Network::connect(Hello hello, Loop& loop,
                      std::unique_ptr<session::ConnectionHandler> handler) {
  // One round trip for TCP and one for the upgrade. A blocked path delays it.
  const std::uint64_t delay = 2 * speed_.latency_us + dice_.below(2 * speed_.jitter_us + 1);
  auto attempt = [this, hello = std::move(hello), &loop, handler = std::move(handler)]() mutable {
    const bool blocked =
        path(hello.number, Side::kClient).blocked || path(hello.number, Side::kServer).blocked;
    Loop* server = acceptor_ != nullptr && !blocked ? acceptor_->loop_for(hello) : nullptr;
    auto accepted = server != nullptr ? acceptor_->accept(hello) : nullptr;
    world_.trace.note(Kind::kConnect, hello.client, "server", accepted ? 1 : 0, 0, [&] {
      return accepted ? fmt::format("connects to {}/{}", hello.workspace, hello.object)
                      : std::string("cannot connect");
    });
    if (!accepted) {
      loop.post([handler = std::move(handler)]() mutable { handler->on_closed(1006); });
      return;
    }
    std::erase_if(wires_, [](const auto& wire) { return wire->done(); });
    const auto wire = std::make_shared<Wire>(*this, std::move(hello), loop, *server);
    wires_.push_back(wire);
    wire->open(Side::kServer, std::move(accepted));
    wire->open(Side::kClient, std::move(handler));
  };
  // On the client's loop, so that it ends with the client.
  loop.after(delay / 1000 + 1, std::move(attempt));
}

bool Network::attached(std::size_t client, std::uint64_t first, std::uint64_t last) const {
  const auto found = attached_.lower_bound({client, first});
  return found != attached_.end() && found->first <= std::pair(client, last);
}

void Network::process_gone(Loop& loop, bool told) {
  std::erase_if(attached_, [&](const auto& entry) { return entry.second == &loop; });
  for (const auto& wire : wires()) {
    for (const Side side : {Side::kClient, Side::kServer}) {
      if (wire->loop(side) != &loop) continue;
      wire->abandon(side);
      if (told) {
        world_.timeline.after(speed_.latency_us, [weak = std::weak_ptr(wire), side] {
          if (auto wire = weak.lock()) wire->reset_unheard_by(side);
        });
      }
    }
  }
}

void Network::reset_orphans() {
  for (const auto& wire : wires())
    for (const Side side : {Side::kClient, Side::kServer})
      if (wire->loop(side) == nullptr) wire->reset_unheard_by(side);
}

void Network::block(std::size_t client, Side sender, bool on) {
  Path& changed = path(client, sender);
  if (changed.blocked == on) return;
  changed.blocked = on;
  if (on) return;
  for (const auto& wire : wires())
    if (wire->hello().number == client) wire->unblocked(sender);
}

void Network::heal() {
  for (std::size_t client = 0; client < paths_.size(); ++client) {
    for (const Side sender : {Side::kClient, Side::kServer}) {
      block(client, sender, false);
      path(client, sender) = {};
    }
  }
  for (const auto& wire : wires())
    for (const Side side : {Side::kClient, Side::kServer}) wire->set_slow_reader(side, 0);
}

std::vector<std::shared_ptr<Wire>> Network::wires() {
  std::erase_if(wires_, [](const auto& wire) { return wire->done(); });
  return wires_;
}

}  // namespace syncline::sim
