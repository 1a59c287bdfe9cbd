#include "cli/serve_identity.h"

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/serve.h"

namespace syncline::cli {
namespace {

struct TextOption {
  const char* name;
  const char* value;
  const char* text;
  const char* environment;
  std::string backend::IdentityOptions::*target;
  bool is_file = false;
};

constexpr TextOption kTexts[] = {
    {"--jwt-keys", "FILE", "Accept JWTs that one of these keys signed: a JWK, a JWK set or PEM",
     "SYNCLINE_JWT_KEYS", &backend::IdentityOptions::jwt_keys, true},
    {"--jwks-url", "URL", "The same, with keys that are fetched there, and again when they change",
     "SYNCLINE_JWKS_URL", &backend::IdentityOptions::jwks_url},
    {"--oidc-issuer", "URL",
     "The same, for an OpenID Connect provider, whose discovery document says where its keys are",
     "SYNCLINE_OIDC_ISSUER", &backend::IdentityOptions::oidc_issuer},
    {"--jwt-issuer", "TEXT",
     "JWTs must have exactly this issuer (iss); that of --oidc-issuer is set",
     "SYNCLINE_JWT_ISSUER", &backend::IdentityOptions::jwt_issuer},
    {"--issuers", "FILE", "Accept JWTs of further issuers, too: a JSON list (docs/identity.md)",
     "SYNCLINE_ISSUERS", &backend::IdentityOptions::issuers, true},
    {"--set-keys", "FILE",
     "Keys of the issuer's Security Event Tokens, if they are not those of its JWTs",
     "SYNCLINE_SET_KEYS", &backend::IdentityOptions::set_keys, true},
    {"--set-jwks-url", "URL", "The same, with keys that are fetched there", "SYNCLINE_SET_JWKS_URL",
     &backend::IdentityOptions::set_jwks_url},
    {"--set-issuer", "TEXT",
     "Security Event Tokens have exactly this issuer (iss), if it is not that of the JWTs",
     "SYNCLINE_SET_ISSUER", &backend::IdentityOptions::set_issuer},
    {"--auth-webhook", "URL",
     "Ask the application there about tokens of any other form; SYNCLINE_AUTH_WEBHOOK_SECRET holds "
     "the secret that proves the question",
     "SYNCLINE_AUTH_WEBHOOK", &backend::IdentityOptions::webhook_url},
    {"--outbound-ca", "FILE",
     "Certificates in PEM to trust in requests that the server makes, besides those of the system",
     "SYNCLINE_OUTBOUND_CA", &backend::IdentityOptions::outbound_ca, true},
};

struct ClaimOption {
  const char* name;
  const char* text;
  const char* environment;
  std::string identity::ClaimRules::*target;
};

constexpr ClaimOption kClaims[] = {
    {"--jwt-id-claim", "Claim that holds the id of the person", "SYNCLINE_JWT_ID_CLAIM",
     &identity::ClaimRules::id},
    {"--jwt-name-claim", "Claim that holds the name to show", "SYNCLINE_JWT_NAME_CLAIM",
     &identity::ClaimRules::name},
    {"--jwt-groups-claim", "Claim that holds the groups, such as realm_access.roles",
     "SYNCLINE_JWT_GROUPS_CLAIM", &identity::ClaimRules::groups},
    {"--jwt-tenant-claim", "Claim that holds the tenant; JWTs without it are refused then",
     "SYNCLINE_JWT_TENANT_CLAIM", &identity::ClaimRules::tenant},
    {"--jwt-rights-claim",
     "Claim that says read, write or admin, such as scope; JWTs without one are refused then",
     "SYNCLINE_JWT_RIGHTS_CLAIM", &identity::ClaimRules::rights},
};

void add_lists(Command& serve, ServeOptions& options) {
  serve.option({.name = "--jwt-audience",
                .value = "TEXT",
                .text = "JWTs must be for this audience (aud); may be given several times",
                .environment = "SYNCLINE_JWT_AUDIENCE"},
               options.identity.jwt_audiences);
  serve.option({.name = "--set-audience",
                .value = "TEXT",
                .text = "Security Event Tokens must be for this audience (aud), if it is not that "
                        "of the JWTs; may be given several times",
                .environment = "SYNCLINE_SET_AUDIENCE"},
               options.identity.set_audiences);
  serve.option({.name = "--jwt-algorithms",
                .value = "NAME",
                .text = "Accept these of EdDSA, ES256, ES384, RS256, PS256 and HS256 alone; may be "
                        "given several times",
                .environment = "SYNCLINE_JWT_ALGORITHMS",
                .fallback = "all but HS256"},
               options.identity.jwt_algorithms);
  serve.option({.name = "--outbound-allow",
                .value = "NETWORK",
                .text = "Let requests that the server makes go to this network, such as "
                        "10.1.0.0/16, which is not of the public internet; may be given several "
                        "times",
                .environment = "SYNCLINE_OUTBOUND_ALLOW"},
               options.identity.outbound_allow);
}

}  // namespace

void add_identity(Command& serve, ServeOptions& options) {
  for (const TextOption& option : kTexts)
    serve.option({.name = option.name,
                  .value = option.value,
                  .text = option.text,
                  .environment = option.environment,
                  .is_file = option.is_file},
                 options.identity.*option.target);
  add_lists(serve, options);
  serve.flag({.name = "--outbound-allow-private",
              .text = "Let them go to every address",
              .environment = "SYNCLINE_OUTBOUND_ALLOW_PRIVATE"},
             options.identity.outbound_allow_private);
  serve.option({.name = "--jwt-leeway-seconds",
                .value = "N",
                .text = "How far the clocks of the issuer and of this server may differ",
                .environment = "SYNCLINE_JWT_LEEWAY_SECONDS"},
               options.jwt_leeway_seconds);
  for (const ClaimOption& claim : kClaims)
    serve.option({.name = claim.name,
                  .value = "CLAIM",
                  .text = claim.text,
                  .environment = claim.environment},
                 options.identity.claims.*claim.target);
  serve.option({.name = "--jwt-rights",
                .value = "RIGHTS",
                .text = "What JWTs allow if no claim says it",
                .environment = "SYNCLINE_JWT_RIGHTS",
                .choices = {"read", "write", "admin"}},
               options.jwt_rights);
}

}  // namespace syncline::cli
