#include "api/mcp_resources.h"

#include <fmt/format.h>

#include <utility>

#include "base/percent.h"
#include "http/message.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using crdt::Any;
using protocol::json_string;

constexpr std::string_view kScheme = "syncline://";

std::string text_at(const Any& object, std::string_view name) {
  const Any* found = object.find(name);
  const auto* text = found == nullptr ? nullptr : std::get_if<std::string>(&found->value());
  return text == nullptr ? std::string() : *text;
}

std::string resource_json(std::string_view workspace, const Any& details) {
  const std::string object = text_at(details, "object");
  const Any* size = details.find("size");
  return fmt::format(R"({{"uri":{},"name":{},"title":{},"mimeType":"text/plain"{}}})",
                     json_string(resource_uri(workspace, object)), protocol::name_json(object),
                     protocol::name_json(std::string(workspace) + "/" + object),
                     size == nullptr ? "" : ",\"size\":" + crdt::to_json(*size));
}

}  // namespace

std::string resource_uri(std::string_view workspace, std::string_view object) {
  return std::string(kScheme) + percent_encode(workspace) + "/" + percent_encode(object, true);
}

std::optional<McpPlace> place_of_uri(std::string_view uri) {
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  const auto slash = uri.find('/');
  if (slash == uri.npos || slash == 0 || slash + 1 == uri.size()) return std::nullopt;
  return McpPlace{http::percent_decode_where_it_is(uri.substr(0, slash)),
                  http::percent_decode_where_it_is(uri.substr(slash + 1))};
}

std::string to_text(const ResourceCursor& cursor) {
  const std::string workspace = percent_encode(cursor.workspace);
  return cursor.behind ? workspace : workspace + "/" + percent_encode(cursor.after);
}

std::optional<ResourceCursor> read_resource_cursor(std::string_view text) {
  const auto slash = text.find('/');
  if (text.empty() || slash == 0) return std::nullopt;
  if (slash == text.npos)
    return ResourceCursor{.workspace = http::percent_decode_where_it_is(text), .behind = true};
  return ResourceCursor{http::percent_decode_where_it_is(text.substr(0, slash)),
                        http::percent_decode_where_it_is(text.substr(slash + 1))};
}

std::string resources_json(std::string_view workspace, const Any& objects,
                           const std::optional<ResourceCursor>& next) {
  std::string list;
  const Any* details = objects.find("details");
  if (const auto* all = details == nullptr ? nullptr : std::get_if<Any::Array>(&details->value()))
    for (const Any& each : *all) list += (list.empty() ? "" : ",") + resource_json(workspace, each);
  return fmt::format(R"({{"resources":[{}]{}}})", list,
                     next ? ",\"nextCursor\":" + json_string(to_text(*next)) : "");
}

std::string resource_contents_json(std::string_view uri, std::string_view mime_type,
                                   std::string_view text) {
  return fmt::format(R"({{"contents":[{{"uri":{},"mimeType":{},"text":{}}}]}})", json_string(uri),
                     json_string(mime_type), json_string(text));
}

std::string_view resource_templates_json() {
  return R"({"resourceTemplates":[{"uriTemplate":"syncline://{workspace}/{+object}","name":"object","title":"A document of a workspace","mimeType":"text/plain"}]})";
}

}  // namespace syncline::api
