#include "jose/jws.h"

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "syncline/crdt/any.h"

namespace syncline::jose {
namespace {

std::unexpected<Error> no_token() {
  return fail(ErrorCode::kMalformed, "this is no signed token");
}

// A text of the header; "" if there is none. False if it is not a text, or too long.
bool take_header_text(const crdt::Any& header, std::string_view key, std::string& into) {
  const crdt::Any* const member = header.find(key);
  if (member == nullptr) return true;
  const auto* const text = std::get_if<std::string>(&member->value());
  if (text == nullptr || text->size() > kMaxKeyIdBytes) return false;
  into = *text;
  return true;
}

Result<void> read_header(const Bytes& bytes, Jws& jws) {
  const auto header = crdt::from_json(as_text(bytes));
  if (!header || !std::holds_alternative<crdt::Any::Object>(header->value())) return no_token();
  if (header->find("crit") != nullptr || header->find("b64") != nullptr)
    return fail(ErrorCode::kUnsupported, "the token asks for extensions that are not accepted");
  std::string algorithm;
  if (!take_header_text(*header, "alg", algorithm) || !take_header_text(*header, "kid", jws.kid) ||
      !take_header_text(*header, "typ", jws.type))
    return no_token();
  const auto known = algorithm_named(algorithm);
  if (!known)
    return fail(ErrorCode::kUnsupported,
                "the token is signed with an algorithm that is not accepted");
  jws.algorithm = *known;
  return {};
}

}  // namespace

Result<Jws> parse_jws(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return fail(ErrorCode::kTooLarge, "the token is too long");
  if (std::ranges::count(token, '.') != 2) return no_token();
  const std::size_t first = token.find('.');
  const std::size_t second = token.rfind('.');
  if (first > kMaxHeaderBytes) return fail(ErrorCode::kTooLarge, "the token is too long");
  const auto header = from_base64url(token.substr(0, first));
  auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !payload || !signature || signature->empty()) return no_token();
  Jws jws;
  if (auto read = read_header(*header, jws); !read) return std::unexpected(std::move(read.error()));
  jws.signed_text = token.substr(0, second);
  jws.payload = std::move(*payload);
  jws.signature = std::move(*signature);
  return jws;
}

Result<void> verify(const Jws& jws, const KeySet& keys, Algorithms allowed) {
  if (!allowed.has(jws.algorithm))
    return fail(ErrorCode::kUnauthorized,
                "the token is signed with an algorithm that is not accepted");
  const auto key = keys.find(jws.kid, jws.algorithm);
  if (!key) return std::unexpected(key.error());
  if (!(*key)->verify(jws.algorithm, as_bytes(jws.signed_text), jws.signature))
    return fail(ErrorCode::kUnauthorized, "the signature of the token is wrong");
  return {};
}

}  // namespace syncline::jose
