// Tickets: short-lived tokens for browsers, which this server mints for whoever has a token (POST /v1/tickets) and
// judges without asking anybody. A ticket says itself whom it lets in, to what, with which rights and until when;
// a code under it (HMAC-SHA-256) proves that this server said so.
//
//   slt_<base64url of the body and of the code>
//
// The bytes are specified in docs/formats/tokens.md. The code covers the prefix, too.
//
// Thread-safety: plain values and pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "identity/principal.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::identity {

// A ticket travels in URLs and headers, which proxies bound.
inline constexpr std::size_t kMaxTicketChars = 4096;
inline constexpr std::size_t kTicketIdChars = 16;

struct Ticket {
  std::string id;
  std::uint64_t minted_ms = 0;
  std::uint64_t expires_ms = 0;
  std::string rights = {};  // "read" or "write"
  std::string principal = {};
  std::string name = {};
  std::string tenant = {};
  std::vector<std::string> groups = {};
  std::string workspace = {};
  std::string object = {};  // "": the whole workspace
  std::string minter = {};  // Identity::token of whoever minted it; may be empty
  std::string issuer = {};  // of that token; may be empty
  // When that token was issued, if the ticket is for its holder himself; 0: not known, or for another. What ends
  // his older tokens ends the ticket, too.
  std::uint64_t since_ms = 0;

  bool operator==(const Ticket&) const = default;
};

// A secret that signs tickets. Several are valid at a time, so that one can replace another.
struct TicketSecret {
  std::uint32_t id = 0;
  std::array<std::uint8_t, 32> bytes = {};
  std::uint64_t made_ms = 0;

  bool operator==(const TicketSecret&) const = default;
};

// kTooLarge: over kMaxTicketChars.
Result<std::string> encode_ticket(const Ticket& ticket, const TicketSecret& secret);

// What the ticket says, if one of the secrets signed it. It may have expired. kUnauthorized otherwise.
Result<Ticket> read_ticket(std::string_view text, std::span<const TicketSecret> secrets);

// Whom a ticket lets in at this moment. kUnauthorized if it has expired.
Result<Principal> judge_ticket(const Ticket& ticket, std::uint64_t now_ms);

// The id of the ticket as a token (Identity::token): "slt_<id>".
std::string token_of_ticket(std::string_view id);

}  // namespace syncline::identity
