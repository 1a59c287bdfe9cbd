#include "syncline/crdt/any.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crdt/any_tags.h"
#include "crdt/packed.h"

namespace syncline::crdt {

namespace {

constexpr std::uint64_t kMaxPackedInteger = 0x7fffffff;
constexpr std::uint64_t kCanonicalNan = 0x7ff8000000000000;
constexpr std::string_view kProto = "__proto__";
constexpr std::size_t kFewKeys = 8;  // up to this many keys are compared pairwise

bool is_packed_integer(double value) {
  return std::trunc(value) == value && std::abs(value) <= static_cast<double>(kMaxPackedInteger);
}

bool is_float32(double value) {
  if (std::isinf(value)) return true;
  return std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max()) &&
         static_cast<double>(static_cast<float>(value)) == value;
}

// The array index that `key` represents for JavaScript ("7", not "07"). Such keys sort first.
std::optional<std::uint32_t> array_index(std::string_view key) {
  if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : key) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value >= std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

// True if no key appears twice.
bool are_distinct(std::vector<std::string_view>& keys) {
  if (keys.size() <= kFewKeys) {
    for (std::size_t i = 1; i < keys.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (keys[i] == keys[j]) return false;
    return true;
  }
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) == keys.end();
}

// Of members with the same key, the first keeps its place and gets the value of the last.
void drop_repeated_keys(Any::Object& members) {
  std::vector<std::string_view> keys;
  keys.reserve(members.size());
  for (const auto& [key, value] : members) keys.emplace_back(key);
  if (are_distinct(keys)) return;

  std::vector<std::size_t> order(members.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {},
                           [&](std::size_t i) -> std::string_view { return members[i].first; });
  std::vector<bool> dropped(members.size(), false);
  for (std::size_t i = 0; i < order.size();) {
    std::size_t last = i;
    while (last + 1 < order.size() && members[order[last + 1]].first == members[order[i]].first)
      dropped[order[++last]] = true;
    if (last != i) members[order[i]].second = std::move(members[order[last]].second);
    i = last + 1;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (dropped[i]) continue;
    if (kept != i) members[kept] = std::move(members[i]);
    ++kept;
  }
  members.resize(kept);
}

void move_indices_first(Any::Object& members) {
  const auto has_index = [](const auto& member) { return array_index(member.first).has_value(); };
  if (std::ranges::none_of(members, has_index)) return;
  const auto others = std::ranges::stable_partition(members, has_index);
  std::ranges::sort(members.begin(), others.begin(), {},
                    [](const auto& member) { return *array_index(member.first); });
}

bool same_members(const Any::Object& a, const Any& b_object, std::size_t b_size) {
  if (a.size() != b_size) return false;
  return std::ranges::all_of(a, [&](const auto& member) {
    const Any* other = b_object.find(member.first);
    return other != nullptr && *other == member.second;
  });
}

void pack_number(double value, ByteWriter& out) {
  if (is_packed_integer(value)) {
    out.u8(kAnyInteger);
    out.var_int(static_cast<std::uint64_t>(std::abs(value)), std::signbit(value));
  } else if (is_float32(value)) {
    out.u8(kAnyFloat32);
    out.float32(static_cast<float>(value));
  } else {
    out.u8(kAnyFloat64);
    out.float64(std::isnan(value) ? std::bit_cast<double>(kCanonicalNan) : value);
  }
}

struct Packer {
  ByteWriter& out;

