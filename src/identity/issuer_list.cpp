#include "identity/issuer_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "identity/names.h"
#include "syncline/crdt/any.h"

namespace syncline::identity {
namespace {

using crdt::Any;

std::unexpected<Error> wrong_member(std::string_view member, std::string_view expected) {
  return fail(ErrorCode::kInvalid, fmt::format("'{}' {}", member, expected));
}

// Reads members of one object. The first that is wrong makes error() an error; nothing follows then.
class Members {
 public:
  explicit Members(const Any& object) : object_(std::get_if<Any::Object>(&object.value())) {
    if (object_ == nullptr) error_ = fail(ErrorCode::kInvalid, "an issuer is a JSON object");
  }

  void allow(std::initializer_list<std::string_view> known) {
    for (std::size_t i = 0; error_ && i < object_->size(); ++i)
      if (const auto& name = (*object_)[i].first; std::ranges::find(known, name) == known.end())
        error_ = wrong_member(name, "is no member of an issuer");
  }

  const Any* find(std::string_view name) const {
    if (!error_) return nullptr;
    for (const auto& [key, value] : *object_)
      if (key == name) return &value;
    return nullptr;
  }

  void text(std::string_view name, std::string& into) {
    const Any* const member = find(name);
    if (member == nullptr) return;
    const auto* const text = std::get_if<std::string>(&member->value());
    const bool plain = text != nullptr && !text->empty() && std::ranges::none_of(*text, [](char c) {
                         return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                       });
    if (!plain) {
      error_ = wrong_member(name, "is a text without control characters");
      return;
    }
    into = *text;
  }

  // A text, or a list of texts.
  void texts(std::string_view name, std::vector<std::string>& into) {
    const Any* const member = find(name);
    if (member == nullptr) return;
    into.clear();
    if (std::holds_alternative<std::string>(member->value())) {
      text(name, into.emplace_back());
      return;
    }
    const auto* const list = std::get_if<Any::Array>(&member->value());
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const auto* const each = std::get_if<std::string>(&(*list)[i].value());
      if (each == nullptr || each->empty()) {
        error_ = wrong_member(name, "is a text, or a list of texts");
        return;
      }
      into.push_back(*each);
    }
    if (into.empty()) error_ = wrong_member(name, "is a text, or a list of texts");
  }

  void keys(KeyPlace& place, const std::string& issuer) {
    text("keys", place.file);
    text("jwks_url", place.jwks_url);
    const Any* const discovery = find("discovery");
    if (discovery == nullptr) return;
    const auto* const wanted = std::get_if<bool>(&discovery->value());
    if (wanted == nullptr) error_ = wrong_member("discovery", "is true or false");
    if (wanted != nullptr && *wanted) place.oidc = issuer;
  }

  void refuse(std::string_view member, std::string_view expected) {
    if (error_) error_ = wrong_member(member, expected);
  }
  const Result<void>& error() const { return error_; }

