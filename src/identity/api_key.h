// API keys: tokens for programs, which an operator makes, sees and revokes one by one.
//
//   slk_<id>_<secret>     16 and 36 characters of a-z and 2-7
//
// The id is public: it stands in lists and logs. The secret is shown once. The server stores its SHA-256: the
// secret has 180 random bits, so nobody finds it by guessing, and a slow hash, which protects passwords that
// people choose, would only slow the server down.
//
// Thread-safety: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/scheduler.h"
#include "base/sha256.h"
#include "identity/principal.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::identity {

inline constexpr std::size_t kKeyIdChars = 16;
inline constexpr std::size_t kKeySecretChars = 36;
// The longest label, principal id and display name.
inline constexpr std::size_t kMaxKeyTextBytes = 256;

// What the server stores of a key: a record of the directory (log/directory_store.h, kKey) by its id.
struct ApiKey {
  std::string id;
  Hash256 secret_hash = {};
  std::string label = {};      // what it is for, in the words of whoever made it
  std::string principal = {};  // who its holder is; "key:<id>" unless given
  std::string name = {};       // to show; may be empty
  std::string tenant = {};
  std::string rights = {};     // rights_named()
  bool for_others = false;     // may mint tickets for other principals
  std::string workspace = {};  // the scope (Identity)
  std::string object = {};
  std::string made_by = {};  // the principal that made it
  std::uint64_t made_ms = 0;
  std::uint64_t expires_ms = 0;  // 0: never
  std::uint64_t used_ms = 0;     // a few minutes late; 0: never
  std::uint64_t revoked_ms = 0;  // 0: it is not

  bool operator==(const ApiKey&) const = default;
};

// What somebody presents. The views are of the text.
struct KeyText {
  std::string_view id;
  std::string_view secret;
};
// nullopt: it is no key.
std::optional<KeyText> parse_key(std::string_view text);

// The id in a text that names a key to people: the id alone, "slk_<id>", or the whole key. nullopt: it names none.
std::optional<std::string_view> key_id_of(std::string_view text);

struct NewKey {
  std::string id;
  std::string secret;

  std::string text() const;  // "slk_<id>_<secret>"
};
// From a source of true randomness.
NewKey new_key(Random& random);

Hash256 hash_of_secret(std::string_view secret);

// The id of the key as a token (Identity::token): "slk_<id>". No other kind of token has such an id.
std::string token_of_key(std::string_view id);

// Who holds the key, if this is its secret at this moment. kUnauthorized, with the reason; the reason says that
// the key was revoked or has expired only to whoever knows its secret.
Result<Principal> judge_key(const ApiKey& key, std::string_view secret, std::uint64_t now_ms);

// The record's value; the id is not part of it. docs/formats/tokens.md.
Bytes encode_api_key(const ApiKey& key);
// kMalformed
Result<ApiKey> decode_api_key(std::string_view id, ByteView value);

}  // namespace syncline::identity
