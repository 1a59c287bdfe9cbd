// The endpoint of the Model Context Protocol, over its streamable HTTP transport:
// https://modelcontextprotocol.io/specification/2025-06-18/basic/transports
//
// One request of the client is one POST and has one answer, as JSON. The server sends nothing by itself, so a GET, which
// would wait for that, is 405. A session is bound to its principal and lives on the loop where it began
// (session/agents.h). What a tool does is a request to the HTTP API (api/mcp_tools.h).
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/inner_request.h"
#include "api/mcp_message.h"
#include "api/mcp_resources.h"
#include "api/mcp_tools.h"
#include "api/media_type.h"
#include "api/route.h"
#include "api/support.h"
#include "base/qualified_name.h"
#include "http/accept.h"
#include "protocol/json_text.h"
#include "session/agents.h"
#include "syncline/version.h"

namespace syncline::api {
namespace {

using crdt::Any;
using session::Agents;

constexpr std::string_view kSessionHeader = "Mcp-Session-Id";
constexpr std::string_view kVersionHeader = "Mcp-Protocol-Version";
// The newest first: a client that asks for another one is offered it.
constexpr std::string_view kMcpVersions[] = {"2025-11-25", "2025-06-18"};
constexpr std::size_t kMostAnswerText = std::size_t{1} << 20;  // of a tool

constexpr std::string_view kInstructions =
    "Syncline keeps documents that people edit together, while you work on them. Name a workspace "
    "and an object. "
    "Read before you change. Prefer edit_text with quotes to writing a whole document: what you do "
    "not touch stays, with "
    "its authors and cursors. Others see you while you work.";

bool is_mcp_version(std::string_view version) {
  return std::ranges::find(kMcpVersions, version) != std::end(kMcpVersions);
}

// A call whose message was read.
struct McpCall {
  Call call;
  McpMessage message;
  std::string session;  // its id
  std::string name;     // of the agent

