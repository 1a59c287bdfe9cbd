#include "cedar/extensions.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>

namespace syncline::cedar {

namespace {

constexpr std::int64_t kDecimalScale = 10000;
constexpr std::size_t kDecimalDigits = 4;
constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// No value on overflow.
template <typename Number>
std::optional<Number> whole(std::string_view digits) {
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// Takes exactly `count` digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count || !all_digits(text.substr(0, count))) return std::nullopt;
  const auto number = whole<int>(text.substr(0, count));
  text.remove_prefix(count);
  return number;
}

bool take_character(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

// ---- decimals ----

std::optional<std::int64_t> parse_decimal(std::string_view text) {
  const bool negative = take_character(text, '-');
  const std::size_t point = text.find('.');
  if (point == text.npos) return std::nullopt;
  const std::string_view before = text.substr(0, point);
  const std::string_view behind = text.substr(point + 1);
  if (!all_digits(before) || !all_digits(behind) || behind.size() > kDecimalDigits)
    return std::nullopt;
  // Built with its sign, because the smallest number has no opposite.
  const auto units = whole<std::int64_t>(before);
  if (!units) return std::nullopt;
  std::int64_t fraction = *whole<std::int64_t>(behind);
  for (std::size_t i = behind.size(); i < kDecimalDigits; ++i) fraction *= 10;
  std::int64_t result = 0;
  if (__builtin_mul_overflow(negative ? -*units : *units, kDecimalScale, &result) ||
      __builtin_add_overflow(result, negative ? -fraction : fraction, &result))
    return std::nullopt;
  return result;
}

std::string decimal_to_text(std::int64_t decimal) {
  const std::uint64_t size =
      decimal < 0 ? 0 - static_cast<std::uint64_t>(decimal) : static_cast<std::uint64_t>(decimal);
  const std::string fraction = std::to_string(size % kDecimalScale);
  return (decimal < 0 ? "-" : "") + std::to_string(size / kDecimalScale) + "." +
         std::string(kDecimalDigits - fraction.size(), '0') + fraction;
}

// ---- addresses ----

namespace {

constexpr std::size_t kMaxIpText = 43;

bool parse_ipv4(std::string_view text, Ip& ip) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0 && !take_character(text, '.')) return false;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    if (digits == 0 || digits > 3 || (digits > 1 && text[0] == '0')) return false;
    const auto number = whole<int>(text.substr(0, digits));
    if (*number > 255) return false;
    ip.address[i] = static_cast<std::uint8_t>(*number);
    text.remove_prefix(digits);
  }
  return text.empty();
}

// Groups of up to four hexadecimal digits, as many as there are. False if something else is there.
bool take_groups(std::string_view text, std::array<std::uint16_t, 8>& groups, std::size_t& count) {
  count = 0;
  if (text.empty()) return true;
  while (true) {
    const std::size_t end = std::min(text.find(':'), text.size());
    if (end == 0 || end > 4 || count == groups.size()) return false;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + end, groups[count], 16);
    if (error != std::errc{} || stop != text.data() + end) return false;
    ++count;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

bool parse_ipv6(std::string_view text, Ip& ip) {
  std::array<std::uint16_t, 8> groups{};
  std::array<std::uint16_t, 8> tail{};
  std::size_t count = 0;
  std::size_t tail_count = 0;
  const std::size_t gap = text.find("::");
  if (gap == text.npos) {
    if (!take_groups(text, groups, count) || count != groups.size()) return false;
  } else {
    // The gap stands for at least one group.
    if (!take_groups(text.substr(0, gap), groups, count) ||
        !take_groups(text.substr(gap + 2), tail, tail_count) || count + tail_count >= groups.size())
      return false;
    for (std::size_t i = 0; i < tail_count; ++i) groups[8 - tail_count + i] = tail[i];
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    ip.address[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    ip.address[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xff);
  }
  return true;
}

bool bit_of(const Ip& ip, std::size_t bit) {
  return (ip.address[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

}  // namespace

std::optional<Ip> parse_ip(std::string_view text) {
  if (text.size() > kMaxIpText) return std::nullopt;
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  Ip ip{};
  ip.v6 = address.find(':') != address.npos;
  if (!(ip.v6 ? parse_ipv6(address, ip) : parse_ipv4(address, ip))) return std::nullopt;
  const int most = ip.v6 ? 128 : 32;
  ip.prefix = static_cast<std::uint8_t>(most);
  if (slash == text.npos) return ip;
  const std::string_view prefix = text.substr(slash + 1);
  if (!all_digits(prefix) || prefix.size() > 3 || (prefix.size() > 1 && prefix[0] == '0'))
    return std::nullopt;
  const auto bits = whole<int>(prefix);
  if (*bits > most) return std::nullopt;
  ip.prefix = static_cast<std::uint8_t>(*bits);
  return ip;
}

std::string ip_to_text(const Ip& ip) {
  std::string out;
  char group[8];
  for (std::size_t i = 0; i < (ip.v6 ? 8U : 4U); ++i) {
    if (i > 0) out += ip.v6 ? ':' : '.';
    if (ip.v6)
      std::snprintf(group, sizeof group, "%x", ip.address[2 * i] << 8 | ip.address[2 * i + 1]);
    else
      std::snprintf(group, sizeof group, "%d", ip.address[i]);
    out += group;
  }
  return out + "/" + std::to_string(ip.prefix);
}

bool is_loopback(const Ip& ip) {
  if (!ip.v6) return ip.address[0] == 127 && ip.prefix >= 8;
  return ip.prefix == 128 && ip.address[15] == 1 &&
         std::all_of(ip.address.begin(), ip.address.end() - 1, [](auto byte) { return byte == 0; });
}

bool is_multicast(const Ip& ip) {
  if (!ip.v6) return ip.address[0] >> 4 == 0xe && ip.prefix >= 4;
  return ip.address[0] == 0xff && ip.prefix >= 8;
}

bool is_in_range(const Ip& range, const Ip& other) {
  if (range.v6 != other.v6 || range.prefix < other.prefix) return false;
  for (std::size_t bit = 0; bit < other.prefix; ++bit) {
    if (bit_of(range, bit) != bit_of(other, bit)) return false;
  }
  return true;
}

// ---- datetimes and durations ----

namespace {

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

// Days from 1970-01-01 to the first day of `year`, which is at least 0.
std::int64_t days_before(int year) {
  const auto leaps = [](int before) {
    return (before + 3) / 4 - (before + 99) / 100 + (before + 399) / 400;
  };
  return std::int64_t{365} * (year - 1970) + leaps(year) - leaps(1970);
}

std::optional<std::int64_t> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take_character(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take_character(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || *month < 1 || *month > 12 || *day < 1 || *day > days_in(*year, *month))
    return std::nullopt;
  std::int64_t days = days_before(*year) + *day - 1;
  for (int each = 1; each < *month; ++each) days += days_in(*year, each);
  return days * kDay;
}

std::optional<std::int64_t> take_time(std::string_view& text) {
  if (!take_character(text, 'T')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take_character(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || !take_character(text, ':')) return std::nullopt;
  const auto seconds = take_digits(text, 2);
  if (!seconds || *hours > 23 || *minutes > 59 || *seconds > 59) return std::nullopt;
  std::int64_t time = *hours * kHour + *minutes * kMinute + *seconds * kSecond;
  if (take_character(text, '.')) {
    const auto milliseconds = take_digits(text, 3);
    if (!milliseconds) return std::nullopt;
    time += *milliseconds;
  }
  return time;
}

// What is to be subtracted: 0 for `Z`, an hour for `+0100`.
std::optional<std::int64_t> take_zone(std::string_view& text) {
  if (take_character(text, 'Z')) return 0;
  const bool east = text.starts_with('+');
  if (!east && !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::int64_t offset = *hours * kHour + *minutes * kMinute;
  return east ? offset : -offset;
}

}  // namespace

std::optional<std::int64_t> parse_datetime(std::string_view text) {
  const auto date = take_date(text);
  if (!date || text.empty()) return date;
  const auto time = take_time(text);
  if (!time) return std::nullopt;
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return *date + *time - *zone;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
  };
  constexpr std::array<Unit, 5> kUnits = {
      {{"d", kDay}, {"h", kHour}, {"m", kMinute}, {"s", kSecond}, {"ms", 1}}};
  const bool negative = take_character(text, '-');
  if (text.empty()) return std::nullopt;
  std::array<std::uint64_t, 5> amounts{};
  std::size_t next = 0;
  while (!text.empty()) {
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    if (digits == 0) return std::nullopt;
    const std::string_view number = text.substr(0, digits);
    text.remove_prefix(digits);
    std::size_t letters = 0;
    while (letters < text.size() && (text[letters] < '0' || text[letters] > '9')) ++letters;
    const std::string_view name = text.substr(0, letters);
    while (next < kUnits.size() && kUnits[next].name != name) ++next;
    if (next == kUnits.size()) return std::nullopt;
    const auto amount = whole<std::uint64_t>(number);
    if (!amount) return std::nullopt;
    amounts[next++] = *amount;
    text.remove_prefix(letters);
  }
  // Each sum on the way must be in range, too, from the small units to the large ones.
  __extension__ using Wide = __int128;
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  constexpr Wide kLeast = std::numeric_limits<std::int64_t>::min();
  Wide sum = 0;
  for (std::size_t i = kUnits.size(); i-- > 0;) {
    const Wide part = static_cast<Wide>(amounts[i]) * kUnits[i].milliseconds;
    if (part > kMost && !(i + 1 == kUnits.size() && negative && -part >= kLeast))
      return std::nullopt;
    sum += negative ? -part : part;
    if (sum > kMost || sum < kLeast) return std::nullopt;
  }
  return static_cast<std::int64_t>(sum);
}

std::string duration_to_text(std::int64_t milliseconds) {
  return std::to_string(milliseconds) + "ms";
}

// ---- functions ----

namespace {

constexpr std::array<FunctionInfo, 22> kFunctions = {{
    {Function::kDecimal, "decimal", false, 1, Kind::kString, Kind::kNone, Kind::kDecimal},
    {Function::kIp, "ip", false, 1, Kind::kString, Kind::kNone, Kind::kIp},
    {Function::kDatetime, "datetime", false, 1, Kind::kString, Kind::kNone, Kind::kDatetime},
    {Function::kDuration, "duration", false, 1, Kind::kString, Kind::kNone, Kind::kDuration},
    {Function::kLessThan, "lessThan", true, 2, Kind::kDecimal, Kind::kDecimal, Kind::kBool},
    {Function::kLessThanOrEqual, "lessThanOrEqual", true, 2, Kind::kDecimal, Kind::kDecimal,
     Kind::kBool},
    {Function::kGreaterThan, "greaterThan", true, 2, Kind::kDecimal, Kind::kDecimal, Kind::kBool},
    {Function::kGreaterThanOrEqual, "greaterThanOrEqual", true, 2, Kind::kDecimal, Kind::kDecimal,
     Kind::kBool},
    {Function::kIsIpv4, "isIpv4", true, 1, Kind::kIp, Kind::kNone, Kind::kBool},
    {Function::kIsIpv6, "isIpv6", true, 1, Kind::kIp, Kind::kNone, Kind::kBool},
    {Function::kIsLoopback, "isLoopback", true, 1, Kind::kIp, Kind::kNone, Kind::kBool},
    {Function::kIsMulticast, "isMulticast", true, 1, Kind::kIp, Kind::kNone, Kind::kBool},
    {Function::kIsInRange, "isInRange", true, 2, Kind::kIp, Kind::kIp, Kind::kBool},
    {Function::kOffset, "offset", true, 2, Kind::kDatetime, Kind::kDuration, Kind::kDatetime},
    {Function::kDurationSince, "durationSince", true, 2, Kind::kDatetime, Kind::kDatetime,
     Kind::kDuration},
    {Function::kToDate, "toDate", true, 1, Kind::kDatetime, Kind::kNone, Kind::kDatetime},
    {Function::kToTime, "toTime", true, 1, Kind::kDatetime, Kind::kNone, Kind::kDuration},
    {Function::kToMilliseconds, "toMilliseconds", true, 1, Kind::kDuration, Kind::kNone,
     Kind::kLong},
    {Function::kToSeconds, "toSeconds", true, 1, Kind::kDuration, Kind::kNone, Kind::kLong},
    {Function::kToMinutes, "toMinutes", true, 1, Kind::kDuration, Kind::kNone, Kind::kLong},
    {Function::kToHours, "toHours", true, 1, Kind::kDuration, Kind::kNone, Kind::kLong},
    {Function::kToDays, "toDays", true, 1, Kind::kDuration, Kind::kNone, Kind::kLong},
}};

}  // namespace

const FunctionInfo& info_of(Function function) {
  return kFunctions[static_cast<std::size_t>(function)];
}

const FunctionInfo* find_function(std::string_view name) {
  const auto at = std::ranges::find(kFunctions, name, &FunctionInfo::name);
  return at == kFunctions.end() ? nullptr : &*at;
}

Value construct(Arena& arena, Function function, std::string_view text) {
  const auto of = [](Kind kind, std::optional<std::int64_t> number) {
    return number ? Value::of(kind, *number) : Value();
  };
  switch (function) {
    case Function::kDecimal: return of(Kind::kDecimal, parse_decimal(text));
    case Function::kDatetime: return of(Kind::kDatetime, parse_datetime(text));
    case Function::kDuration: return of(Kind::kDuration, parse_duration(text));
    case Function::kIp: {
      const auto ip = parse_ip(text);
      return ip ? Value::of(arena.make<Ip>(*ip)) : Value();
    }
    default: return {};
  }
}

}  // namespace syncline::cedar
