// Claims of tokens, and an application's answers: no crash, and whoever is let in has an id and groups within their
// bounds, and no id of the server's own.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "check.h"
#include "identity/claim_rules.h"
#include "identity/webhook_answers.h"

namespace {

using namespace syncline;

bool is_plain(std::string_view text, std::size_t most) {
  return text.size() <= most && std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

void check_principal(const std::string& id, const identity::Identity& identity) {
  FUZZ_CHECK(!id.empty() && is_plain(id, identity::kMaxIdBytes) && !identity::is_reserved_id(id));
  FUZZ_CHECK(is_plain(identity.name, identity::kMaxShownNameBytes));
  FUZZ_CHECK(is_plain(identity.tenant, identity::kMaxIdBytes));
  FUZZ_CHECK(identity.groups.size() <= identity::kMaxGroups);
  for (const std::string& group : identity.groups)
    FUZZ_CHECK(!group.empty() && is_plain(group, identity::kMaxIdBytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto claims = crdt::from_json(text)) {
    const identity::ClaimRules nested{
        .id = "a.b", .name = "a.b.c", .groups = "a.g", .tenant = "t", .rights = "scope"};
    for (const identity::ClaimRules& rules : {identity::ClaimRules(), nested})
      if (const auto mapped = identity::map_claims(*claims, rules))
        check_principal(mapped->id, mapped->identity);
  }
  constexpr std::uint64_t kNow = 1'800'000'000'000;
  for (const int status : {200, 401, 403}) {
    const auto verdict = identity::webhook_verdict({.token = "t"}, status, text, kNow);
    FUZZ_CHECK(verdict.kept_ms <= identity::WebhookAnswers::kMostKeptMs);
    if (!verdict.answer) continue;
    FUZZ_CHECK(status == 200 && verdict.kept_ms > 0);
    check_principal(verdict.answer->id, *verdict.answer->identity);
  }
  return 0;
}
