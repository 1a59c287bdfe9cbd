// Ed25519 signatures (RFC 8032): 32-byte keys, 64-byte signatures. Signing is deterministic.
//
// Thread-safety: values and pure functions.
#pragma once

#include <array>
#include <cstdint>

#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::ed25519 {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;
// The private key of RFC 8032: 32 random bytes, from which everything else is derived.
using Seed = std::array<std::uint8_t, 32>;

PublicKey public_key_of(const Seed& seed);
Signature sign(const Seed& seed, ByteView message);
bool verify(const PublicKey& key, ByteView message, const Signature& signature);

}  // namespace syncline::ed25519
