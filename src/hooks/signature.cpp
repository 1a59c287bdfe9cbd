#include "hooks/signature.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/byte_writer.h"
#include "base/hmac.h"

namespace syncline::hooks {

std::string mark_of_key(ByteView key) {
  const Hash256 hash = hmac_sha256(key, as_bytes("syncline: the mark of a key of webhooks"));
  std::string mark;
  for (std::size_t i = 0; i < 8; ++i) mark += fmt::format("{:02x}", hash[i]);
  return mark;
}

Bytes secret_of(ByteView key, std::string_view workspace, std::string_view id,
                std::uint64_t number) {
  ByteWriter what;
  what.var_string("syncline: the secret of a webhook");
  what.var_string(workspace);
  what.var_string(id);
  what.var_uint(number);
  const Hash256 secret = hmac_sha256(key, what.view());
  return to_bytes(secret);
}

std::string secret_text(ByteView secret) {
  return "whsec_" + to_base64(secret);
}

std::string signature(ByteView secret, std::string_view message, std::uint64_t unix_s,
                      std::string_view body) {
  std::string text = fmt::format("{}.{}.", message, unix_s);
  text += body;
  return "v1," + to_base64(hmac_sha256(secret, as_bytes(text)));
}

HeaderLines signed_headers(ByteView key, const Endpoint& endpoint, const std::string& message,
                           std::uint64_t now_ms, std::string_view body) {
  const std::uint64_t unix_s = now_ms / 1000;
  const auto sign = [&](std::uint64_t number) {
    return signature(secret_of(key, endpoint.workspace, endpoint.id, number), message, unix_s,
                     body);
  };
  std::string signatures = sign(endpoint.secret);
  if (endpoint.rotated_ms > 0 && now_ms < endpoint.rotated_ms + kOldSecretMs)
    signatures += " " + sign(endpoint.secret - 1);
  return {{"webhook-id", message},
          {"webhook-timestamp", std::to_string(unix_s)},
          {"webhook-signature", std::move(signatures)}};
}

}  // namespace syncline::hooks
