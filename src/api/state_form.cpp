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

Result<std::unique_ptr<Pieces>> show(const merge::Object& object, const StateForm& form) {
  if (form.part) return merge::part_pieces(object, *form.part, kMaxAnswerBytes);
  if (!form.binary) return object.json_pieces(kMaxAnswerBytes);
  auto update = merge::diff_since(object, {});
  if (!update) return std::unexpected(std::move(update.error()));
  auto pieces = std::make_unique<ListPieces>();
  pieces->add(SharedPiece::of(std::move(*update)));
  return pieces;
}

Answer state_answer(const StateForm& form, const Path& path, std::optional<log::Position> at,
                    log::Position position, std::unique_ptr<Pieces> shown) {
  Answer answer;
  answer.head.headers.emplace_back("Syncline-Position", std::to_string(position));
  answer.head.headers.emplace_back("Content-Type",
                                   form.binary ? "application/octet-stream" : "application/json");
  if (form.binary) {
    answer.body = std::move(shown);
    return answer;
  }
  std::string before = fmt::format(
      R"({{"workspace":{},"object":{},{}{}"position":{},"state":)",
      protocol::json_string(path.name), protocol::json_string(path.object),
      at ? fmt::format("\"at\":{},", *at) : "",
      form.part ? "\"root\":" + protocol::json_string(form.part->root) + "," : "", position);
  answer.body = std::make_unique<FramedPieces>(std::move(before), std::move(shown), "}\n");
  return answer;
}

}  // namespace syncline::api
