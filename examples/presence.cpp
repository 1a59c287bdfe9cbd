// Presence: names and cursors of who is there. Kept in memory only, beside the document; the
// messages are those of y-protocols/awareness.
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

  // A client sets its own state; the change names the clients that others must be told of.
  const AwarenessChange change = ada.set_local(1, R"({"name":"Ada","cursor":4})", now).value();
  ben.apply(ada.encode(change.all()), now).value();
  ben.set_local(2, R"({"name":"Ben"})", now).value();
  ada.apply(ben.encode_all(), now).value();
  print("ada", ada);

  // A state is renewed every 15 seconds; who is silent for 30 is taken for gone.
  now += 20'000;
  ada.apply(ben.encode(ben.renew_local(2, now).all()), now).value();
  now += 20'000;
  for (const ClientId gone : ben.expire(now).removed) std::cout << gone << " timed out\n";
  print("ben", ben);

  // Leaving politely is a state of null.
  ada.apply(ben.encode(ben.set_local(2, "null", now).value().all()), now).value();
  print("ada", ada);
}

// Prints:
//   ada sees 1={"name":"Ada","cursor":4} 2={"name":"Ben"}
//   1 timed out
//   ben sees 2={"name":"Ben"}
//   ada sees 1={"name":"Ada","cursor":4}
