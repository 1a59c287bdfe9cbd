#include "identity/api_key.h"

#include <algorithm>
#include <memory>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/constant_time.h"
#include "base/mutation.h"
#include "identity/random_text.h"
#include "identity/token_kinds.h"

namespace syncline::identity {
namespace {

constexpr std::uint8_t kKeyForm = 1;
constexpr std::uint8_t kForOthers = 1;  // a bit of the flags

}  // namespace

std::optional<KeyText> parse_key(std::string_view text) {
  if (!text.starts_with(kKeyPrefix)) return std::nullopt;
  text.remove_prefix(kKeyPrefix.size());
  if (text.size() != kKeyIdChars + 1 + kKeySecretChars || text[kKeyIdChars] != '_')
    return std::nullopt;
  const KeyText key{text.substr(0, kKeyIdChars), text.substr(kKeyIdChars + 1)};
  if (!is_random_text(key.id) || !is_random_text(key.secret)) return std::nullopt;
  return key;
}

std::optional<std::string_view> key_id_of(std::string_view text) {
  if (const auto whole = parse_key(text)) return whole->id;
  if (text.starts_with(kKeyPrefix)) text.remove_prefix(kKeyPrefix.size());
  if (text.size() != kKeyIdChars || !is_random_text(text)) return std::nullopt;
  return text;
}

std::string NewKey::text() const {
  return std::string(kKeyPrefix) + id + "_" + secret;
}

NewKey new_key(Random& random) {
  return {random_text(random, kKeyIdChars), random_text(random, kKeySecretChars)};
}

Hash256 hash_of_secret(std::string_view secret) {
  return sha256(as_bytes(secret));
}

std::string token_of_key(std::string_view id) {
  return std::string(kKeyPrefix) + std::string(id);
}

Result<Principal> judge_key(const ApiKey& key, std::string_view secret, std::uint64_t now_ms) {
  const auto rights = rights_named(key.rights);
  if (!equal_in_constant_time(key.secret_hash, hash_of_secret(secret)) || !rights)
    return fail(ErrorCode::kUnauthorized, "unknown token");
  if (key.revoked_ms != 0) return fail(ErrorCode::kUnauthorized, "this key was revoked");
  if (key.expires_ms != 0 && now_ms >= key.expires_ms && !is_mutated(Mutation::admit_expired_key))
    return fail(ErrorCode::kUnauthorized, "this key has expired");
  auto identity = std::make_shared<const Identity>(Identity{.source = Identity::Source::kKey,
                                                            .name = key.name,
                                                            .tenant = key.tenant,
                                                            .token = token_of_key(key.id),
                                                            .issued_ms = key.made_ms,
                                                            .expires_ms = key.expires_ms,
                                                            .workspace = key.workspace,
                                                            .object = key.object});
  return Principal{.id = key.principal,
                   .rights = key.for_others ? rights->with(Right::kMintForOthers) : *rights,
                   .identity = std::move(identity)};
}

Bytes encode_api_key(const ApiKey& key) {
  ByteWriter out;
  out.u8(kKeyForm);
  out.append(ByteView(key.secret_hash));
  out.u8(key.for_others ? kForOthers : 0);
  for (const std::string* text : {&key.label, &key.principal, &key.name, &key.tenant, &key.rights,
                                  &key.workspace, &key.object, &key.made_by})
    out.var_string(*text);
  for (const std::uint64_t time : {key.made_ms, key.expires_ms, key.used_ms, key.revoked_ms})
    out.var_uint(time);
  return out.take();
}

Result<ApiKey> decode_api_key(std::string_view id, ByteView value) {
  ByteReader in(value);
  ApiKey key{.id = std::string(id)};
  const bool known = in.u8() == kKeyForm;
  const ByteView hash = in.bytes(key.secret_hash.size());
  std::ranges::copy(hash, key.secret_hash.begin());
  const std::uint8_t flags = in.u8();
  key.for_others = (flags & kForOthers) != 0;
  for (std::string* text : {&key.label, &key.principal, &key.name, &key.tenant, &key.rights,
                            &key.workspace, &key.object, &key.made_by})
    *text = in.var_string();
  for (std::uint64_t* time : {&key.made_ms, &key.expires_ms, &key.used_ms, &key.revoked_ms})
    *time = in.var_uint();
  if (!known || !in.ok() || !in.at_end() || flags > kForOthers || !rights_named(key.rights))
    return fail(ErrorCode::kMalformed, "this is no record of an API key");
  return key;
}

}  // namespace syncline::identity
