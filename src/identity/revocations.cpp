#include "identity/revocations.h"

#include <algorithm>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/mutation.h"

namespace syncline::identity {
namespace {

constexpr std::uint64_t kRevocationFormat = 1;

// No text contains the separator (check_revocation).
constexpr char kSeparator = '\x1f';

std::string key_of(Revocation::Of of, std::string_view id, std::string_view issuer,
                   std::string_view tenant) {
  std::string key;
  key.reserve(4 + id.size() + issuer.size() + tenant.size());
  key += of == Revocation::Of::kToken ? 't' : of == Revocation::Of::kKey ? 'k' : 'p';
  for (const std::string_view part : {tenant, issuer, id}) {
    key += kSeparator;
    key += part;
  }
  return key;
}

constexpr char kKinds[] = {'k', 'p', 't'};  // in the order of keys

// What a key says; it must be one of key_of().
Revocation named_by(std::string_view key) {
  Revocation revocation;
  revocation.of = key[0] == 't'   ? Revocation::Of::kToken
                  : key[0] == 'k' ? Revocation::Of::kKey
                                  : Revocation::Of::kPrincipal;
  key.remove_prefix(2);
  for (std::string* part : {&revocation.tenant, &revocation.issuer}) {
    const std::size_t end = key.find(kSeparator);
    *part = key.substr(0, end);
    key.remove_prefix(end + 1);
  }
  revocation.id = key;
  return revocation;
}

// What all keys of a kind, or of one tenant's, begin with.
std::string begin_of(char kind, const std::optional<std::string>& tenant) {
  std::string begin{kind, kSeparator};
  if (tenant) begin.append(*tenant) += kSeparator;
  return begin;
}

bool is_plain(std::string_view text) {
  return text.size() <= kMaxRevokedIdBytes &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

Result<void> check_revocation(const Revocation& revocation) {
  if (revocation.id.empty()) return fail(ErrorCode::kInvalid, "what is revoked has no id");
  if (!is_plain(revocation.id) || !is_plain(revocation.issuer) || !is_plain(revocation.tenant))
    return fail(ErrorCode::kInvalid, "an id has at most " + std::to_string(kMaxRevokedIdBytes) +
                                         " bytes, and no control characters");
  return {};
}

Result<Revocation> revocation_of(const Principal& principal) {
  using Source = Identity::Source;
  const Identity* const identity = principal.identity.get();
  if (identity == nullptr || identity->source == Source::kShared)
    return fail(ErrorCode::kConflict,
                "this token is shared by many; take it out of the server's configuration instead");
  Revocation revocation{.id = identity->token,
                        .issuer = identity->issuer,
                        .tenant = identity->tenant,
                        .until_ms = identity->expires_ms};
  if (identity->source == Source::kKey) revocation.of = Revocation::Of::kKey;
  if (revocation.id.empty()) {
    if (identity->issued_ms == 0)
      return fail(ErrorCode::kConflict,
                  "this token has neither an id nor a date; revoke its principal instead");
    revocation.of = Revocation::Of::kPrincipal;
    revocation.id = principal.id;
    revocation.before_ms = identity->issued_ms + 1;
  }
  return revocation;
}

std::string revocation_key(const Revocation& revocation) {
  return key_of(revocation.of, revocation.id, revocation.issuer, revocation.tenant);
}

Bytes encode_revocation(const Revocation& revocation) {
  ByteWriter out;
  out.var_uint(kRevocationFormat);
  out.var_uint(static_cast<std::uint64_t>(revocation.of));
  out.var_string(revocation.id);
  out.var_string(revocation.issuer);
  out.var_string(revocation.tenant);
  out.var_uint(revocation.before_ms);
  out.var_uint(revocation.until_ms);
  return out.take();
}

Result<Revocation> decode_revocation(ByteView value) {
  ByteReader in(value);
  const std::uint64_t format = in.var_uint();
  const std::uint64_t of = in.var_uint();
  Revocation revocation;
  revocation.id = in.var_string();
  revocation.issuer = in.var_string();
  revocation.tenant = in.var_string();
  revocation.before_ms = in.var_uint();
  revocation.until_ms = in.var_uint();
  if (!in.ok() || !in.at_end() || format != kRevocationFormat ||
      of > static_cast<std::uint64_t>(Revocation::Of::kPrincipal))
    return fail(ErrorCode::kMalformed, "the record of a revocation is damaged");
  revocation.of = static_cast<Revocation::Of>(of);
  if (auto valid = check_revocation(revocation); !valid)
    return fail(ErrorCode::kMalformed, valid.error().message);
  return revocation;
}

const Revocations::Entry* Revocations::find(Revocation::Of of, std::string_view id,
                                            std::string_view issuer,
                                            std::string_view tenant) const {
  const auto found = entries_.find(key_of(of, id, issuer, tenant));
  return found == entries_.end() ? nullptr : &found->second;
}

bool Revocations::holds(const Principal& principal, std::string_view issuer,
                        std::string_view tenant) const {
  using Of = Revocation::Of;
  const Identity& token = *principal.identity;
  const Of of = token.source == Identity::Source::kKey ? Of::kKey : Of::kToken;
  if (!token.token.empty() && find(of, token.token, issuer, tenant) != nullptr) return true;
  // A ticket ends with the token that minted it, whatever kind that is.
  if (!token.minter.empty() && (find(Of::kKey, token.minter, issuer, tenant) != nullptr ||
                                find(Of::kToken, token.minter, issuer, tenant) != nullptr))
    return true;
  // A token that does not say when it was issued may be older.
  const Entry* const all = find(Of::kPrincipal, principal.id, issuer, tenant);
  return all != nullptr && token.issued_ms < all->before_ms;
}

Result<void> Revocations::check(const Principal& principal) const {
  if (entries_.empty() || principal.identity == nullptr) return {};
  const Identity& token = *principal.identity;
  if (token.source == Identity::Source::kShared) return {};
  for (const std::string_view tenant : {std::string_view(token.tenant), kEveryTenant})
    if (holds(principal, "", tenant) ||
        (!token.issuer.empty() && holds(principal, token.issuer, tenant)))
      return fail(ErrorCode::kUnauthorized, "the token was revoked");
  return {};
}

Revocation Revocations::merged(Revocation revocation) const {
  const auto found = entries_.find(revocation_key(revocation));
  if (found == entries_.end()) return revocation;
  const Entry& entry = found->second;
  revocation.before_ms = std::max(entry.before_ms, revocation.before_ms);
  const bool for_ever = entry.until_ms == 0 || revocation.until_ms == 0;
  revocation.until_ms = for_ever ? 0 : std::max(entry.until_ms, revocation.until_ms);
  return revocation;
}

void Revocations::add(const Revocation& revocation) {
  entries_.insert_or_assign(revocation_key(revocation),
                            Entry{revocation.before_ms, revocation.until_ms});
}

void Revocations::forget(std::string_view key) {
  if (const auto found = entries_.find(key); found != entries_.end()) entries_.erase(found);
}

std::optional<std::string> Revocations::tenant_of_key(std::string_view key) const {
  return has(key) ? std::optional(named_by(key).tenant) : std::nullopt;
}

std::vector<Revocation> Revocations::list(const std::optional<std::string>& tenant,
                                          std::string_view after, std::size_t limit,
                                          std::uint64_t now_ms) const {
  std::vector<Revocation> page;
  for (const char kind : kKinds) {
    const std::string begin = begin_of(kind, tenant);
    auto next = after < begin ? entries_.lower_bound(begin) : entries_.upper_bound(after);
    for (; next != entries_.end() && next->first.starts_with(begin) && page.size() < limit;
         ++next) {
      const Entry& entry = next->second;
      if (entry.until_ms != 0 && entry.until_ms <= now_ms) continue;
      page.push_back(named_by(next->first));
      page.back().before_ms = entry.before_ms;
      page.back().until_ms = entry.until_ms;
    }
  }
  return page;
}

std::vector<std::string> Revocations::over(std::uint64_t now_ms, std::size_t limit) const {
  std::vector<std::string> keys;
  for (const auto& [key, entry] : entries_) {
    if (keys.size() >= limit) break;
    if (entry.until_ms != 0 && entry.until_ms <= now_ms) keys.push_back(key);
  }
  return keys;
}

}  // namespace syncline::identity
