#include "relay/handshake.h"

#include <openssl/sha.h>
#include <strings.h>

#include <algorithm>
#include <array>

#include "base/base64.h"

namespace syncline::bench {
namespace {

constexpr std::string_view kKeyField = "sec-websocket-key:";
constexpr std::string_view kMagic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Upgrade read_upgrade(std::string_view head) {
  Upgrade request;
  const std::size_t first_line = head.find("\r\n");
  std::string_view target = head.substr(0, first_line);
  target.remove_prefix(std::min(target.size(), target.find(' ') + 1));
  request.path = target.substr(0, target.find_first_of(" ?"));
  head.remove_prefix(std::min(head.size(), first_line + 2));
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    if (line.size() > kKeyField.size() &&
        strncasecmp(line.data(), kKeyField.data(), kKeyField.size()) == 0)
      request.key = trimmed(line.substr(kKeyField.size()));
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
  }
  return request;
}

std::string upgrade_answer(std::string_view key) {
  const std::string salted = std::string(key).append(kMagic);
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(salted.data()), salted.size(), digest.data());
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         to_base64(digest) + "\r\n\r\n";
}

}  // namespace syncline::bench
