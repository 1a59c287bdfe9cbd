#include "api/state_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/accept.h"
#include "merge/facets.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using forms::Form;

struct KnownForm {
  std::string_view name;  // of the parameter `as`
  StateForm::Kind kind;
  std::string_view type;
  Form form = Form::kText;
};

// Of forms that a client wants as much, it gets the first.
constexpr KnownForm kKnownForms[] = {
    {"json", StateForm::kJson, "application/json"},
    {"update", StateForm::kUpdate, "application/octet-stream"},
    {"text", StateForm::kForm, "text/plain", Form::kText},
    {"markdown", StateForm::kForm, "text/markdown", Form::kMarkdown},
    {"html", StateForm::kForm, "text/html", Form::kHtml},
    {"xml", StateForm::kForm, "application/xml", Form::kXml},
    {"delta", StateForm::kForm, "application/vnd.quill.delta+json", Form::kDelta},
};

const KnownForm& known_form(const StateForm& form) {
  const auto same = [&](const KnownForm& known) {
    return known.kind == form.kind &&
           (known.kind != StateForm::kForm || known.form == form.wish.form);
  };
  return *std::ranges::find_if(kKnownForms, same);
}

Result<std::vector<const KnownForm*>> named_form(std::string_view name) {
  const auto found = std::ranges::find(kKnownForms, name, &KnownForm::name);
  if (found == std::end(kKnownForms))
    return fail(ErrorCode::kInvalid, "as= is json, update, text, markdown, html, xml or delta");
  return std::vector<const KnownForm*>{&*found};
}

Result<std::vector<const KnownForm*>> accepted_forms(const http::Headers& headers) {
  const auto quality = [&](const KnownForm* form) { return http::wanted(headers, form->type); };
  std::vector<const KnownForm*> accepted;
  for (const KnownForm& form : kKnownForms)
    if (quality(&form) > 0) accepted.push_back(&form);
  std::ranges::stable_sort(accepted, std::ranges::greater(), quality);
  if (accepted.empty())
    return fail(ErrorCode::kNoSuchForm,
                "objects are shown as JSON, text, Markdown, HTML, XML, Quill delta or Yjs update");
  return accepted;
}

// What there is of a form: a Yjs update is of the whole object, and only JSON and text have ranges.
Result<StateForm> form_of(const KnownForm& known, const std::optional<merge::Part>& part,
                          const std::string& mapping) {
  StateForm form{known.kind};
  if (known.kind == StateForm::kUpdate && part)
    return fail(ErrorCode::kInvalid, "a Yjs update is of the whole object: leave out root=");
  if (known.kind == StateForm::kJson) form.part = part;
  if (known.kind != StateForm::kForm) return form;
  form.wish = {.form = known.form, .mapping = mapping};
  if (!part) return form;
  if (!part->is_whole() && known.form != Form::kText)
    return fail(ErrorCode::kInvalid, "only JSON and text have a range");
  form.wish.root = part->root;
  form.wish.from = part->from;
  form.wish.to = part->to;
  return form;
}

Result<std::unique_ptr<Pieces>> show_one(const merge::Object& object, const StateForm& form) {
  if (form.kind == StateForm::kForm) return merge::form_pieces(object, form.wish, kMaxAnswerBytes);
  if (form.part) return merge::part_pieces(object, *form.part, kMaxAnswerBytes);
  if (form.kind == StateForm::kJson) return object.json_pieces(kMaxAnswerBytes);
  auto update = merge::diff_since(object, {});
  if (!update) return std::unexpected(std::move(update.error()));
  auto pieces = std::make_unique<ListPieces>();
  pieces->add(SharedPiece::of(std::move(*update)));
  return pieces;
}

}  // namespace

Result<std::vector<StateForm>> asked_forms(const http::Request& request) {
  const auto root = http::query_parameter(request.query, "root");
  const auto range = http::query_parameter(request.query, "range");
  if (!root && range) return fail(ErrorCode::kInvalid, "range= needs root=: of what?");
  std::optional<merge::Part> part;
  if (root) {
    auto parsed = merge::parse_part(*root, range.value_or(""));
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    part = std::move(*parsed);
  }
  const auto as = http::query_parameter(request.query, "as");
  const auto known = as ? named_form(*as) : accepted_forms(request.headers);
  if (!known) return std::unexpected(known.error());
  const auto mapping = http::query_parameter(request.query, "mapping").value_or("");
  std::vector<StateForm> forms;
  std::optional<Error> first;
  for (const KnownForm* each : *known) {
    auto form = form_of(*each, part, mapping);
    if (form)
      forms.push_back(std::move(*form));
    else if (!first)
      first = std::move(form.error());
  }
  if (forms.empty()) return std::unexpected(std::move(*first));
  return forms;
}

std::string_view name_of(const StateForm& form) {
  return known_form(form).name;
}

// 100 KB of Markdown take 7 ms (bench/forms_bench.cpp). The first form is nearly always the one that is shown.
std::uint32_t weight_of(const std::vector<StateForm>& forms) {
  const StateForm& first = forms.front();
  return first.kind == StateForm::kForm && first.wish.form != Form::kText ? 8 : 1;
}

Result<std::unique_ptr<Pieces>> show(const merge::Object& object,
                                     const std::vector<StateForm>& forms, StateForm& shown) {
  std::optional<Error> first;
  for (const StateForm& form : forms) {
    auto pieces = show_one(object, form);
    if (pieces) {
      shown = form;
      return pieces;
    }
    const ErrorCode code = pieces.error().code;
    if (!first) first = std::move(pieces.error());
    if (code != ErrorCode::kNoSuchForm && code != ErrorCode::kInvalid) break;
  }
  return std::unexpected(std::move(*first));
}

Answer state_answer(const StateForm& form, const Path& path, std::optional<log::Position> at,
                    log::Position position, std::unique_ptr<Pieces> shown) {
  Answer answer;
  auto& headers = answer.head.headers;
  headers.emplace_back("Syncline-Position", std::to_string(position));
  const bool text = form.kind == StateForm::kForm && form.wish.form != Form::kDelta;
  headers.emplace_back("Content-Type",
                       std::string(known_form(form).type) + (text ? "; charset=utf-8" : ""));
  headers.emplace_back("Vary", "Accept");
  if (form.kind != StateForm::kJson) {
    // A browser shows it in an origin of its own, without scripts, and as nothing else than what it is.
    headers.emplace_back("X-Content-Type-Options", "nosniff");
    headers.emplace_back("Content-Security-Policy", "sandbox; default-src 'none'");
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
