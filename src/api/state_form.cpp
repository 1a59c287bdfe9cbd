#include "api/state_form.h"

#include <fmt/format.h>

#include <utility>

#include "merge/facets.h"
#include "protocol/json_text.h"

namespace syncline::api {

Result<StateForm> asked_form(const http::Request& request) {
  StateForm form{.binary = request.headers.has_token("Accept", "application/octet-stream")};
  const auto root = http::query_parameter(request.query, "root");
  const auto range = http::query_parameter(request.query, "range");
  if (!root && range) return fail(ErrorCode::kInvalid, "range= needs root=: of what?");
  if (!root) return form;
  if (form.binary)
    return fail(ErrorCode::kInvalid, "a Yjs update is of the whole object: leave out root=");
  auto part = merge::parse_part(*root, range.value_or(""));
  if (!part) return std::unexpected(std::move(part.error()));
  form.part = std::move(*part);
  return form;
}

Result<std::string> show(const merge::Object& object, const StateForm& form) {
  if (form.part) {
    auto json = merge::part_to_json(object, *form.part);
    if (json && json->size() > kMaxAnswerBytes) return merge::json_too_large(kMaxAnswerBytes);
    return json;
  }
  if (!form.binary) return object.to_json_within(kMaxAnswerBytes);
  auto update = merge::diff_since(object, {});
  if (!update) return std::unexpected(std::move(update.error()));
  return std::string(as_text(*update));
}

http::Response state_response(const StateForm& form, const Path& path,
                              std::optional<log::Position> at, log::Position position,
                              std::string shown) {
  http::Response response;
  response.headers.emplace_back("Syncline-Position", std::to_string(position));
  response.headers.emplace_back("Content-Type",
                                form.binary ? "application/octet-stream" : "application/json");
  if (form.binary) {
    response.body = std::move(shown);
    return response;
  }
  response.body =
      fmt::format(R"({{"workspace":{},"object":{},{}{}"position":{},"state":{}}})",
                  protocol::json_string(path.workspace), protocol::json_string(path.object),
                  at ? fmt::format("\"at\":{},", *at) : "",
                  form.part ? "\"root\":" + protocol::json_string(form.part->root) + "," : "",
                  position, shown) +
      "\n";
  return response;
}

}  // namespace syncline::api
