#include "jose/key_set.h"

#include <set>
#include <utility>

#include "syncline/crdt/any.h"

namespace syncline::jose {
namespace {

std::unexpected<Error> no_key(const std::string& reason) {
  return fail(ErrorCode::kInvalid,
              "there is no usable key" + (reason.empty() ? "" : ": " + reason));
}

// Adds the kid of a key. False if it was there already.
bool is_new(const crdt::Any& jwk, std::set<std::string>& ids) {
  const crdt::Any* const member = jwk.find("kid");
  const auto* const id = member == nullptr ? nullptr : std::get_if<std::string>(&member->value());
  return id == nullptr || id->empty() || ids.insert(*id).second;
}

}  // namespace

Result<KeySet> KeySet::of(std::vector<Key> keys) {
  std::size_t secrets = 0;
  for (const Key& key : keys)
    if (key.symmetric()) ++secrets;
  if (secrets != 0 && secrets != keys.size())
    return fail(ErrorCode::kInvalid, "secrets and public keys are mixed");
  KeySet set;
  set.keys_ = std::move(keys);
  return set;
}

Result<KeySet> KeySet::from_json(std::string_view json, Secrets secrets) {
  if (json.size() > kMaxKeySetBytes)
    return fail(ErrorCode::kTooLarge, "a key set has at most 1 MiB");
  const auto document = crdt::from_json(json);
  if (!document || !std::holds_alternative<crdt::Any::Object>(document->value()))
    return fail(ErrorCode::kMalformed, "this is no JSON Web Key (Set)");
  const crdt::Any* const member = document->find("keys");
  crdt::Any::Array single{*document};
  const auto* const listed =
      member == nullptr ? &single : std::get_if<crdt::Any::Array>(&member->value());
  if (listed == nullptr) return fail(ErrorCode::kMalformed, "'keys' is no list");
  if (listed->size() > kMaxKeys)
    return fail(ErrorCode::kTooLarge, "a key set has at most 256 keys");
  std::vector<Key> keys;
  std::set<std::string> ids;
  std::string reason;
  for (const crdt::Any& jwk : *listed) {
    auto key = Key::from_jwk(jwk);
    if (key && key->symmetric() && secrets == Secrets::kIgnored)
      key = fail(ErrorCode::kUnsupported, "secrets (HS256) are not accepted here");
    // A key that is not sound also counts: its publisher may have meant it.
    if ((key || key.error().code == ErrorCode::kInvalid) && !is_new(jwk, ids))
      return fail(ErrorCode::kInvalid, "two keys have the same kid");
    if (key)
      keys.push_back(std::move(*key));
    else if (reason.empty())
      reason = key.error().message;
  }
  if (keys.empty()) return no_key(reason);
  return of(std::move(keys));
}

Result<KeySet> KeySet::from_file_text(std::string_view text, Secrets secrets) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start != text.npos && text[start] == '{') return from_json(text, secrets);
  if (text.size() > kMaxKeySetBytes)
    return fail(ErrorCode::kTooLarge, "a key set has at most 1 MiB");
  auto keys = Key::from_pem(text);
  if (!keys) return std::unexpected(std::move(keys.error()));
  if (keys->size() > kMaxKeys) return fail(ErrorCode::kTooLarge, "a key set has at most 256 keys");
  return of(std::move(*keys));
}

Result<const Key*> KeySet::find(std::string_view kid, Algorithm algorithm) const {
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    const bool named = !kid.empty() && key.id() == kid;
    if (named && !key.algorithms().has(algorithm))
      return fail(ErrorCode::kInvalid, "the key of the token is not for its algorithm");
    if (named) return &key;
  }
  for (const Key& key : keys_) {
    // A key without an id can be meant by any token.
    if (!key.algorithms().has(algorithm) || (!kid.empty() && !key.id().empty())) continue;
    if (found != nullptr)
      return fail(ErrorCode::kInvalid, "several keys could have signed the token");
    found = &key;
  }
  if (found == nullptr) return fail(ErrorCode::kNotFound, "no key is known for the token");
  return found;
}

}  // namespace syncline::jose
