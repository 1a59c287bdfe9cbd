#include "migrate/y_leveldb.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace syncline::migrate {
namespace {

constexpr std::uint8_t kString = 0;
constexpr std::uint8_t kNumber = 1;

std::string_view take_string(ByteReader& in) {
  if (in.u8() != kString) in.fail();
  return in.var_string();
}

std::uint32_t take_number(ByteReader& in) {
  if (in.u8() != kNumber) in.fail();
  std::uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | in.u8();
  return number;
}

}  // namespace

Result<YLeveldbKey> read_y_leveldb_key(ByteView bytes) {
  ByteReader in(bytes);
  const std::string_view version = take_string(in);
  YLeveldbKey key{.document = take_string(in)};
  if (version == "v1_sv") {
    key.kind = YLeveldbKey::Kind::kState;
  } else if (version == "v1") {
    const std::string_view what = take_string(in);
    if (what == "update") {
      key.number = take_number(in);
    } else if (what == "meta") {
      key.kind = YLeveldbKey::Kind::kMeta;
      take_string(in);
    } else {
      in.fail();
    }
  } else {
    in.fail();
  }
  if (!in.ok() || !in.at_end()) return fail(ErrorCode::kMalformed, "not a key of y-leveldb");
  return key;
}

Bytes y_leveldb_update_key(std::string_view document, std::uint32_t number) {
  ByteWriter out;
  for (const std::string_view part :
       {std::string_view("v1"), document, std::string_view("update")}) {
    out.u8(kString);
    out.var_string(part);
  }
  out.u8(kNumber);
  for (int shift = 24; shift >= 0; shift -= 8)
    out.u8(static_cast<std::uint8_t>(number >> shift & 0xff));
  return out.take();
}

}  // namespace syncline::migrate