  void answer(std::string json) { call.answer(http::json_response(200, std::move(json))); }
  void result(std::string_view json) { answer(mcp_result(message.id, json)); }
  void error(int code, std::string_view why) { answer(mcp_error(message.id, code, why)); }
};

// What concerns the transport is an HTTP status, too.
void refuse_message(Call& call, int status, int code, std::string_view why, const Any& id = {}) {
  call.answer(http::json_response(status, mcp_error(id, code, why)));
}

// ---- a session begins

std::string text_in(const Any* object, std::string_view name) {
  const Any* found = object == nullptr ? nullptr : object->find(name);
  const auto* text = found == nullptr ? nullptr : std::get_if<std::string>(&found->value());
  return text == nullptr ? "" : *text;
}

// As the client's program calls itself.
std::string agent_name(const Any& params) {
  const Any* client = params.find("clientInfo");
  std::string name = text_in(client, "title");
  if (name.empty()) name = text_in(client, "name");
  return name.empty() ? "agent" : name;
}

void begin_session(McpCall mcp) {
  const std::string wanted = text_in(&mcp.message.params, "protocolVersion");
  const std::string_view version = is_mcp_version(wanted) ? wanted : kMcpVersions[0];
  const auto id =
      mcp.call.shard.agents.begin(mcp.call.caller.principal, agent_name(mcp.message.params));
  if (!id) return mcp.call.refuse(id.error());
  http::Response response = http::json_response(
      200,
      mcp_result(
          mcp.message.id,
          fmt::format(
              R"({{"protocolVersion":"{}","capabilities":{{"tools":{{}},"resources":{{}}}},"serverInfo":{{"name":"syncline","title":"Syncline","version":"{}"}},"instructions":{}}})",
              version, SYNCLINE_VERSION_STRING, protocol::json_string(kInstructions))));
  response.headers.emplace_back(kSessionHeader, *id);
  mcp.call.answer(std::move(response));
}

// ---- tools

std::string text_block(std::string_view text) {
  return R"({"type":"text","text":)" + protocol::json_string(text) + "}";
}

std::string tool_result(std::string_view blocks, bool is_error) {
  return fmt::format(R"({{"content":[{}],"isError":{}}})", blocks, is_error);
}

// "conflict: operation 0: \"milk\" is not in the text (0 candidates)"
std::string refusal_text(const InnerAnswer& answer) {
  const auto json = crdt::from_json(answer.body);
  const Any* error = json ? json->find("error") : nullptr;
  if (error == nullptr) return fmt::format("the server answered {}", answer.head.status);
  return text_in(error, "code") + ": " + text_in(error, "message");
}

std::string told_to_agent(const InnerAnswer& answer) {
  if (answer.too_large)
    return tool_result(
        text_block(
            "too_large: the answer has more than 1 MiB; ask for a part: root and range, or a "
            "smaller limit"),
        true);
  if (answer.broken_off)
    return tool_result(text_block("the answer was broken off; ask again"), true);
  if (!answer.ok()) return tool_result(text_block(refusal_text(answer)), true);
  std::string blocks = text_block(answer.body);
  // A form of an object does not say where it is from; a later change may name that.
  for (const auto& [name, value] : answer.head.headers)
    if (name == "Syncline-Position" && !answer.body.starts_with('{'))
      blocks += "," + text_block("position: " + value);
  return tool_result(blocks, false);
}

// The agent has read or changed something there: others see him.
void show_at_work(const McpCall& mcp, const McpPlace& place) {
  session::AgentWork work{
      .session = mcp.session,
      .caller = mcp.call.caller,
      .workspace = qualified(mcp.call.caller.principal.tenant(), place.workspace),
      .object = place.object,
      .name = mcp.name};
  const std::string workspace = work.workspace;
  mcp.call.context.shards.on_owner(
      workspace, [work = std::move(work)](node::Shard& shard) { shard.agents.show(work); });
}

void call_tool(McpCall mcp) {
  const std::string name = text_in(&mcp.message.params, "name");
  const McpTool* tool = mcp_tool(name);
  if (tool == nullptr) return mcp.error(kRpcInvalidParams, "there is no tool \"" + name + "\"");
  const Any* given = mcp.message.params.find("arguments");
  const Any arguments = given == nullptr ? Any() : *given;
  auto request = tool_request(*tool, arguments);
  if (!request) return mcp.result(tool_result(text_block(request.error().message), true));
  auto kept = std::make_shared<McpCall>(std::move(mcp));
  ask_inside(kept->call, std::move(*request), kMostAnswerText,
             [kept, place = place_of_call(arguments)](const InnerAnswer& answer) {
               if (answer.ok() && place) show_at_work(*kept, *place);
               kept->result(told_to_agent(answer));
             });
}

// ---- resources

// The request that the tool makes of these arguments, which fit it.
http::Request request_of_tool(std::string_view tool, Any::Object arguments) {
  return *tool_request(*mcp_tool(tool), Any(std::move(arguments)));
}

// What the agent may not read is, for him, not there.
void refuse_resource(McpCall& mcp, const InnerAnswer& answer) {
  mcp.error(kRpcNoResource, answer.too_large ? "too_large: the document has more than 1 MiB"
                                             : refusal_text(answer));
}

constexpr double kResourcesOfPage = 100;

void list_page(std::shared_ptr<McpCall> mcp, const std::string& workspace,
               const std::string& after) {
  Any::Object arguments{
      {"workspace", Any(workspace)}, {"type", Any("doc")}, {"limit", Any(kResourcesOfPage)}};
  if (!after.empty()) arguments.emplace_back("after", Any(after));
  ask_inside(mcp->call, request_of_tool("list_objects", std::move(arguments)), kMostAnswerText,
             [mcp, workspace](const InnerAnswer& answer) {
               if (!answer.ok()) return refuse_resource(*mcp, answer);
               const Any objects = crdt::from_json(answer.body).value_or(Any());
               const std::string next = text_in(&objects, "next");
               mcp->result(resources_json(workspace, objects,
                                          ResourceCursor{workspace, next, next.empty()}));
             });
}

// The page of the next workspace that the agent may see; an empty one if it is not among those that were looked at.
void list_next_workspace(std::shared_ptr<McpCall> mcp, const std::string& after) {
  Any::Object arguments{{"limit", Any(1.0)}};
  if (!after.empty()) arguments.emplace_back("after", Any(after));
  ask_inside(mcp->call, request_of_tool("list_workspaces", std::move(arguments)), kMostAnswerText,
             [mcp](const InnerAnswer& answer) {
               if (!answer.ok()) return refuse_resource(*mcp, answer);
               const Any page = crdt::from_json(answer.body).value_or(Any());
               const Any* names = page.find("workspaces");
               const auto* all =
                   names == nullptr ? nullptr : std::get_if<Any::Array>(&names->value());
               if (all != nullptr && !all->empty())
                 return list_page(mcp, std::get<std::string>(all->front().value()), "");
               const std::string next = text_in(&page, "next");
               mcp->result(resources_json(
                   "", Any(),
                   next.empty() ? std::nullopt : std::optional(ResourceCursor{next, "", true})));
             });
}

void list_resources(McpCall given) {
  const std::string at = text_in(&given.message.params, "cursor");
  const auto cursor = at.empty() ? std::optional(ResourceCursor{.workspace = {}, .behind = true})
                                 : read_resource_cursor(at);
  if (!cursor) return given.error(kRpcInvalidParams, "this is no cursor");
  auto mcp = std::make_shared<McpCall>(std::move(given));
  if (cursor->behind) return list_next_workspace(std::move(mcp), cursor->workspace);
  list_page(std::move(mcp), cursor->workspace, cursor->after);
}

// As text, because that is what edit_text quotes; what has none is JSON.
void read_resource(McpCall given) {
  const std::string uri = text_in(&given.message.params, "uri");
  const auto place = place_of_uri(uri);
  if (!place || place->object.empty() || place->workspace.empty())
    return given.error(kRpcInvalidParams,
                       "the uri is none of a document: syncline://WORKSPACE/OBJECT");
  http::Request request = request_of_tool(
      "read_object", {{"workspace", Any(place->workspace)}, {"object", Any(place->object)}});
  request.query.clear();  // the form is negotiated
  request.headers.add("Accept", "text/plain, application/json;q=0.5");
  auto mcp = std::make_shared<McpCall>(std::move(given));
  ask_inside(
      mcp->call, std::move(request), kMostAnswerText,
      [mcp, uri, place = *place](const InnerAnswer& answer) {
        if (!answer.ok()) return refuse_resource(*mcp, answer);
        show_at_work(*mcp, place);
        std::string_view type = "text/plain";
        for (const auto& [name, value] : answer.head.headers)
          if (name == "Content-Type") type = std::string_view(value);
        mcp->result(resource_contents_json(uri, type.substr(0, type.find(';')), answer.body));
      });
}

void serve_message(McpCall mcp) {
  const std::string& method = mcp.message.method;
  if (mcp.message.kind != McpMessage::kRequest) {
    http::Response accepted;
    accepted.status = 202;
    return mcp.call.answer(std::move(accepted));
  }
  if (method == "ping") return mcp.result("{}");
  if (method == "tools/list") return mcp.result(mcp_tools_json());
  if (method == "tools/call") return call_tool(std::move(mcp));
  if (method == "resources/list") return list_resources(std::move(mcp));
  if (method == "resources/read") return read_resource(std::move(mcp));
  if (method == "resources/templates/list") return mcp.result(resource_templates_json());
  mcp.error(kRpcNoSuchMethod, "there is no method \"" + method + "\"");
}

// ---- the transport

void refuse_session(Call& call, const Any& id) {
  refuse_message(call, 404, kRpcNoSession, "there is no such session; begin one with initialize",
                 id);
}

// Looks for the session of the request, on its loop, and goes on with its name on the loop of the request.
void with_session(McpCall mcp, void (*next)(McpCall)) {
  const auto header = mcp.call.request.headers.find(kSessionHeader);
  if (!header)
    return refuse_message(mcp.call, 400, kRpcInvalidRequest,
                          "the header Mcp-Session-Id is missing; begin a session with initialize",
                          mcp.message.id);
  mcp.session = *header;
  const auto loop = Agents::loop_of(mcp.session);
  const node::Shards& shards = mcp.call.context.shards;
  if (!loop || *loop >= shards.size()) return refuse_session(mcp.call, mcp.message.id);
  const std::size_t home = mcp.call.request.loop;
  shards.on(*loop, [&shards, home, next, mcp = std::move(mcp)](node::Shard& shard) mutable {
    const std::string* name = shard.agents.use(mcp.session, mcp.call.caller.principal);
    const bool found = name != nullptr;
    if (found) mcp.name = *name;
    shards.on(home, [found, next, mcp = std::move(mcp)](node::Shard&) mutable {
      found ? next(std::move(mcp)) : refuse_session(mcp.call, mcp.message.id);
    });
  });
}

// A page of another site gets nothing at all here, as the protocol says.
std::optional<Error> refuse_page(const Call& call) {
  if (!node::is_foreign_page(call.context.access, call.request, call.context.bound_to_loopback))
    return std::nullopt;
  return Error{ErrorCode::kForbidden,
               "pages of other origins may use this only on a server with tokens"};
}

std::optional<http::Response> refuse_headers(const http::Request& request) {
  if (MediaType(request.headers.find("Content-Type").value_or("")).name() != "application/json")
    return http::error_response(415, "unsupported_media_type", "POST takes application/json");
  if (request.headers.find("Accept") && http::wanted(request.headers, "application/json") <= 0)
    return http::error_response(406, "no_such_form", "answers are application/json");
  const auto version = request.headers.find(kVersionHeader);
  if (version && !is_mcp_version(*version))
    return http::error_response(
        400, "invalid",
        fmt::format("Mcp-Protocol-Version is one of {}", fmt::join(kMcpVersions, ", ")));
  return std::nullopt;
}

void post_mcp(Call call) {
  if (const auto foreign = refuse_page(call)) return call.refuse(*foreign);
  if (auto refused = refuse_headers(call.request)) return call.answer(std::move(*refused));
  call.caller.protocol = "mcp";
  auto message = read_mcp_message(call.request.body);
  if (!message) {
    const ErrorCode code = message.error().code;
    return refuse_message(call, code == ErrorCode::kTooLarge ? 413 : 400,
                          code == ErrorCode::kMalformed ? kRpcParseError : kRpcInvalidRequest,
                          message.error().message);
  }
  McpCall mcp{std::move(call), std::move(*message), {}, {}};
  const bool begins =
      mcp.message.kind == McpMessage::kRequest && mcp.message.method == "initialize";
  begins ? begin_session(std::move(mcp)) : with_session(std::move(mcp), serve_message);
}

void end_session(McpCall mcp) {
  const node::Shards& shards = mcp.call.context.shards;
  const std::size_t home = mcp.call.request.loop;
  shards.on(*Agents::loop_of(mcp.session), [&shards, home,
                                            mcp = std::move(mcp)](node::Shard& shard) mutable {
    shard.agents.end(mcp.session, mcp.call.caller.principal);
    for (std::size_t loop = 0; loop < shards.size(); ++loop)
      shards.on(loop, [session = mcp.session](node::Shard& other) { other.agents.leave(session); });
    shards.on(home,
              [mcp = std::move(mcp)](node::Shard&) mutable { mcp.call.answer(no_content()); });
  });
}

void delete_mcp(Call call) {
  if (const auto foreign = refuse_page(call)) return call.refuse(*foreign);
  with_session({std::move(call), {}, {}, {}}, end_session);
}

constexpr Route kMcpRoutes[] = {
    {"POST", "/mcp", Right::kRead, post_mcp, Route::kWhileOpen, Route::kNone},
    {"DELETE", "/mcp", Right::kRead, delete_mcp, Route::kWhileOpen, Route::kNone},
};

}  // namespace

std::span<const Route> mcp_routes() {
  return kMcpRoutes;
}

}  // namespace syncline::api
