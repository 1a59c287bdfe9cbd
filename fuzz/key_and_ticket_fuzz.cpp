// Any bytes as an API key, as the stored record of one, as a ticket, and as a ticket's signed body. What is accepted
// is well formed, and writes the same bytes again.
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "base/hmac.h"
#include "check.h"
#include "identity/api_key.h"
#include "identity/ticket.h"

using namespace syncline;

namespace {

constexpr std::string_view kPrefix = "slt_";

identity::TicketSecret secret() {
  identity::TicketSecret made{.id = 1};
  made.bytes.fill(7);
  return made;
}

// With a right code, so that the fuzzer gets past it.
std::string signed_text(ByteView body) {
  Bytes whole = to_bytes(as_bytes(kPrefix));
  whole.insert(whole.end(), body.begin(), body.end());
  const Hash256 code = hmac_sha256(secret().bytes, whole);
  whole.insert(whole.end(), code.begin(), code.end());
  return std::string(kPrefix) + to_base64url(ByteView(whole).subspan(kPrefix.size()));
}

void check_ticket(const std::string& text) {
  const std::vector<identity::TicketSecret> secrets{secret()};
  const auto ticket = identity::read_ticket(text, secrets);
  if (!ticket) return;
  FUZZ_CHECK(!ticket->workspace.empty() && !ticket->principal.empty());
  const auto again = identity::encode_ticket(*ticket, secrets.front());
  if (again) FUZZ_CHECK(identity::read_ticket(*again, secrets) == *ticket);
  const auto who = identity::judge_ticket(*ticket, ticket->minted_ms);
  FUZZ_CHECK(who && who->rights.within(identity::Rights::writing()));
  FUZZ_CHECK(!identity::judge_ticket(*ticket, ticket->expires_ms));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const std::string text(as_text(bytes));
  if (const auto key = identity::parse_key(text))
    FUZZ_CHECK(identity::NewKey({std::string(key->id), std::string(key->secret)}).text() == text);
  if (const auto id = identity::key_id_of(text)) FUZZ_CHECK(id->size() == identity::kKeyIdChars);
  const auto record = identity::decode_api_key("abcdefghijklmnop", bytes);
  if (record)
    FUZZ_CHECK(identity::decode_api_key(record->id, identity::encode_api_key(*record)) == *record);
  check_ticket(text);
  check_ticket(signed_text(bytes));
  return 0;
}
