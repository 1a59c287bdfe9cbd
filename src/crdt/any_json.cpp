// JSON as JavaScript reads and writes it, with the exceptions in syncline/crdt/any.h.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crdt/any_tags.h"
#include "crdt/json_check.h"
#include "crdt/json_pieces.h"
#include "crdt/json_writer.h"
#include "crdt/packed.h"

namespace syncline::crdt {

namespace {

// ---- reading ----

// What a parser makes of a value, and of a string, if it only checks.
struct Checked {};
struct CheckedText {
  void append(const char*, const char*) {}
  void push_back(char) {}
};

// Recursive descent over RFC 8259, which is what JSON.parse accepts. Failure is sticky, as in
// ByteReader. With kKeeps it makes an Any; otherwise it only checks, and allocates nothing.
template <bool kKeeps>
class JsonParser {
  using Value = std::conditional_t<kKeeps, Any, Checked>;
  using Text = std::conditional_t<kKeeps, std::string, CheckedText>;

 public:
  explicit JsonParser(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool parse(Value& value) {
    value = parse_value(0);
    skip_space();
    return ok_ && at_ == end_;
  }

 private:
  void fail() {
    ok_ = false;
    at_ = end_;
  }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  bool take(char c) {
    skip_space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!take(c)) fail();
  }

  template <typename Word>
  Value parse_word(std::string_view text, Word word) {
    if (!std::string_view(at_, end_).starts_with(text)) {
      fail();
      return {};
    }
    at_ += text.size();
    if constexpr (kKeeps) return Any(word);
    return {};
  }

  Value parse_value(int depth) {
    skip_space();
    if (at_ == end_ || depth > kMaxAnyDepth) {
      fail();
      return {};
    }
    switch (*at_) {
      case '{': return parse_object(depth + 1);
      case '[': return parse_array(depth + 1);
      case '"': return parse_text();
      case 't': return parse_word("true", true);
      case 'f': return parse_word("false", false);
      case 'n': return parse_word("null", Any::Null{});
      default: return parse_number();
    }
  }

  Value parse_text() {
    Text text = parse_string();
    if constexpr (kKeeps) return Any(std::move(text));
    return {};
  }

  Value parse_object(int depth) {
    std::conditional_t<kKeeps, Any::Object, Checked> members;
    ++at_;
    if (take('}')) return value_of(std::move(members));
    do {
      skip_space();
      if (at_ == end_ || *at_ != '"') {
        fail();
        break;
      }
      Text key = parse_string();
      expect(':');
      Value value = parse_value(depth);
      if constexpr (kKeeps) members.emplace_back(std::move(key), std::move(value));
    } while (take(','));
    expect('}');
    return value_of(std::move(members));
  }

  Value parse_array(int depth) {
    std::conditional_t<kKeeps, Any::Array, Checked> elements;
    ++at_;
    if (take(']')) return value_of(std::move(elements));
    do {
      Value value = parse_value(depth);
      if constexpr (kKeeps) elements.push_back(std::move(value));
    } while (take(','));
    expect(']');
    return value_of(std::move(elements));
  }

  template <typename List>
  static Value value_of(List list) {
    return Value(std::move(list));
  }

  Text parse_string() {
    Text text;
    ++at_;
    while (true) {
      const char* run = at_;
      while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20)
        ++at_;
      text.append(run, at_);
      if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20) break;
      if (*at_++ == '"') return text;
      if (!parse_escape(text)) break;
    }
    fail();
    return {};
  }

  bool parse_escape(Text& text) {
    if (at_ == end_) return false;
    switch (*at_++) {
      case '"': text.push_back('"'); return true;
      case '\\': text.push_back('\\'); return true;
      case '/': text.push_back('/'); return true;
      case 'b': text.push_back('\b'); return true;
      case 'f': text.push_back('\f'); return true;
      case 'n': text.push_back('\n'); return true;
      case 'r': text.push_back('\r'); return true;
      case 't': text.push_back('\t'); return true;
      case 'u': return parse_unicode(text);
      default: return false;
    }
  }

