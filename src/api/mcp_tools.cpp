#include "api/mcp_tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/percent.h"
#include "protocol/json_text.h"

namespace syncline::api {

using crdt::Any;

// Arguments that fit the parameters of their tool.
struct McpArguments {
  const Any& all;

  const Any* find(std::string_view name) const { return all.find(name); }
  // As a part of a URL or a header; nullopt: it is not there.
  std::optional<std::string> text(std::string_view name) const {
    const Any* found = find(name);
    if (found == nullptr) return std::nullopt;
    if (const auto* text = std::get_if<std::string>(&found->value())) return *text;
    return crdt::to_json(*found);
  }
  std::string text_or_empty(std::string_view name) const { return text(name).value_or(""); }
  bool flag(std::string_view name) const {
    const Any* found = find(name);
    return found != nullptr && *found == Any(true);
  }
};

namespace {

using Kind = McpParameter::Kind;

constexpr McpParameter kWorkspaceParameter{"workspace", Kind::kText, true,
                                           "The workspace, such as \"team\"."};
constexpr McpParameter kObjectParameter{"object", Kind::kText, true,
                                        "The object, such as \"notes/plan\"."};
constexpr McpParameter kRootParameter{
    "root", Kind::kText, false,
    "The root type within the document, such as \"content\". Without it, the only one there is."};
constexpr McpParameter kExpectedParameter{
    "expected_position", Kind::kNumber, false,
    "Change the object only if its last event is still the one at this position."};
constexpr McpParameter kDryRunParameter{"dry_run", Kind::kFlag, false,
                                        "Tell what would change, and change nothing."};
constexpr McpParameter kKeyParameter{"idempotency_key", Kind::kText, false,
                                     "A text of your own for this change. If the call is repeated "
                                     "with it, the change is made once."};
constexpr McpParameter kPrefixParameter{"prefix", Kind::kText, false,
                                        "Only objects whose names begin with this."};
constexpr McpParameter kLimitParameter{"limit", Kind::kNumber, false, "At most so many."};
constexpr McpParameter kAfterParameter{
    "after", Kind::kMoment, false,
    "For the next page: the value of \"next\" in the answer before."};

// ---- requests

std::string workspace_target(const McpArguments& arguments) {
  return "/v1/workspaces/" + percent_encode(arguments.text_or_empty("workspace"));
}

std::string object_target(const McpArguments& arguments, std::string_view what) {
  return fmt::format("{}/{}/{}", workspace_target(arguments), what,
                     percent_encode(arguments.text_or_empty("object"), true));
}

http::Request request_to(std::string_view method, std::string raw_path) {
  http::Request request;
  request.method = method;
  request.path = http::percent_decode_where_it_is(raw_path);
  request.raw_path = std::move(raw_path);
  return request;
}

void add_query(http::Request& request, std::string_view name, std::string_view value) {
  request.query +=
      fmt::format("{}{}={}", request.query.empty() ? "" : "&", name, percent_encode(value));
}

// Those of these arguments that there are, under their own names.
void pass_on(http::Request& request, const McpArguments& arguments,
             std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto value = arguments.text(name)) add_query(request, name, *value);
}

http::Request write_request(std::string_view method, std::string_view type,
                            const McpArguments& arguments) {
  http::Request request = request_to(method, object_target(arguments, "objects"));
  request.headers.add("Content-Type", std::string(type));
  if (const auto expected = arguments.text("expected_position"))
    request.headers.add("If-Match", "\"" + *expected + "\"");
  if (const auto key = arguments.text("idempotency_key"))
    request.headers.add("Idempotency-Key", *key);
  if (arguments.flag("dry_run")) add_query(request, "dry_run", "1");
  return request;
}

http::Request list_workspaces_request(const McpArguments& arguments) {
  http::Request request = request_to("GET", "/v1/workspaces");
  pass_on(request, arguments, {"limit", "after"});
  return request;
}

http::Request list_objects_request(const McpArguments& arguments) {
  http::Request request = request_to("GET", workspace_target(arguments) + "/objects");
  add_query(request, "details", "1");
  pass_on(request, arguments, {"prefix", "type", "since", "limit", "after"});
  return request;
}

http::Request read_request(const McpArguments& arguments) {
  http::Request request = request_to("GET", object_target(arguments, "objects"));
  add_query(request, "as", arguments.text("format").value_or("json"));
  pass_on(request, arguments, {"root", "range", "at"});
  return request;
}

http::Request search_request(const McpArguments& arguments) {
  http::Request request = request_to("GET", workspace_target(arguments) + "/search");
  add_query(request, "q", arguments.text_or_empty("query"));
  pass_on(request, arguments, {"prefix", "limit", "after"});
  return request;
}

http::Request edit_request(const McpArguments& arguments) {
  http::Request request = write_request("PATCH", "application/vnd.syncline.text+json", arguments);
  Any::Object body;
  for (const char* name : {"root", "path", "ops"})
    if (const Any* found = arguments.find(name)) body.emplace_back(name, *found);
  request.body = crdt::to_json(Any(std::move(body)));
  return request;
}

http::Request put_markdown_request(const McpArguments& arguments) {
  http::Request request = write_request("PUT", "text/markdown", arguments);
  pass_on(request, arguments, {"root", "mapping"});
  request.body = arguments.text_or_empty("markdown");
  return request;
}

http::Request put_text_request(const McpArguments& arguments) {
  http::Request request = write_request("PUT", "text/plain", arguments);
  pass_on(request, arguments, {"root"});
  request.body = arguments.text_or_empty("text");
  return request;
}

http::Request history_request(const McpArguments& arguments) {
  http::Request request = request_to("GET", object_target(arguments, "changes"));
  if (!arguments.find("limit")) add_query(request, "limit", "20");
  pass_on(request, arguments, {"from", "to", "limit", "after"});
  return request;
}

http::Request copy_request(const McpArguments& arguments) {
  http::Request request = request_to("POST", object_target(arguments, "objects"));
  if (const auto key = arguments.text("idempotency_key"))
    request.headers.add("Idempotency-Key", *key);
  pass_on(request, arguments, {"copy_from"});
  if (const auto from = arguments.text("from_workspace")) add_query(request, "workspace", *from);
  pass_on(request, arguments, {"at"});
  return request;
}

// ---- the tools

constexpr McpParameter kListWorkspaces[] = {kLimitParameter, kAfterParameter};

constexpr McpParameter kListObjects[] = {
    kWorkspaceParameter,
    kPrefixParameter,
    {"type", Kind::kText, false, "Only objects of this type, such as \"doc\"."},
    {"since", Kind::kMoment, false,
     "Only objects that have changed after it: a position, or a time such as 2026-01-31T12:00."},
    kLimitParameter,
    kAfterParameter};

constexpr McpParameter kRead[] = {
    kWorkspaceParameter,
    kObjectParameter,
    {"format", Kind::kText, false,
     "json (the default) shows every object; text, markdown, html, xml and delta show documents of "
     "editors.",
     "json|text|markdown|html|xml|delta"},
    kRootParameter,
    {"range", Kind::kText, false,
     "Only this part of the root, FROM:TO, in UTF-16 units or elements. Needs root."},
    {"at", Kind::kMoment, false,
     "As it was then: a position, a time such as 2026-01-31T12:00, or the name of a pin."}};

constexpr McpParameter kSearch[] = {
    kWorkspaceParameter,
    {"query", Kind::kText, true,
     "The text to look for. Upper and lower case of ASCII are the same."},
    kPrefixParameter,
    kLimitParameter,
    kAfterParameter};

constexpr McpParameter kEdit[] = {
    kWorkspaceParameter,
    kObjectParameter,
    kRootParameter,
    {"path", Kind::kText, false,
     "Instead of root, a text deeper in the document, such as \"/board/items/3/title\"."},
    {"ops", Kind::kOps, true,
     "The operations, all or none. Each sees what those before it have done. A PLACE is a quote "
     "that "
     "matches exactly once, or {\"quote\", \"before\", \"after\"} with what stands directly around "
     "it."},
    kExpectedParameter,
    kDryRunParameter,
    kKeyParameter};

constexpr McpParameter kPutMarkdown[] = {
    kWorkspaceParameter,
    kObjectParameter,
    {"markdown", Kind::kText, true, "The whole content. What is equal stays, with its authors."},
    kRootParameter,
    {"mapping", Kind::kText, false,
     "How the editor stores it: tiptap, prosemirror, blocknote or quill. Without it, as the "
     "content says."},
    kExpectedParameter,
    kDryRunParameter,
    kKeyParameter};

constexpr McpParameter kPutText[] = {
    kWorkspaceParameter,
    kObjectParameter,
    {"text", Kind::kText, true, "The whole text. What is equal stays, with its authors."},
    {"root", Kind::kText, true, "The shared text within the document, such as \"content\"."},
    kExpectedParameter,
    kDryRunParameter,
    kKeyParameter};

constexpr McpParameter kHistory[] = {
    kWorkspaceParameter,
    kObjectParameter,
    {"from", Kind::kMoment, false,
     "Only changes after it: a position, a time, or the name of a pin."},
    {"to", Kind::kMoment, false, "Only changes up to it."},
    kLimitParameter,
    kAfterParameter};

constexpr McpParameter kCopy[] = {
    kWorkspaceParameter,
    {"object", Kind::kText, true, "The new object, which must not exist yet."},
    {"copy_from", Kind::kText, true, "The object that is copied, such as a template."},
    {"from_workspace", Kind::kText, false, "Its workspace; the same one without it."},
    {"at", Kind::kMoment, false, "As it was then: a position, a time, or the name of a pin."},
    kKeyParameter};

constexpr McpTool kTools[] = {
    {"list_workspaces", "List the workspaces that you may see.", false, kListWorkspaces,
     list_workspaces_request},
    {"list_objects",
     "List the objects of a workspace that you may read, with type, size, last change and its "
     "author.",
     false, kListObjects, list_objects_request},
    {"read_object",
     "Read an object, whole or a part, now or at a moment of the past. The answer ends with its "
     "position.",
     false, kRead, read_request},
    {"search_objects",
     "Find a text in the present objects that you may read. Each match can be used as the PLACE of "
     "edit_text.",
     false, kSearch, search_request},
    {"edit_text",
     "Change a shared text, or a text in a rich document, while others edit it, by quoting what "
     "stands there. If a quote matches "
     "nowhere or more than once, nothing changes.",
     true, kEdit, edit_request},
    {"put_markdown",
     "Write a document of a rich text editor as Markdown, by the smallest edit. An object that "
     "does "
     "not exist begins with it.",
     true, kPutMarkdown, put_markdown_request},
    {"put_text",
     "Write a whole shared text, by the smallest edit. An object that does not exist begins with "
     "it.",
     true, kPutText, put_text_request},
    {"copy_object", "Begin a new object with the content of another one. Nothing is overwritten.",
     true, kCopy, copy_request},
    {"history",
     "List who changed an object, when, and what each change did. The oldest come first.", false,
     kHistory, history_request},
};

// ---- schemas

constexpr std::string_view kPlaceSchema =
    R"({"anyOf":[{"type":"string"},{"type":"object","properties":{"quote":{"type":"string"},"before":{"type":"string"},"after":{"type":"string"}},"required":["quote"]},{"type":"object","properties":{"at":{"type":"integer","minimum":0},"length":{"type":"integer","minimum":0}},"required":["at","length"]}]})";

std::string ops_schema() {
  return fmt::format(
      R"("type":"array","minItems":1,"items":{{"anyOf":[)"
      R"({{"type":"object","properties":{{"insert":{{"type":"string"}},"after":{0},"before":{0},"at":{{"anyOf":[{{"type":"integer","minimum":0}},{{"const":"end"}}]}}}},"required":["insert"]}},)"
      R"({{"type":"object","properties":{{"delete":{0}}},"required":["delete"]}},)"
      R"({{"type":"object","properties":{{"replace":{0},"with":{{"type":"string"}}}},"required":["replace","with"]}}]}})",
      kPlaceSchema);
}

std::string values_schema(std::string_view values) {
  std::string list;
  while (!values.empty()) {
    const std::string_view value = values.substr(0, values.find('|'));
    list += (list.empty() ? "" : ",") + protocol::json_string(value);
    values.remove_prefix(std::min(value.size() + 1, values.size()));
  }
  return list.empty() ? "" : ",\"enum\":[" + list + "]";
}

std::string parameter_schema(const McpParameter& parameter) {
  const std::string text = ",\"description\":" + protocol::json_string(parameter.text) + "}";
  switch (parameter.kind) {
    case Kind::kText: return "{\"type\":\"string\"" + values_schema(parameter.values) + text;
    case Kind::kNumber: return "{\"type\":\"integer\",\"minimum\":0" + text;
    case Kind::kMoment: return "{\"type\":[\"string\",\"integer\"]" + text;
    case Kind::kFlag: return "{\"type\":\"boolean\"" + text;
    case Kind::kOps: return "{" + ops_schema() + text;
  }
  return "{}";
}

std::string tool_json(const McpTool& tool) {
  std::string properties;
  std::string required;
  for (const McpParameter& parameter : tool.parameters) {
    const std::string name = protocol::json_string(parameter.name);
    properties += (properties.empty() ? "" : ",") + name + ":" + parameter_schema(parameter);
    if (parameter.required) required += (required.empty() ? "" : ",") + name;
  }
  return fmt::format(
      R"({{"name":"{}","description":{},"inputSchema":{{"type":"object","properties":{{{}}},"required":[{}],"additionalProperties":false}},"annotations":{{"readOnlyHint":{},"destructiveHint":false,"openWorldHint":false}}}})",
      tool.name, protocol::json_string(tool.text), properties, required, !tool.writes);
}

// ---- arguments

bool is_whole(const Any& value) {
  const auto* number = std::get_if<double>(&value.value());
  return number != nullptr && *number >= 0 && *number <= 9007199254740991 &&
         std::floor(*number) == *number;
}

bool is_one_of(std::string_view value, std::string_view values) {
  while (!values.empty()) {
    const std::string_view each = values.substr(0, values.find('|'));
    if (each == value) return true;
    values.remove_prefix(std::min(each.size() + 1, values.size()));
  }
  return false;
}

// What the value should be; "": it is that.
std::string_view expected_of(const McpParameter& parameter, const Any& value) {
  const auto* text = std::get_if<std::string>(&value.value());
  switch (parameter.kind) {
    case Kind::kText: return text != nullptr ? "" : "a text";
    case Kind::kNumber: return is_whole(value) ? "" : "a whole number";
    case Kind::kMoment:
      return text != nullptr || is_whole(value) ? "" : "a position or a text that names a moment";
    case Kind::kFlag: return std::holds_alternative<bool>(value.value()) ? "" : "true or false";
    case Kind::kOps:
      return std::holds_alternative<Any::Array>(value.value()) ? "" : "a list of operations";
  }
  return "";
}

Result<void> check_argument(const McpParameter& parameter, const Any& value) {
  if (const auto expected = expected_of(parameter, value); !expected.empty())
    return fail(ErrorCode::kInvalid, fmt::format("\"{}\" is {}", parameter.name, expected));
  const auto* text = std::get_if<std::string>(&value.value());
  if (text == nullptr) return {};
  if (!parameter.values.empty() && !is_one_of(*text, parameter.values))
    return fail(ErrorCode::kInvalid,
                fmt::format("\"{}\" is one of {}", parameter.name, parameter.values));
  const bool names = parameter.name == "workspace" || parameter.name == "object";
  if (names && text->empty())
    return fail(ErrorCode::kInvalid, fmt::format("\"{}\" is empty", parameter.name));
  // It becomes a header.
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (parameter.name == "idempotency_key" && !std::ranges::all_of(*text, visible))
    return fail(ErrorCode::kInvalid,
                "\"idempotency_key\" is visible characters of ASCII without blanks");
  return {};
}

Result<void> check_arguments(const McpTool& tool, const Any::Object& arguments) {
  for (const auto& [name, value] : arguments) {
    const auto known = std::ranges::find(tool.parameters, name, &McpParameter::name);
    if (known == tool.parameters.end())
      return fail(ErrorCode::kInvalid, fmt::format("{} has no argument \"{}\"", tool.name, name));
    if (auto ok = check_argument(*known, value); !ok) return ok;
  }
  for (const McpParameter& parameter : tool.parameters)
    if (parameter.required && std::ranges::none_of(arguments, [&](const auto& each) {
          return each.first == parameter.name;
        }))
      return fail(ErrorCode::kInvalid,
                  fmt::format("{} needs the argument \"{}\"", tool.name, parameter.name));
  return {};
}

}  // namespace

