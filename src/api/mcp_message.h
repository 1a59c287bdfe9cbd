// The messages of the Model Context Protocol: JSON-RPC 2.0, one message in each request.
// https://modelcontextprotocol.io/specification/2025-06-18/basic
//
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline::api {

inline constexpr std::size_t kMostMcpBytes = std::size_t{1} << 20;  // of a message

// Codes of JSON-RPC errors.
inline constexpr int kRpcParseError = -32700;
inline constexpr int kRpcInvalidRequest = -32600;
inline constexpr int kRpcNoSuchMethod = -32601;
inline constexpr int kRpcInvalidParams = -32602;
inline constexpr int kRpcNoSession = -32001;
inline constexpr int kRpcNoResource = -32002;

struct McpMessage {
  enum Kind : unsigned char {
    kRequest,
    kNotification,
    kResponse,  // to a request of the server, which sends none
  };
  Kind kind = kNotification;
  crdt::Any id = {};  // of a request: a string or a whole number
  std::string method = {};
  crdt::Any params = {};  // an object; undefined if there are none
};

// kMalformed: no JSON. kInvalid: JSON that is no such message; batches are none. kTooLarge: over kMostMcpBytes.
Result<McpMessage> read_mcp_message(std::string_view text);

// `result` is JSON.
std::string mcp_result(const crdt::Any& id, std::string_view result);
// `id`: undefined, if it is not known.
std::string mcp_error(const crdt::Any& id, int code, std::string_view message);

}  // namespace syncline::api