  bool parse_unicode(Text& text) {
    std::uint32_t unit;
    if (!parse_hex(at_, unit)) return false;
    at_ += 4;
    std::uint32_t low;
    if (unit >= 0xd800 && unit < 0xdc00 && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u' &&
        parse_hex(at_ + 2, low) && low >= 0xdc00 && low < 0xe000) {
      at_ += 6;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    if constexpr (kKeeps) append_utf8(text, unit);
    return true;
  }

  bool parse_hex(const char* at, std::uint32_t& unit) const {
    if (end_ - at < 4) return false;
    const auto [stop, error] = std::from_chars(at, at + 4, unit, 16);
    return error == std::errc{} && stop == at + 4;
  }

  void skip_digits() {
    if (at_ == end_ || *at_ < '0' || *at_ > '9') return fail();
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
  }

  Value parse_number() {
    const char* start = at_;
    if (*at_ == '-') ++at_;
    if (at_ != end_ && *at_ == '0')
      ++at_;
    else
      skip_digits();
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      skip_digits();
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      skip_digits();
    }
    if (!ok_) return {};
    if constexpr (kKeeps) return Any(to_double({start, at_}));
    return {};
  }

  static double to_double(std::string_view text) {
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec == std::errc::result_out_of_range) {
      value = is_above_one(text) ? std::numeric_limits<double>::infinity() : 0.0;
      if (text.front() == '-') value = -value;
    }
    return value;
  }

  // For a number out of range: true if it is too large, false if it is too close to zero. Looks for
  // its first significant digit.
  static bool is_above_one(std::string_view text) {
    const std::size_t e = text.find_first_of("eE");
    const std::string_view digits = text.substr(0, e);
    const std::size_t point = std::min(digits.find('.'), digits.size());
    const std::size_t first = digits.find_first_of("123456789");
    std::int64_t scale = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    if (e == std::string_view::npos) return scale > 0;
    std::string_view exponent = text.substr(e + 1);
    const bool negative = exponent.front() == '-';
    if (negative || exponent.front() == '+') exponent.remove_prefix(1);
    constexpr std::int64_t kFar = std::numeric_limits<std::int32_t>::max();
    std::int64_t power = 0;
    const auto read = std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
    if (read.ec != std::errc{} || power > kFar) power = kFar;
    scale += negative ? -power : power;
    return scale > 0;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace

void append_packed_json(ByteView packed, std::string& out) {
  JsonText json{std::move(out)};
  JsonWriter(packed).write(json);
  out = std::move(json.text);
}

std::string packed_to_json(ByteView packed) {
  std::string out;
  append_packed_json(packed, out);
  return out;
}

std::string to_json(const Any& value) {
  return packed_to_json(pack(value));
}

std::optional<std::string> to_json_within(Any value, std::size_t most) {
  const auto pieces = JsonPieces::within(std::move(value), most);
  if (pieces == nullptr) return std::nullopt;
  return all_of(*pieces);
}

// ---- pieces ----

std::unique_ptr<JsonPieces> JsonPieces::within(Any value, std::size_t most) {
  Bytes packed = pack(value);
  value = Any();  // it may be large, and so may be the text
  JsonSize size;
  JsonWriter(packed).write(size, most < kNoEnd ? most + 1 : most);
  if (size.bytes > most) return nullptr;
  packed.shrink_to_fit();
  return std::unique_ptr<JsonPieces>(new JsonPieces(std::move(packed), size.bytes));
}

SharedPiece JsonPieces::next(std::size_t about) {
  JsonText json;
  json.text.reserve(std::min(about, left_) + kJsonSlice);
  writer_.write(json, about);
  left_ -= std::min(left_, json.text.size());
  return SharedPiece::of(std::move(json.text));
}

Result<Any> from_json(std::string_view json) {
  Any value;
  if (!is_valid_utf8(json) || !JsonParser<true>(json).parse(value))
    return fail(ErrorCode::kMalformed, "JSON: invalid, or nested too deep");
  return value;
}

bool is_json(std::string_view text) {
  Checked checked;
  return is_valid_utf8(text) && JsonParser<false>(text).parse(checked);
}

std::string number_to_string(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (value == 0) return "0";

  // The shortest digits that read back as `value`, as d.ddde±x (Ecma-262, Number::toString).
  char buffer[32];
  const auto written =
      std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific);
  const std::string_view text(buffer, written.ptr);
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, 1));
  if (e > 2) digits.append(text.substr(2, e - 2));
  int exponent = 0;
  const std::string_view power = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
  std::from_chars(power.data(), power.data() + power.size(), exponent);

  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // digits before the decimal point
  std::string out(value < 0 ? "-" : "");
  if (count <= point && point <= 21) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".");
    out.append(digits, static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    out.append(digits, 0, 1);
    if (count > 1) out.append(".").append(digits, 1);
    out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
  }
  return out;
}

}  // namespace syncline::crdt
