// The tools of the Model Context Protocol: what an agent can do here. A tool is a request to the HTTP API, which the
// dispatcher serves as that of the agent (api/dispatch.h). So an agent may what its token may over HTTP, and nothing
// is checked here but the form of the arguments.
//
// Pure functions; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/message.h"
#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline::api {

struct McpParameter {
  enum Kind : unsigned char {
    kText,
    kNumber,  // a whole number
    kMoment,  // a position, or a text that names one
    kFlag,
    kOps,  // operations on a text
  };
  std::string_view name;
  Kind kind;
  bool required;
  std::string_view text;         // for the agent
  std::string_view values = {};  // "a|b": those that there are; empty: any
};

struct McpArguments;

struct McpTool {
  std::string_view name;
  std::string_view text;  // for the agent
  bool writes;
  std::span<const McpParameter> parameters;
  // Of arguments that fit the parameters.
  http::Request (*request)(const McpArguments& arguments);
};

std::span<const McpTool> mcp_tools();
const McpTool* mcp_tool(std::string_view name);  // nullptr: there is none

// The answer to tools/list: {"tools":[…]}, with a JSON Schema of the parameters of each.
const std::string& mcp_tools_json();

// The request that the tool makes of these arguments; undefined: none. kInvalid: they do not fit, with the reason for the
// agent.
Result<http::Request> tool_request(const McpTool& tool, const crdt::Any& arguments);

// The object that a call of a tool is about; nullopt: no single one.
struct McpPlace {
  std::string workspace;
  std::string object;
};
std::optional<McpPlace> place_of_call(const crdt::Any& arguments);

}  // namespace syncline::api
