#include "cedar/json.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/utf8.h"
#include "cedar/policy.h"

namespace syncline::cedar {

namespace {

// Recursive descent over RFC 8259. The first failure ends it.
class JsonReader {
 public:
  JsonReader(std::string_view text, Arena& arena) : rest_(text), arena_(arena) {}

  Result<Json> read() {
    Json json = value(1);
    skip_space();
    if (!error_ && !rest_.empty()) fail_here("the text goes on after the value");
    if (error_) return std::unexpected(*error_);
    return json;
  }

 private:
  void fail_here(std::string_view message) {
    if (!error_) error_ = Error{ErrorCode::kMalformed, at_position(at_, message)};
    rest_ = {};
  }

  void skip(std::size_t bytes) {
    at_.advance(rest_.substr(0, bytes));
    rest_.remove_prefix(bytes);
  }

  void skip_space() { skip(std::min(rest_.find_first_not_of(" \n\t\r"), rest_.size())); }

  bool take(char c) {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    skip(1);
    return true;
  }

  Json value(std::uint32_t depth) {
    skip_space();
    Json json;
    json.position = at_;
    if (depth > kMaxJsonDepth) {
      fail_here("this is nested too deep");
      return json;
    }
    if (rest_.starts_with('{'))
      object(json, depth);
    else if (rest_.starts_with('['))
      array(json, depth);
    else if (rest_.starts_with('"'))
      string_value(json);
    else if (!word(json))
      number(json);
    return json;
  }

  bool word(Json& json) {
    for (const std::string_view each : {"true", "false", "null"}) {
      if (!rest_.starts_with(each)) continue;
      json.kind = each == "null" ? Json::Kind::kNull : Json::Kind::kBool;
      json.flag = each == "true";
      skip(each.size());
      return true;
    }
    return false;
  }

  void string_value(Json& json) {
    json.kind = Json::Kind::kString;
    json.text = string();
  }

  void array(Json& json, std::uint32_t depth) {
    json.kind = Json::Kind::kArray;
    skip(1);
    if (take(']')) return;
    std::vector<Json> elements;
    do {
      elements.push_back(value(depth + 1));
    } while (take(','));
    if (!take(']')) fail_here("expected `,` or `]`");
    json.elements = arena_.copy(elements);
  }

  void object(Json& json, std::uint32_t depth) {
    json.kind = Json::Kind::kObject;
    skip(1);
    if (take('}')) return;
    std::vector<JsonMember> members;
    do {
      skip_space();
      if (!rest_.starts_with('"')) return fail_here("expected a key");
      const Text* key = string();
      if (!take(':')) return fail_here("expected `:`");
      members.push_back({key, value(depth + 1)});
    } while (take(','));
    if (!take('}')) return fail_here("expected `,` or `}`");
    check_keys(members);
    json.members = arena_.copy(members);
  }

  void check_keys(const std::vector<JsonMember>& members) {
    std::vector<const Text*> keys;
    for (const JsonMember& each : members) keys.push_back(each.key);
    std::ranges::sort(keys, [](const Text* a, const Text* b) { return compare(*a, *b) < 0; });
    const auto twice =
        std::ranges::adjacent_find(keys, [](const Text* a, const Text* b) { return same(*a, *b); });
    if (twice != keys.end())
      fail_here("the key \"" + std::string((*twice)->view()) + "\" is there twice");
  }

  const Text* string() {
    std::string text;
    skip(1);
    while (true) {
      std::size_t run = 0;
      while (run < rest_.size() && rest_[run] != '"' && rest_[run] != '\\' &&
             static_cast<unsigned char>(rest_[run]) >= 0x20)
        ++run;
      text += rest_.substr(0, run);
      skip(run);
      if (rest_.starts_with('"')) {
        skip(1);
        break;
      }
      if (!rest_.starts_with('\\') || !escape(text)) {
        fail_here("the string does not end, or has a wrong character");
        break;
      }
    }
    return make_text(arena_, text);
  }

  bool escape(std::string& text) {
    if (rest_.size() < 2) return false;
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    const char name = rest_[1];
    if (name == 'u') return unicode(text);
    const std::size_t index = kNames.find(name);
    if (index == kNames.npos) return false;
    text += kMeant[index];
    skip(2);
    return true;
  }

  // Half of a surrogate pair is an error: no text of the language could have it.
  bool unicode(std::string& text) {
    std::uint32_t unit = 0;
    if (!hex_unit(unit)) return false;
    if (unit >= 0xd800 && unit <= 0xdfff) {
      std::uint32_t low = 0;
      if (unit >= 0xdc00 || !rest_.starts_with("\\u") || !hex_unit(low) || low < 0xdc00 ||
          low > 0xdfff)
        return false;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(text, unit);
    return true;
  }

  bool hex_unit(std::uint32_t& unit) {
    if (rest_.size() < 6) return false;
    const char* first = rest_.data() + 2;
    const auto [end, error] = std::from_chars(first, first + 4, unit, 16);
    if (error != std::errc{} || end != first + 4) return false;
    skip(6);
    return true;
  }

  std::size_t digits_at(std::size_t at) const {
    std::size_t end = at;
    while (end < rest_.size() && rest_[end] >= '0' && rest_[end] <= '9') ++end;
    return end - at;
  }

  void number(Json& json) {
    std::size_t length = rest_.starts_with('-') ? 1 : 0;
    const std::size_t whole = digits_at(length);
    if (whole == 0) return fail_here("expected a value");
    if (whole > 1 && rest_[length] == '0') return fail_here("a number begins with 0");
    length += whole;
    const std::size_t integer = length;
    if (rest_.substr(length).starts_with('.')) {
      const std::size_t digits = digits_at(length + 1);
      if (digits == 0) return fail_here("digits are missing");
      length += 1 + digits;
    }
    if (length < rest_.size() && (rest_[length] == 'e' || rest_[length] == 'E')) {
      ++length;
      if (length < rest_.size() && (rest_[length] == '+' || rest_[length] == '-')) ++length;
      const std::size_t digits = digits_at(length);
      if (digits == 0) return fail_here("digits are missing");
      length += digits;
    }
    const auto read = std::from_chars(rest_.data(), rest_.data() + integer, json.number);
    json.kind =
        length == integer && read.ec == std::errc{} ? Json::Kind::kInteger : Json::Kind::kFraction;
    skip(length);
  }

  std::string_view rest_;
  Arena& arena_;
  Position at_{1, 1};
  std::optional<Error> error_;
};

}  // namespace

const Json* Json::find(std::string_view key) const {
  for (const JsonMember& each : members) {
    if (each.key->view() == key) return &each.value;
  }
  return nullptr;
}

Result<Json> parse_json(std::string_view text, Arena& arena) {
  if (text.size() > kMaxSourceBytes)
    return fail(ErrorCode::kTooLarge,
                "the JSON is larger than " + std::to_string(kMaxSourceBytes) + " bytes");
  if (!is_valid_utf8(text)) return fail(ErrorCode::kMalformed, "the JSON is not valid UTF-8");
  return JsonReader(text, arena).read();
}

std::unexpected<Error> json_error(const Json& at, std::string_view message) {
  return fail(ErrorCode::kMalformed, at_position(at.position, message));
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace syncline::cedar
