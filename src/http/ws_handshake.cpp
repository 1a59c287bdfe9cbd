#include "http/ws_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/base64.h"
#include "base/trim.h"
#include "http/tokens.h"

namespace syncline::http {
namespace {

// Base64 of 16 bytes: 22 digits, the last of which carries 4 bits, and two padding characters.
bool is_key(std::string_view key) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (key.size() != 24 || !key.ends_with("==")) return false;
  return std::ranges::all_of(key.substr(0, 22),
                             [&](char c) { return kDigits.find(c) != kDigits.npos; });
}

// The first that `is_it`, over all lines of the header; "" if there is none, or if one before it is malformed.
template <typename IsIt>
std::string find_subprotocol(const Request& request, IsIt is_it) {
  for (const auto& [name, value] : request.headers.all()) {
    if (!equals_ignoring_case(name, "Sec-WebSocket-Protocol")) continue;
    std::string_view rest = value;
    for (bool more = true; more;) {
      const std::size_t comma = rest.find(',');
      more = comma != rest.npos;
      const std::string_view offered = trim(rest.substr(0, comma));
      if (!is_token(offered)) return {};
      if (is_it(offered)) return std::string(offered);
      if (more) rest.remove_prefix(comma + 1);
    }
  }
  return {};
}

}  // namespace

bool asks_for_websocket(const Request& request) {
  return request.headers.has_token("Upgrade", "websocket");
}

std::expected<std::string, Response> check_ws_handshake(const Request& request) {
  const auto refuse = [](int status, std::string_view code, std::string_view message) {
    return std::unexpected(error_response(status, code, message));
  };
  if (request.method != "GET") return refuse(405, "invalid", "a WebSocket handshake is a GET");
  if (!request.headers.has_token("Connection", "upgrade"))
    return refuse(400, "malformed", "Upgrade without Connection: Upgrade");
  const auto version = request.headers.find("Sec-WebSocket-Version");
  if (version != "13") {
    auto response = error_response(426, "unsupported", "only WebSocket version 13 is supported");
    response.headers.emplace_back("Sec-WebSocket-Version", "13");
    response.headers.emplace_back("Upgrade", "websocket");
    return std::unexpected(std::move(response));
  }
  const auto key = request.headers.find("Sec-WebSocket-Key");
  if (!key || request.headers.count("Sec-WebSocket-Key") != 1 || !is_key(*key))
    return refuse(400, "malformed", "no proper Sec-WebSocket-Key");
  return std::string(*key);
}

std::string offered_subprotocol(const Request& request) {
  return find_subprotocol(
      request, [](std::string_view offered) { return !offered.starts_with(kTokenSubprotocol); });
}

std::string token_subprotocol(const Request& request) {
  const std::string found = find_subprotocol(
      request, [](std::string_view offered) { return offered.starts_with(kTokenSubprotocol); });
  if (found.empty()) return {};
  return percent_decode(std::string_view(found).substr(kTokenSubprotocol.size())).value_or("");
}

std::string ws_accept_value(std::string_view key) {
  // Looked up once: EVP_sha1() would be looked up at each use, which takes longer than the digest. Never freed.
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455
  std::string text;
  text.reserve(key.size() + kGuid.size());
  text.append(key).append(kGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  const int done = EVP_Digest(text.data(), text.size(), digest.data(), &size, sha1, nullptr);
  SYNCLINE_ASSERT(done == 1 && size == 20);
  return to_base64(ByteView(digest).first(size));
}

}  // namespace syncline::http
