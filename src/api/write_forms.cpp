#include "api/write_forms.h"

#include <utility>

#include "api/media_type.h"
#include "base/utf8.h"
#include "merge/edit_json.h"
#include "syncline/crdt/updates.h"

namespace syncline::api {
namespace {

constexpr std::string_view kVersion = "version";  // of a Yjs update

MediaType media_type_of(const http::Request& request) {
  return MediaType(request.headers.find("Content-Type").value_or(""));
}

template <typename Edit>
Result<Wanted> as_wanted(Result<Edit> edit) {
  if (!edit) return std::unexpected(std::move(edit.error()));
  return Wanted(merge::Edit(std::move(*edit)));
}

Result<Wanted> read_update(const http::Request& request) {
  if (media_type_of(request).parameter(kVersion).value_or("1") == "1")
    return Wanted(to_bytes(as_bytes(request.body)));
  auto update = crdt::convert_update(as_bytes(request.body), crdt::UpdateVersion::kV2,
                                     crdt::UpdateVersion::kV1);
  if (!update) return std::unexpected(std::move(update.error()));
  return Wanted(std::move(*update));
}

// The place that `root` or `path` (a JSON Pointer) names; empty: the whole content.
Result<merge::Pointer> asked_place(const http::Request& request) {
  const auto root = http::query_parameter(request.query, "root");
  const auto path = http::query_parameter(request.query, "path");
  if (root && path) return fail(ErrorCode::kInvalid, "either root= or path=");
  if (root) return merge::Pointer{*root};
  return path ? merge::read_pointer(*path) : merge::Pointer();
}

Result<Wanted> read_text(const http::Request& request) {
  auto place = asked_place(request);
  if (!place) return std::unexpected(std::move(place.error()));
  if (place->empty())
    return fail(ErrorCode::kInvalid, "name the text that is written: root=, or path=");
  if (!is_valid_utf8(request.body)) return fail(ErrorCode::kMalformed, "the text is not UTF-8");
  return Wanted(merge::Edit(merge::WholeText{std::move(*place), request.body}));
}

Result<Wanted> read_json(const http::Request& request) {
  auto place = asked_place(request);
  if (!place) return std::unexpected(std::move(place.error()));
  auto value = crdt::from_json(request.body);
  if (!value) return std::unexpected(std::move(value.error()));
  return Wanted(merge::Edit(merge::WholeJson{std::move(*place), std::move(*value)}));
}

// What somebody has written for people to read; the mapping says how the editor stores it.
Result<Wanted> read_form(const http::Request& request, forms::Form form) {
  forms::PutWish wish{.form = form};
  wish.root = http::query_parameter(request.query, "root").value_or("");
  wish.mapping = http::query_parameter(request.query, "mapping").value_or("");
  if (http::query_parameter(request.query, "path"))
    return fail(ErrorCode::kInvalid, "Markdown and HTML are of a root: root= instead of path=");
  return Wanted(merge::Edit(merge::WholeForm{std::move(wish), request.body}));
}

Result<Wanted> read_markdown(const http::Request& request) {
  return read_form(request, forms::Form::kMarkdown);
}
Result<Wanted> read_html(const http::Request& request) {
  return read_form(request, forms::Form::kHtml);
}

Result<Wanted> read_json_patch(const http::Request& request) {
  return as_wanted(merge::read_json_patch(request.body));
}
Result<Wanted> read_merge_patch(const http::Request& request) {
  return as_wanted(merge::read_merge_patch(request.body));
}
Result<Wanted> read_text_patch(const http::Request& request) {
  return as_wanted(merge::read_text_patch(request.body));
}

// Each operation of a patch may walk over the object.
constexpr WriteForm kForms[] = {
    {"PATCH", "application/json-patch+json", read_json_patch, 256},
    {"PATCH", "application/merge-patch+json", read_merge_patch, 16},
    {"PATCH", "application/vnd.syncline.text+json", read_text_patch, 256},
    {"PATCH", "application/vnd.yjs.update", read_update, 4},
    {"PATCH", "application/octet-stream", read_update, 4},
    {"PUT", "text/plain", read_text, 16},
    {"PUT", "application/json", read_json, 16},
    {"PUT", "text/markdown", read_markdown, 64},
    {"PUT", "text/html", read_html, 64},
};

bool takes(const WriteForm& form, const MediaType& type) {
  if (form.media_type != type.name()) return false;
  if (const auto charset = type.parameter("charset"); charset && *charset != "utf-8") return false;
  const auto version = type.parameter(kVersion);
  return !version || (form.read == read_update && (*version == "1" || *version == "2"));
}

}  // namespace

const WriteForm* write_form_of(const http::Request& request) {
  const MediaType type = media_type_of(request);
  for (const WriteForm& form : kForms)
    if (form.method == request.method && takes(form, type)) return &form;
  return nullptr;
}

std::string media_types_of(std::string_view method) {
  std::string all;
  for (const WriteForm& form : kForms) {
    if (form.method != method) continue;
    if (!all.empty()) all += ", ";
    all += form.media_type;
  }
  return all;
}

}  // namespace syncline::api