  void operator()(const Any::Undefined&) const { out.u8(kAnyUndefined); }
  void operator()(const Any::Null&) const { out.u8(kAnyNull); }
  void operator()(bool value) const { out.u8(value ? kAnyTrue : kAnyFalse); }
  void operator()(double value) const { pack_number(value, out); }
  void operator()(std::int64_t value) const {
    out.u8(kAnyBigInt);
    out.int64(value);
  }
  void operator()(const std::string& value) const {
    out.u8(kAnyString);
    out.var_string(value);
  }
  void operator()(const Bytes& value) const {
    out.u8(kAnyBytes);
    out.var_buffer(value);
  }
  void operator()(const Any::Array& value) const {
    out.u8(kAnyArray);
    out.var_uint(value.size());
    for (const Any& element : value) pack(element, out);
  }
  void operator()(const Any::Object& value) const {
    out.u8(kAnyObject);
    out.var_uint(value.size());
    for (const auto& [key, member] : value) {
      out.var_string(key);
      pack(member, out);
    }
  }
};

// ---- reading ----

Any read_any(ByteReader& in, int depth);

Any read_object(ByteReader& in, int depth) {
  Any::Object members;
  std::uint64_t count = in.var_uint();
  for (; count != 0 && in.ok(); --count) {
    const std::string_view key = in.var_string();
    Any value = read_any(in, depth);
    if (key != kProto) members.emplace_back(std::string(key), std::move(value));
  }
  return Any(std::move(members));
}

Any read_array(ByteReader& in, int depth) {
  Any::Array elements;
  std::uint64_t count = in.var_uint();
  for (; count != 0 && in.ok(); --count) elements.push_back(read_any(in, depth));
  return Any(std::move(elements));
}

double read_integer(ByteReader& in) {
  const VarInt value = in.var_int();
  const auto magnitude = static_cast<double>(value.magnitude);
  return value.negative ? -magnitude : magnitude;
}

Any read_any(ByteReader& in, int depth) {
  if (depth > kMaxAnyDepth) in.fail();
  switch (in.u8()) {
    case kAnyUndefined: return {};
    case kAnyNull: return Any::Null{};
    case kAnyInteger: return read_integer(in);
    case kAnyFloat32: return static_cast<double>(in.float32());
    case kAnyFloat64: return in.float64();
    case kAnyBigInt: return Any::bigint(in.int64());
    case kAnyFalse: return false;
    case kAnyTrue: return true;
    case kAnyString: return std::string(in.var_string());
    case kAnyObject: return read_object(in, depth + 1);
    case kAnyArray: return read_array(in, depth + 1);
    case kAnyBytes:
      if (depth == kMaxAnyDepth) in.fail();
      return to_bytes(in.var_buffer());
    default: in.fail(); return {};
  }
}

// ---- checking without building ----

struct Length {
  std::uint64_t value;
  bool minimal;
};

// A varint that is padded ends in a zero byte. Only zero itself may end so.
bool is_minimal(ByteReader& in, std::size_t start) {
  const ByteView read = in.since(start);
  return read.size() <= 1 || read.back() != 0;
}

Length scan_length(ByteReader& in) {
  const std::size_t start = in.position();
  const std::uint64_t value = in.var_uint();
  return {value, in.ok() && is_minimal(in, start)};
}

bool scan_integer(ByteReader& in) {
  const std::size_t start = in.position();
  const VarInt value = in.var_int();
  return in.ok() && is_minimal(in, start) && value.magnitude <= kMaxPackedInteger;
}

bool scan_float64(ByteReader& in) {
  const double value = in.float64();
  if (std::isnan(value)) return std::bit_cast<std::uint64_t>(value) == kCanonicalNan;
  return !is_packed_integer(value) && !is_float32(value);
}

bool scan_float32(ByteReader& in) {
  const auto value = static_cast<double>(in.float32());
  return !std::isnan(value) && !is_packed_integer(value);
}

bool scan_text(ByteReader& in, std::string_view& text) {
  const Length length = scan_length(in);
  text = as_text(in.bytes(length.value));
  if (!is_valid_utf8(text)) in.fail();
  return length.minimal;
}

bool scan_value(ByteReader& in, int depth);

// Checks that keys come in JavaScript's order and only once.
class KeyOrder {
 public:
  bool add(std::string_view key) {
    if (key == kProto) return false;
    keys_.push_back(key);
    const auto index = array_index(key);
    if (!index) {
      named_ = true;
      return true;
    }
    const bool rising = !named_ && (!last_index_ || *last_index_ < *index);
    last_index_ = index;
    return rising;
  }
  bool distinct() { return are_distinct(keys_); }

