// Presence: the names and cursors of connected clients. It is kept in memory only, next to the
// document. The messages are those of y-protocols/awareness.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

namespace {

void print(const char* who, const Awareness& awareness) {
  std::cout << who << " sees";
  for (const auto& [client, state] : awareness.clients())
    if (!state.state.empty()) std::cout << ' ' << client << '=' << state.state;
  std::cout << '\n';
}

}  // namespace

int main() {
  std::uint64_t now = 0;  // milliseconds of any clock
  Awareness ada;
  Awareness ben;

  // A client sets its own state. The returned change lists the clients to send to others.
  const AwarenessChange change = ada.set_local(1, R"({"name":"Ada","cursor":4})", now).value();
  ben.apply(ada.encode(change.all()), now).value();
  ben.set_local(2, R"({"name":"Ben"})", now).value();
  ada.apply(ben.encode_all(), now).value();
  print("ada", ada);

  // A client renews its state every 15 seconds. After 30 seconds without news it counts as gone.
  now += 20'000;
  ada.apply(ben.encode(ben.renew_local(2, now).all()), now).value();
  now += 20'000;
  for (const ClientId gone : ben.expire(now).removed) std::cout << gone << " timed out\n";
  print("ben", ben);

  // A client that leaves sets its state to null.
  ada.apply(ben.encode(ben.set_local(2, "null", now).value().all()), now).value();
  print("ada", ada);
}

// Prints:
//   ada sees 1={"name":"Ada","cursor":4} 2={"name":"Ben"}
//   1 timed out
//   ben sees 2={"name":"Ben"}
//   ada sees 1={"name":"Ada","cursor":4}