 private:
  const Any::Object* object_;
  Result<void> error_ = {};
};

void read_claims(Members& members, ClaimRules& claims) {
  members.text("id_claim", claims.id);
  members.text("name_claim", claims.name);
  members.text("groups_claim", claims.groups);
  members.text("tenant_claim", claims.tenant);
  members.text("rights_claim", claims.rights);
  members.text("id_prefix", claims.id_prefix);
  members.texts("tenants", claims.tenants);
  std::string rights;
  members.text("rights", rights);
  if (rights.empty()) return;
  if (const auto named = rights_named(rights))
    claims.fallback = *named;
  else
    members.refuse("rights", "is read, write or admin");
}

void read_algorithms(Members& members, jose::Algorithms& algorithms) {
  std::vector<std::string> names;
  members.texts("algorithms", names);
  if (names.empty()) return;
  algorithms = jose::Algorithms();
  for (const std::string& name : names) {
    if (const auto algorithm = jose::algorithm_named(name))
      algorithms.add(*algorithm);
    else
      members.refuse("algorithms", "names none of EdDSA, ES256, ES384, RS256, PS256, HS256");
  }
}

Result<void> read_events(const Any& object, IssuerSpec& spec) {
  Members members(object);
  members.allow({"issuer", "audience", "keys", "jwks_url"});
  members.text("issuer", spec.events.issuer);
  members.texts("audience", spec.events.audiences);
  members.keys(spec.events.keys, {});
  if (spec.events.keys.named() > 1) members.refuse("events", "has keys of one place");
  return members.error();
}

Result<void> check_tenants(const ClaimRules& claims) {
  for (const std::string& tenant : claims.tenants)
    if (tenant != kDefaultTenant)
      if (auto valid = check_tenant_name(tenant); !valid) return valid;
  if (claims.tenant.empty() && claims.tenants.size() > 1)
    return wrong_member("tenants",
                        "has one name, unless a claim (tenant_claim) chooses among them");
  return {};
}

Result<IssuerSpec> read_issuer(const Any& object, Rights rights) {
  Members members(object);
  members.allow({"issuer", "keys", "jwks_url", "discovery", "audience", "algorithms", "id_claim",
                 "name_claim", "groups_claim", "tenant_claim", "rights_claim", "id_prefix",
                 "tenants", "rights", "events"});
  IssuerSpec spec;
  spec.claims.fallback = rights;
  members.text("issuer", spec.issuer);
  members.keys(spec.keys, spec.issuer);
  members.texts("audience", spec.audiences);
  read_algorithms(members, spec.algorithms);
  read_claims(members, spec.claims);
  if (spec.issuer.empty()) members.refuse("issuer", "is missing");
  if (spec.keys.named() != 1)
    members.refuse("keys", "are of one place: keys (a file), jwks_url, or discovery");
  if (!members.error()) return std::unexpected(members.error().error());
  if (auto valid = check_tenants(spec.claims); !valid) return std::unexpected(valid.error());
  const Any* const events = members.find("events");
  if (events == nullptr) return spec;
  if (auto read = read_events(*events, spec); !read) return std::unexpected(read.error());
  return spec;
}

// True if both may speak of some tenant.
bool share_a_tenant(const ClaimRules& a, const ClaimRules& b) {
  const auto all = [](const ClaimRules& rules) {
    return !rules.tenant.empty() && rules.tenants.empty();
  };
  if (all(a) || all(b)) return true;
  const auto of = [](const ClaimRules& rules) {
    return rules.tenants.empty() ? std::vector<std::string>{std::string(kDefaultTenant)}
                                 : rules.tenants;
  };
  const auto others = of(b);
  return std::ranges::any_of(of(a), [&](const std::string& tenant) {
    return std::ranges::find(others, tenant) != others.end();
  });
}

std::string_view events_issuer(const IssuerSpec& spec) {
  return spec.events.issuer.empty() ? spec.issuer : spec.events.issuer;
}

Result<void> separate(IssuerSpec& one, const IssuerSpec& other) {
  if (one.issuer.empty() || one.issuer == other.issuer)
    return fail(ErrorCode::kInvalid, one.issuer.empty()
                                         ? "of several issuers, each has a name: give --jwt-issuer"
                                         : fmt::format("two issuers are '{}'", one.issuer));
  if (events_issuer(one) == events_issuer(other))
    return fail(ErrorCode::kInvalid,
                fmt::format("the events of two issuers are of '{}'", events_issuer(one)));
  if (!share_a_tenant(one.claims, other.claims)) return {};
  if (one.claims.id_prefix == other.claims.id_prefix)
    return fail(ErrorCode::kInvalid,
                fmt::format("'{}' and '{}' may give two people the same id: give one of them an "
                            "id_prefix, or each a tenant of its own",
                            one.issuer, other.issuer));
  if (!other.claims.id_prefix.empty()) one.claims.other_prefixes.push_back(other.claims.id_prefix);
  return {};
}

}  // namespace

Result<std::vector<IssuerSpec>> parse_issuers(std::string_view text, Rights rights) {
  const auto json = crdt::from_json(text);
  const auto* const list = json ? std::get_if<Any::Array>(&json->value()) : nullptr;
  if (list == nullptr) return fail(ErrorCode::kInvalid, "this is no JSON list of issuers");
  if (list->size() > kMostIssuers)
    return fail(ErrorCode::kInvalid, fmt::format("there are more than {} issuers", kMostIssuers));
  std::vector<IssuerSpec> issuers;
  for (const Any& each : *list) {
    auto spec = read_issuer(each, rights);
    if (!spec)
      return fail(ErrorCode::kInvalid,
                  fmt::format("issuer {}: {}", issuers.size() + 1, spec.error().message));
    issuers.push_back(std::move(*spec));
  }
  return issuers;
}

Result<void> separate_issuers(std::vector<IssuerSpec>& issuers) {
  for (IssuerSpec& one : issuers)
    for (const IssuerSpec& other : issuers)
      if (&one != &other)
        if (auto apart = separate(one, other); !apart) return apart;
  return {};
}

}  // namespace syncline::identity