 private:
  std::vector<std::string_view> keys_;
  std::optional<std::uint32_t> last_index_;
  bool named_ = false;
};

bool scan_object(ByteReader& in, int depth) {
  const Length count = scan_length(in);
  bool canonical = count.minimal;
  KeyOrder order;
  for (std::uint64_t left = count.value; left != 0 && in.ok(); --left) {
    std::string_view key;
    canonical &= scan_text(in, key);
    canonical &= order.add(key);
    canonical &= scan_value(in, depth);
  }
  return canonical && order.distinct();
}

bool scan_array(ByteReader& in, int depth) {
  const Length count = scan_length(in);
  bool canonical = count.minimal;
  for (std::uint64_t left = count.value; left != 0 && in.ok(); --left)
    canonical &= scan_value(in, depth);
  return canonical;
}

// True if canonical. The reader's ok() tells whether the value is valid at all.
bool scan_value(ByteReader& in, int depth) {
  if (depth > kMaxAnyDepth) in.fail();
  std::string_view text;
  switch (in.u8()) {
    case kAnyUndefined:
    case kAnyNull:
    case kAnyFalse:
    case kAnyTrue: return true;
    case kAnyInteger: return scan_integer(in);
    case kAnyFloat32: return scan_float32(in);
    case kAnyFloat64: return scan_float64(in);
    case kAnyBigInt: in.int64(); return true;
    case kAnyString: return scan_text(in, text);
    case kAnyObject: return scan_object(in, depth + 1);
    case kAnyArray: return scan_array(in, depth + 1);
    case kAnyBytes: {
      if (depth == kMaxAnyDepth) in.fail();
      const Length length = scan_length(in);
      in.bytes(length.value);
      return length.minimal;
    }
    default: in.fail(); return false;
  }
}

std::unexpected<Error> malformed_any() {
  return fail(ErrorCode::kMalformed, "value: truncated, invalid or nested too deep");
}

}  // namespace

Any::Any(Object value) {
  drop_repeated_keys(value);
  move_indices_first(value);
  value_ = std::move(value);
}

Any Any::bigint(std::int64_t value) {
  Any any;
  any.value_ = value;
  return any;
}

const Any* Any::find(std::string_view key) const {
  const auto* members = std::get_if<Object>(&value_);
  if (members == nullptr) return nullptr;
  const auto it = std::ranges::find(*members, key, &Object::value_type::first);
  return it == members->end() ? nullptr : &it->second;
}

bool Any::operator==(const Any& other) const {
  if (value_.index() != other.value_.index()) return false;
  if (const auto* members = std::get_if<Object>(&value_))
    return same_members(*members, other, std::get<Object>(other.value_).size());
  if (const auto* number = std::get_if<double>(&value_)) {
    const double theirs = std::get<double>(other.value_);
    return *number == theirs || (std::isnan(*number) && std::isnan(theirs));
  }
  return value_ == other.value_;
}

void pack(const Any& value, ByteWriter& out) {
  std::visit(Packer{out}, value.value());
}

Bytes pack(const Any& value) {
  ByteWriter out;
  pack(value, out);
  return out.take();
}

Result<Any> unpack(ByteReader& in) {
  Any value = read_any(in, 0);
  if (!in.ok()) return malformed_any();
  return value;
}

Result<Any> unpack(ByteView packed) {
  ByteReader in(packed);
  Result<Any> value = unpack(in);
  if (value && !in.at_end()) return fail(ErrorCode::kMalformed, "value: bytes behind its end");
  return value;
}

AnyScan scan_any(ByteReader& in) {
  const bool canonical = scan_value(in, 0);
  if (!in.ok()) return AnyScan::kInvalid;
  return canonical ? AnyScan::kCanonical : AnyScan::kLoose;
}

Result<bool> skip_any(ByteReader& in) {
  const AnyScan scan = scan_any(in);
  if (scan == AnyScan::kInvalid) return malformed_any();
  return scan == AnyScan::kCanonical;
}

}  // namespace syncline::crdt
