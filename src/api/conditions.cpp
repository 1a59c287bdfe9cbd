#include "api/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/trim.h"

namespace syncline::api {
namespace {

constexpr std::size_t kMostTags = 32;

bool is_tag(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' &&
         text.substr(1, text.size() - 2).find('"') == text.npos;
}

}  // namespace

std::string etag_of(log::Position position, std::string_view form) {
  if (form.empty() || form == "json") return fmt::format("\"{}\"", position);
  return fmt::format("\"{}-{}\"", position, form);
}

bool Conditions::Tags::has(log::Position position, bool weakly) const {
  if (position == 0) return false;
  const std::string json = etag_of(position);
  const std::string other = fmt::format("\"{}-", position);
  const auto is_of = [&](const std::string& tag) { return tag == json || tag.starts_with(other); };
  return any || std::ranges::any_of(strong, is_of) || (weakly && std::ranges::any_of(weak, is_of));
}

bool Conditions::Tags::has(log::Position position, std::string_view form, bool weakly) const {
  if (position == 0) return false;
  const std::string tag = etag_of(position, form);
  return any || std::ranges::find(strong, tag) != strong.end() ||
         (weakly && std::ranges::find(weak, tag) != weak.end());
}

Result<std::optional<Conditions::Tags>> Conditions::read_tags(const http::Request& request,
                                                              std::string_view header) {
  Tags tags;
  std::size_t count = 0;
  for (const auto& [name, value] : request.headers.all()) {
    if (!http::equals_ignoring_case(name, header)) continue;
    std::string_view rest = value;
    do {
      const std::size_t comma = rest.find(',');
      std::string_view tag = trim(rest.substr(0, comma));
      rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
      if (++count > kMostTags)
        return fail(ErrorCode::kInvalid, fmt::format("{} has at most {} ETags", header, kMostTags));
      const bool weak = tag.starts_with("W/");
      if (weak) tag.remove_prefix(2);
      if (tag == "*" && !weak)
        tags.any = true;
      else if (is_tag(tag))
        (weak ? tags.weak : tags.strong).emplace_back(tag);
      else
        return fail(ErrorCode::kInvalid,
                    fmt::format("{} is * or a list of ETags such as \"17\"", header));
    } while (!rest.empty());
  }
  return count == 0 ? std::nullopt : std::optional(std::move(tags));
}

Result<Conditions> Conditions::read(const http::Request& request) {
  Conditions read;
  for (const auto& [header, tags] :
       {std::pair{"If-Match", &read.match_}, {"If-None-Match", &read.none_match_}}) {
    auto found = read_tags(request, header);
    if (!found) return std::unexpected(std::move(found.error()));
    *tags = std::move(*found);
  }
  return read;
}

bool Conditions::allow_change(log::Position position) const {
  if (match_ && !match_->has(position, false)) return false;
  return !none_match_ || !none_match_->has(position, true);
}

bool Conditions::is_known(log::Position position) const {
  return none_match_ && none_match_->has(position, true);
}

bool Conditions::is_known(log::Position position, std::string_view form) const {
  return none_match_ && none_match_->has(position, form, true);
}

std::string Conditions::unmet(log::Position position) const {
  if (position == 0) return "there is no such object yet";
  return fmt::format("the object is at position {}", position);
}

}  // namespace syncline::api
