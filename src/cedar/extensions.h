// The extension types of the language: decimals, addresses, datetimes and durations. How their texts
// are read and written, and which functions they have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cedar/value.h"

namespace syncline::cedar {

// `12.34`: digits on both sides, at most four behind the point, in steps of 0.0001.
std::optional<std::int64_t> parse_decimal(std::string_view text);
// `192.168.0.0/16`, `::1`. No IPv4 address within an IPv6 address, no leading zeros.
std::optional<Ip> parse_ip(std::string_view text);
// `2026-11-30`, and with a time of day `T12:34:56Z`, `T12:34:56.789+0100`. Milliseconds since 1970.
std::optional<std::int64_t> parse_datetime(std::string_view text);
// `-1d2h3m4s5ms`: each unit at most once, in this order. Milliseconds.
std::optional<std::int64_t> parse_duration(std::string_view text);

std::string decimal_to_text(std::int64_t decimal);
std::string duration_to_text(std::int64_t milliseconds);
std::string ip_to_text(const Ip& ip);

bool is_loopback(const Ip& ip);
bool is_multicast(const Ip& ip);
// Whether all addresses of `range` are addresses of `other`.
bool is_in_range(const Ip& range, const Ip& other);

enum class Function : std::uint8_t {
  kDecimal,
  kIp,
  kDatetime,
  kDuration,
  kLessThan,
  kLessThanOrEqual,
  kGreaterThan,
  kGreaterThanOrEqual,
  kIsIpv4,
  kIsIpv6,
  kIsLoopback,
  kIsMulticast,
  kIsInRange,
  kOffset,
  kDurationSince,
  kToDate,
  kToTime,
  kToMilliseconds,
  kToSeconds,
  kToMinutes,
  kToHours,
  kToDays,
};

// What the language says of a function. The first argument of a method is what it is called on.
struct FunctionInfo {
  Function function;
  std::string_view name;
  bool method;
  std::uint8_t arguments;
  Kind first;   // the type of the first argument
  Kind second;  // of the second, if there is one
  Kind result;
};

const FunctionInfo& info_of(Function function);
const FunctionInfo* find_function(std::string_view name);

// A function that makes an extension value of a text, applied to it; no value if the text is wrong.
// `function` is one of the first four.
Value construct(Arena& arena, Function function, std::string_view text);
inline bool is_constructor(Function function) {
  return function <= Function::kDuration;
}

}  // namespace syncline::cedar
