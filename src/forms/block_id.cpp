#include "forms/block_id.h"

#include "base/sha256.h"

namespace syncline::forms {

std::string new_block_id(const crdt::Engine& engine) {
  const crdt::ClientId client = engine.client_id();
  const std::string seed =
      "block " + std::to_string(client) + " " + std::to_string(engine.store.clients.state(client));
  auto digest = sha256(as_bytes(seed));
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0f) | 0x80);
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3f) | 0x80);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += kDigits[digest[i] >> 4];
    id += kDigits[digest[i] & 0x0f];
  }
  return id;
}

}  // namespace syncline::forms