std::span<const McpTool> mcp_tools() {
  return kTools;
}

const McpTool* mcp_tool(std::string_view name) {
  const auto found = std::ranges::find(kTools, name, &McpTool::name);
  return found == std::end(kTools) ? nullptr : &*found;
}

const std::string& mcp_tools_json() {
  static const std::string kJson = [] {
    std::string tools;
    for (const McpTool& tool : kTools) tools += (tools.empty() ? "" : ",") + tool_json(tool);
    return "{\"tools\":[" + tools + "]}";
  }();
  return kJson;
}

Result<http::Request> tool_request(const McpTool& tool, const Any& arguments) {
  static const Any::Object kNone;
  const auto* given = std::get_if<Any::Object>(&arguments.value());
  if (given == nullptr && !arguments.is_undefined())
    return fail(ErrorCode::kInvalid, "the arguments are no object");
  if (auto ok = check_arguments(tool, given == nullptr ? kNone : *given); !ok)
    return std::unexpected(std::move(ok.error()));
  return tool.request(McpArguments{arguments});
}

std::optional<McpPlace> place_of_call(const Any& arguments) {
  const McpArguments given{arguments};
  auto workspace = given.text("workspace");
  auto object = given.text("object");
  if (!workspace || !object) return std::nullopt;
  return McpPlace{std::move(*workspace), std::move(*object)};
}

}  // namespace syncline::api
