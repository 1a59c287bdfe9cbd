#include "api/json_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "base/byte_reader.h"
#include "base/utf8.h"

namespace syncline::api {
namespace {

using crdt::Any;

bool is_plain(std::string_view text) {
  return is_valid_utf8(text) && std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

}  // namespace

Result<JsonBody> JsonBody::read(const http::Request& request,
                                std::initializer_list<std::string_view> known) {
  if (request.body.size() > kMostBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("the body has at most {} bytes", kMostBytes));
  auto parsed = crdt::from_json(request.body);
  const auto* object = parsed ? std::get_if<Any::Object>(&parsed->value()) : nullptr;
  if (object == nullptr) return fail(ErrorCode::kInvalid, "the body must be a JSON object");
  for (const auto& [name, value] : *object)
    if (std::ranges::find(known, std::string_view(name)) == known.end())
      return fail(ErrorCode::kInvalid,
                  fmt::format("the body has a member that is not known; it may "
                              "have: {}",
                              fmt::join(known, ", ")));
  return JsonBody(std::move(*parsed));
}

std::string JsonBody::text(std::string_view member) {
  const Any* found = body_.find(member);
  if (found == nullptr || found->is_null()) return {};
  const auto* text = std::get_if<std::string>(&found->value());
  if (text != nullptr && is_plain(*text)) return *text;
  complain(member, "text without control characters");
  return {};
}

std::uint64_t JsonBody::number(std::string_view member) {
  const Any* found = body_.find(member);
  if (found == nullptr || found->is_null()) return 0;
  const auto* number = std::get_if<double>(&found->value());
  if (number != nullptr && *number >= 0 && *number <= static_cast<double>(kMaxSafeInteger) &&
      std::floor(*number) == *number)
    return static_cast<std::uint64_t>(*number);
  complain(member, "a whole number");
  return 0;
}

bool JsonBody::flag(std::string_view member) {
  const Any* found = body_.find(member);
  if (found == nullptr || found->is_null()) return false;
  const auto* flag = std::get_if<bool>(&found->value());
  if (flag != nullptr) return *flag;
  complain(member, "true or false");
  return false;
}

void JsonBody::complain(std::string_view member, std::string_view expected) {
  if (error_) error_ = fail(ErrorCode::kInvalid, fmt::format("{} must be {}", member, expected));
}

}  // namespace syncline::api
