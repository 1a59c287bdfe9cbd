// The JSON object in the body of a request.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "http/message.h"
#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline::api {

// Reads members one after the other. The first that has another type than asked for makes error() an error; the
// functions return nothing in particular then.
class JsonBody {
 public:
  static constexpr std::size_t kMostBytes = 16 << 10;

  // kInvalid: no JSON object, or a member that is not among `known`. kTooLarge: over kMostBytes.
  static Result<JsonBody> read(const http::Request& request,
                               std::initializer_list<std::string_view> known);

  // "" if it is absent. Without NUL bytes and other control characters.
  std::string text(std::string_view member);
  // A whole number up to 2^53 - 1; 0 if it is absent.
  std::uint64_t number(std::string_view member);
  bool flag(std::string_view member);  // false if it is absent

  const Result<void>& error() const { return error_; }

 private:
  explicit JsonBody(crdt::Any body) : body_(std::move(body)) {}
  void complain(std::string_view member, std::string_view expected);

  crdt::Any body_;
  Result<void> error_ = {};
};

}  // namespace syncline::api
