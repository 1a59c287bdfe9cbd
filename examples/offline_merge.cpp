// Two people edit without a connection. Then each sends the other only what is missing.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

namespace {

// One round of the sync protocol: one side sends what it knows (a state vector), and the other
// answers with what that side lacks.
void sync(Doc& from, Doc& to) {
  const syncline::Bytes known = encode_state_vector(to.state_vector());
  const StateVector asked = decode_state_vector(known).value();  // received over the network
  const syncline::Bytes diff = from.encode_state_as_update(asked);
  const ApplyResult result = to.apply_update(diff).value();
  std::cout << "sent " << diff.size() << " bytes, " << (result.changed ? "news" : "nothing new")
            << '\n';
}

}  // namespace

int main() {
  Doc ada({.client_id = 1});
  Doc ben({.client_id = 2});
  ada.text("plan").insert(0, "Buy bread.").value();
  sync(ada, ben);

  // Both continue offline.
  ada.text("plan").insert(9, " and butter").value();
  ben.text("plan").insert(10, " Call Eve.").value();

  sync(ada, ben);
  sync(ben, ada);
  std::cout << "ada: " << ada.text("plan").to_string() << '\n';
  std::cout << "ben: " << ben.text("plan").to_string() << '\n';

  sync(ada, ben);

  // Invalid bytes are refused and change nothing.
  const syncline::Bytes garbage{7, 7, 7};
  if (const auto refused = ada.apply_update(garbage); !refused)
    std::cout << "refused: " << to_string(refused.error().code) << '\n';
}

// Prints:
//   sent 23 bytes, news
//   sent 22 bytes, news
//   sent 19 bytes, news
//   ada: Buy bread and butter. Call Eve.
//   ben: Buy bread and butter. Call Eve.
//   sent 2 bytes, nothing new
//   refused: malformed
