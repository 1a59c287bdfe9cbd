// server_bench_relay --port N [--remember N] [--lose N] [--limit SECONDS]
//
// relay.h describes it. It listens on 127.0.0.1 and ends by itself after the limit.
#include "net/options.h"
#include "net/process.h"
#include "relay/relay.h"

int main(int argc, char** argv) {
  using namespace syncline::bench;
  Options options(argc, argv, 1);
  const RelayOptions relay{.port = static_cast<std::uint16_t>(options.count("port", 0)),
                           .remember = options.count("remember", 0),
                           .lose = options.count("lose", 0)};
  const std::size_t limit = options.count("limit", 600);
  options.all_known();
  if (relay.port == 0)
    give_up("usage: server_bench_relay --port N [--remember N] [--lose N] [--limit SECONDS]");
  end_after(static_cast<unsigned>(limit));
  raise_file_limit();
  Relay(relay).run();
}
