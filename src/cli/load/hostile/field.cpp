#include "cli/load/hostile/field.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "backend/net/ws_client.h"

namespace syncline::cli {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kStranger: return "stranger";
    case Role::kReader: return "reader";
    case Role::kWriter: return "writer";
  }
  return "";
}

std::string Ground::token_of(Role role) const {
  if (role == Role::kStranger) return {};
  return role == Role::kReader && !read_token.empty() ? read_token : token;
}

std::string Ground::large_object() const {
  return fmt::format("large-{}", large_bytes);
}
std::string Ground::binary_object() const {
  return fmt::format("binary-{}", large_bytes);
}
std::string Ground::history_object() const {
  return fmt::format("history-{}", history);
}

std::string Ground::y_path(Role role, std::string_view object) const {
  std::string path = fmt::format("{}/y/{}/{}?ack=1", prefix, workspace, object);
  if (const std::string token_text = token_of(role); !token_text.empty())
    path += "&token=" + token_text;
  return path;
}

std::string Ground::request(std::string_view method, std::string_view path, Role role,
                            std::string_view more_headers, std::string_view other_host) const {
  std::string head =
      fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}", method, prefix, path,
                  other_host.empty() ? std::string_view(host) : other_host, more_headers);
  if (const std::string token_text = token_of(role); !token_text.empty())
    head += fmt::format("Authorization: Bearer {}\r\n", token_text);
  return head + "\r\n";
}

Result<Ground> ground_at(std::string_view url) {
  const auto target = backend::parse_ws_url(url);
  if (!target) return std::unexpected(target.error());
  Ground ground;
  const bool numeric6 = target->host.find(':') != std::string::npos;
  ground.host =
      fmt::format(fmt::runtime(numeric6 ? "[{}]:{}" : "{}:{}"), target->host, target->port);
  ground.prefix = target->path;
  while (ground.prefix.ends_with('/')) ground.prefix.pop_back();
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(target->port);
  if (::getaddrinfo(target->host.c_str(), port.c_str(), &hints, &found) != 0 || found == nullptr)
    return fail(ErrorCode::kUnavailable, fmt::format("{} has no address", target->host));
  std::memcpy(&ground.address, found->ai_addr, found->ai_addrlen);
  ground.address_size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return ground;
}

}  // namespace syncline::cli
