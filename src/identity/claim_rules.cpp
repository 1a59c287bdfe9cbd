#include "identity/claim_rules.h"

#include <algorithm>
#include <vector>

#include "identity/link.h"
#include "identity/names.h"
#include "identity/token_kinds.h"

namespace syncline::identity {
namespace {

std::unexpected<Error> not_ours(std::string reason) {
  return fail(ErrorCode::kUnauthorized, std::move(reason));
}

bool is_plain(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
}

const std::string* text_claim(const crdt::Any& claims, const std::string& name) {
  const crdt::Any* const claim = find_claim(claims, name);
  return claim == nullptr ? nullptr : std::get_if<std::string>(&claim->value());
}

// The texts of a claim that is one text or a list of them. nullopt: it is something else.
std::optional<std::vector<std::string>> texts_of(const crdt::Any& claim) {
  if (const auto* const text = std::get_if<std::string>(&claim.value())) return {{*text}};
  const auto* const list = std::get_if<crdt::Any::Array>(&claim.value());
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const crdt::Any& member : *list) {
    const auto* const text = std::get_if<std::string>(&member.value());
    if (text == nullptr) return std::nullopt;
    texts.push_back(*text);
  }
  return texts;
}

Result<std::vector<std::string>> groups_of(const crdt::Any& claims, const std::string& name) {
  const crdt::Any* const claim = name.empty() ? nullptr : find_claim(claims, name);
  if (claim == nullptr || claim->is_null()) return std::vector<std::string>();
  auto groups = texts_of(*claim);
  if (!groups) return not_ours("the groups of the token are no list of texts");
  // Leaving some out could open what a group is kept from.
  const auto fits = [](const std::string& group) { return is_plain(group, kMaxIdBytes); };
  if (groups->size() > kMaxGroups || !std::ranges::all_of(*groups, fits))
    return not_ours("the token has more or longer groups than the server takes");
  return std::move(*groups);
}

Result<std::string> id_of(const crdt::Any& claims, const ClaimRules& rules) {
  const std::string* const claimed = text_claim(claims, rules.id);
  if (claimed == nullptr || claimed->empty()) return not_ours("the token names nobody");
  std::string id = rules.id_prefix + *claimed;
  if (!is_plain(id, kMaxIdBytes))
    return not_ours("the id in the token is too long, or contains control characters");
  const bool anothers = std::ranges::any_of(rules.other_prefixes, [&](const std::string& other) {
    return other.size() > rules.id_prefix.size() && id.starts_with(other);
  });
  if (is_reserved_id(id) || anothers) return not_ours("the id in the token is reserved");
  return id;
}

// "default" is the name of the default tenant in a claim; within the server it has none.
std::string inner_name(std::string tenant) {
  return tenant == kDefaultTenant ? std::string() : std::move(tenant);
}

Result<std::string> tenant_claimed(const crdt::Any& claims, const ClaimRules& rules) {
  if (rules.tenant.empty())
    return rules.tenants.empty() ? std::string() : inner_name(rules.tenants.front());
  const std::string* const tenant = text_claim(claims, rules.tenant);
  if (tenant == nullptr || !is_plain(*tenant, kMaxIdBytes))
    return not_ours("the token names no tenant");
  if (!rules.tenants.empty() && std::ranges::find(rules.tenants, *tenant) == rules.tenants.end())
    return not_ours("the token names a tenant of which its issuer may not speak");
  return inner_name(*tenant);
}

// In the order of what they allow.
constexpr std::string_view kRightsNames[] = {"admin", "write", "read"};

}  // namespace

bool is_reserved_id(std::string_view id) {
  return id == "anonymous" || id == "token" || id == "reader" || id.starts_with(kKeyPrefix) ||
         id.starts_with(kTicketPrefix) || id.starts_with("key:") || id.starts_with("ticket:") ||
         is_link(id);
}

const crdt::Any* find_claim(const crdt::Any& claims, std::string_view name) {
  if (const crdt::Any* const exact = claims.find(name)) return exact;
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    const crdt::Any* const outer = claims.find(name.substr(0, dot));
    const crdt::Any* const inner =
        outer == nullptr ? nullptr : find_claim(*outer, name.substr(dot + 1));
    if (inner != nullptr) return inner;
  }
  return nullptr;
}

std::optional<Rights> rights_of_claim(const crdt::Any& claim) {
  const auto texts = texts_of(claim);
  if (!texts) return std::nullopt;
  std::vector<std::string> words;
  for (const std::string& text : *texts) {
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      std::string word = text.substr(at, end - at);
      if (word.starts_with("syncline:")) word.erase(0, 9);
      words.push_back(std::move(word));
      at = end + 1;
    }
  }
  for (const std::string_view name : kRightsNames)
    if (std::ranges::find(words, name) != words.end()) return rights_named(name);
  return std::nullopt;
}

Result<Mapped> map_claims(const crdt::Any& claims, const ClaimRules& rules) {
  auto id = id_of(claims, rules);
  if (!id) return std::unexpected(std::move(id.error()));
  Mapped mapped{.id = std::move(*id), .rights = rules.fallback};
  if (const std::string* const name = text_claim(claims, rules.name);
      name != nullptr && is_plain(*name, kMaxShownNameBytes))
    mapped.identity.name = *name;
  auto groups = groups_of(claims, rules.groups);
  if (!groups) return std::unexpected(std::move(groups.error()));
  mapped.identity.groups = std::move(*groups);
  auto tenant = tenant_claimed(claims, rules);
  if (!tenant) return std::unexpected(std::move(tenant.error()));
  mapped.identity.tenant = std::move(*tenant);
  if (!rules.rights.empty()) {
    const crdt::Any* const claim = find_claim(claims, rules.rights);
    const auto rights = claim == nullptr ? std::nullopt : rights_of_claim(*claim);
    if (!rights) return not_ours("the token gives no rights here");
    mapped.rights = *rights;
  }
  return mapped;
}

}  // namespace syncline::identity
