// Two sessions of each protocol on one document receive arbitrary messages. Nothing may crash, and
// the document that is replayed from the log must equal the one in memory.
//
// Input: records of a byte, a 16-bit length, and the message. The byte selects the session; from
// 0x80 on, the message is the beginning of one over the transport's limit. With 0x40, more input of that
// session follows, so that it may put its work off.
#include <algorithm>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "identity/access.h"
#include "log/test_chain.h"
#include "merge/facets.h"
#include "node/known_types.h"
#include "session/hocuspocus_session.h"
#include "session/y_session.h"
#include "store/memory_store.h"
#include "support/fake_connection.h"
#include "support/virtual_loop.h"
#include "workspace/host.h"

namespace {

using namespace syncline;

limits::Rates low_rates() {
  limits::Rates rates;
  for (const auto work : {limits::Work::kMessages, limits::Work::kPresence,
                          limits::Work::kBroadcasts, limits::Work::kJoins})
    rates.of[static_cast<std::size_t>(work)] = {.per_second = 1, .burst = 3};
  return rates;
}

struct World {
  testing::VirtualLoop loop;
  store::MemoryStore store;
  std::unique_ptr<log::LoopStore> log = store.open_loop(loop);
  state::ObjectCache cache{{*log, node::known_types()}, {}};
  workspace::Counters counters;
  testing::TestRandom random;
  workspace::Host host{{.log = log->events(),
                        .cache = cache,
                        .types = node::known_types(),
                        .waiting = log->waiting(),
                        .retention = log->retention(),
                        .rules = log->rules(),
                        .scheduler = loop,
                        .counters = counters,
                        .random = random,
                        .on_storage_failure = [](const Error&) { SYNCLINE_ASSERT(false); }}};
  session::Limits limits;
  session::Counters session_counters;
  identity::Access access;
  limits::NetworkRates rates{low_rates()};  // so that an input of a few messages is above them
};

struct Peer {
  std::unique_ptr<session::ConnectionHandler> handler;
  testing::FakeConnection connection;

  void feed(ByteView message, bool too_large, bool more) {
    connection.more = more;
    if (!connection.closed && too_large) {
      const std::size_t size = std::min(message.size(), session::kBeginningBytes);
      handler->on_too_large(message.first(size), size);
    } else if (!connection.closed) {
      handler->on_message(message);
    }
    if (!more) handler->on_input_end();
    connection.sent.clear();
  }
};

Bytes state_of(testing::VirtualLoop& loop, state::ObjectCache& cache) {
  Bytes state;
  cache.acquire("w", "d", [&](Result<state::Resident*> resident) {
    SYNCLINE_ASSERT(resident.has_value());
    state = merge::diff_since((*resident)->object(), {}).value();
    cache.release(**resident);
  });
  loop.run();
  return state;
}

std::vector<std::unique_ptr<Peer>> connect(World& world) {
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 4; ++i) {
    auto peer = std::make_unique<Peer>();
    if (i < 2) {
      peer->handler = std::make_unique<session::YSession>(
          session::YSessionOptions{.host = world.host,
                                   .workspace = "w",
                                   .object = "d",
                                   .principal = identity::Principal{.id = "fuzz"},
                                   .actor = "a",
                                   .wants_saved = i == 1,
                                   .limits = world.limits,
                                   .rates = &world.rates,
                                   .counters = world.session_counters});
    } else {
      peer->handler = std::make_unique<session::HocuspocusSession>(
          session::HocuspocusOptions{.host = world.host,
                                     .workspace = "w",
                                     .access = world.access,
                                     .actor = "a",
                                     .limits = world.limits,
                                     .rates = &world.rates,
                                     .counters = world.session_counters});
    }
    peer->handler->on_open(peer->connection);
    peers.push_back(std::move(peer));
  }
  return peers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  auto peers = connect(world);
  ByteView rest(data, size);
  while (rest.size() >= 3) {
    Peer& peer = *peers[rest[0] % peers.size()];
    const std::size_t length = std::min<std::size_t>(rest[1] | rest[2] << 8, rest.size() - 3);
    const bool more = (rest[0] & 0x40) != 0;
    peer.feed(rest.subspan(3, length), rest[0] >= 0x80, more);
    rest = rest.subspan(3 + length);
    if (!more) world.loop.run();
  }
  for (auto& peer : peers) peer->handler->on_closed(1006);
  world.loop.advance(60'000);
  state::ObjectCache fresh({*world.log, node::known_types()}, {});
  SYNCLINE_ASSERT(state_of(world.loop, world.cache) == state_of(world.loop, fresh));
  return 0;
}
