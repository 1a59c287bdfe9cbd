// JSON as the formats of the language use it: whole numbers of 64 bits, and no key twice.
//
// The tree lives in an arena. Errors say line and column. Nesting is bounded by kMaxJsonDepth, and
// the text by kMaxSourceBytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cedar/text.h"
#include "syncline/error.h"

namespace syncline::cedar {

inline constexpr std::uint32_t kMaxJsonDepth = 1000;

struct JsonMember;

struct Json {
  enum class Kind : std::uint8_t { kNull, kBool, kInteger, kFraction, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  bool flag = false;
  std::int64_t number = 0;
  Position position;
  const Text* text = nullptr;
  std::span<const Json> elements;
  std::span<const JsonMember> members;  // in the order of the source

  bool is(Kind other) const { return kind == other; }
  // Null if there is none, or this is no object.
  const Json* find(std::string_view key) const;
};

struct JsonMember {
  const Text* key = nullptr;
  Json value;
};

Result<Json> parse_json(std::string_view text, Arena& arena);

// "expected an object" and where.
std::unexpected<Error> json_error(const Json& at, std::string_view message);

void append_json_string(std::string& out, std::string_view text);

}  // namespace syncline::cedar
