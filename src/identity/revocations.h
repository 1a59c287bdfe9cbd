// Revocations: tokens that are no longer valid, although they have not expired.
//
// A token is revoked by its own id, or with all tokens of a principal that were issued before some moment. Every
// loop has a copy of all revocations, so that looking one up waits for nobody (node/revoke.h keeps the copies
// equal, and durable). A revocation is forgotten when the token would have expired anyway.
//
// The tokens that many share (identity/access.h) cannot be revoked: they are taken out of the configuration.
//
// Pure: no clock, no I/O. Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/principal.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::identity {

struct Revocation {
  enum class Of : std::uint8_t {
    kToken,      // `id` is that of a token (jti), or of a ticket
    kKey,        // … of an API key
    kPrincipal,  // … of a principal
  };

  Of of = Of::kToken;
  std::string id = {};
  std::string issuer = {};  // only tokens of this issuer; "": of any
  std::string tenant =
      {};  // whose principal or token it is; "": the default tenant's; kEveryTenant
  std::uint64_t before_ms = 0;  // kPrincipal: tokens that were issued before are revoked
  std::uint64_t until_ms = 0;   // forgotten then (milliseconds since 1970); 0: never

  bool operator==(const Revocation&) const = default;
};

inline constexpr std::string_view kEveryTenant = "*";  // no tenant has this name

inline constexpr std::size_t kMaxRevokedIdBytes = 512;  // of an id, of an issuer and of a tenant

// kInvalid: the id is empty, or one of the texts is too long or contains a control character.
Result<void> check_revocation(const Revocation& revocation);

// What revokes the token of this principal. A token without an id is revoked with all that its principal got
// before. kConflict, with the reason: nothing distinguishes it from later tokens.
Result<Revocation> revocation_of(const Principal& principal);

// The id of the record of a revocation (log/directory_store.h); those that replace each other have the same.
std::string revocation_key(const Revocation& revocation);
// The value of the record (docs/formats/directory.md). kMalformed if it is none.
Bytes encode_revocation(const Revocation& revocation);
Result<Revocation> decode_revocation(ByteView value);

class Revocations {
 public:
  // More are refused. One takes about 200 bytes on each loop.
  static constexpr std::size_t kMost = 100'000;

  // kUnauthorized if what the principal presented is revoked.
  Result<void> check(const Principal& principal) const;

  // With what is revoked under the same key already: the later of both moments, and of both ends.
  Revocation merged(Revocation revocation) const;

  void add(const Revocation& revocation);  // replaces the one with the same key
  void forget(std::string_view key);

  // The keys of at most `limit` revocations that end before `now_ms`.
  std::vector<std::string> over(std::uint64_t now_ms, std::size_t limit) const;

  bool has(std::string_view key) const { return entries_.contains(key); }
  // Whose revocation has this key; nullopt: none has.
  std::optional<std::string> tenant_of_key(std::string_view key) const;
  // Up to `limit` of those in force at `now_ms` whose keys follow `after`, in the order of their keys.
  // `tenant`: only those of that tenant; nullopt: all.
  std::vector<Revocation> list(const std::optional<std::string>& tenant, std::string_view after,
                               std::size_t limit, std::uint64_t now_ms) const;

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t before_ms;
    std::uint64_t until_ms;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  const Entry* find(Revocation::Of of, std::string_view id, std::string_view issuer,
                    std::string_view tenant) const;
  bool holds(const Principal& principal, std::string_view issuer, std::string_view tenant) const;

  Entries entries_;
};

}  // namespace syncline::identity
