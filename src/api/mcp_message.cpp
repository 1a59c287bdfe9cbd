#include "api/mcp_message.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using crdt::Any;

constexpr std::size_t kMostIdBytes = 256;
constexpr double kMostId = 9007199254740991;  // what JavaScript counts exactly

bool is_id(const Any& id) {
  if (const auto* text = std::get_if<std::string>(&id.value())) return text->size() <= kMostIdBytes;
  const auto* number = std::get_if<double>(&id.value());
  return number != nullptr && std::floor(*number) == *number && std::abs(*number) <= kMostId;
}

std::unexpected<Error> no_message(std::string_view why) {
  return fail(ErrorCode::kInvalid, fmt::format("no JSON-RPC 2.0 message: {}", why));
}

}  // namespace

Result<McpMessage> read_mcp_message(std::string_view text) {
  if (text.size() > kMostMcpBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("a message has at most {} bytes", kMostMcpBytes));
  auto json = crdt::from_json(text);
  if (!json) return fail(ErrorCode::kMalformed, "the message is no JSON: " + json.error().message);
  if (std::holds_alternative<Any::Array>(json->value()))
    return no_message("a batch; send one message in each request");
  const Any* const version = json->find("jsonrpc");
  if (version == nullptr || *version != Any("2.0")) return no_message("\"jsonrpc\" is not \"2.0\"");
  const Any* const id = json->find("id");
  const Any* const method = json->find("method");
  const Any* const params = json->find("params");
  if (id != nullptr && !is_id(*id)) return no_message("an id is a text or a whole number");
  McpMessage message;
  if (id != nullptr) message.id = *id;
  if (method == nullptr) {
    if (json->find("result") == nullptr && json->find("error") == nullptr)
      return no_message("it has no method");
    message.kind = McpMessage::kResponse;
    return message;
  }
  const auto* name = std::get_if<std::string>(&method->value());
  if (name == nullptr) return no_message("the method is no text");
  if (params != nullptr && !std::holds_alternative<Any::Object>(params->value()))
    return no_message("the params are no object");
  message.kind = id != nullptr ? McpMessage::kRequest : McpMessage::kNotification;
  message.method = *name;
  if (params != nullptr) message.params = *params;
  return message;
}

std::string mcp_result(const Any& id, std::string_view result) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", crdt::to_json(id), result);
}

std::string mcp_error(const Any& id, int code, std::string_view message) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":{},"message":{}}}}})",
                     id.is_undefined() ? "null" : crdt::to_json(id), code,
                     protocol::json_string(message));
}

}  // namespace syncline::api
