#include "crdt/sorted_value.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crdt/any_tags.h"

namespace syncline::crdt {
namespace {

// An object or array inside the value. They are numbered in the order in which they begin.
struct Container {
  std::uint32_t end = 0;   // offset of the first byte after it
  std::uint32_t next = 0;  // number of the first container that begins after it
};

// Skips a value and lists its containers.
void pass(ByteReader& in, std::vector<Container>& containers) {
  const std::uint8_t tag = in.u8();
  switch (tag) {
    case kAnyInteger: in.var_int(); return;
    case kAnyFloat32: in.bytes(4); return;
    case kAnyFloat64:
    case kAnyBigInt: in.bytes(8); return;
    case kAnyString:
    case kAnyBytes: in.var_buffer(); return;
    case kAnyObject:
    case kAnyArray: break;
    default: return;
  }
  const std::size_t number = containers.size();
  containers.emplace_back();
  for (std::uint64_t left = in.var_uint(); left != 0 && in.ok(); --left) {
    if (tag == kAnyObject) in.var_buffer();
    pass(in, containers);
  }
  containers[number] = {static_cast<std::uint32_t>(in.position()),
                        static_cast<std::uint32_t>(containers.size())};
}

class Sorter {
 public:
  explicit Sorter(ByteView packed) : packed_(packed) {
    ByteReader in(packed);
    pass(in, containers_);
  }

  Bytes sorted() {
    write({0, 0});
    return out_.take();
  }

 private:
  // The offset of a value, and the number of the first container at or after it.
  struct Place {
    std::uint32_t offset = 0;
    std::uint32_t container = 0;
  };
  struct Member {
    std::string_view key;
    Place value;
  };

  // Writes the value at `place`; returns the place after it.
  Place write(Place place) {
    ByteReader in(packed_.subspan(place.offset));
    const std::uint8_t tag = in.u8();
    if (tag == kAnyObject) return write_object(in, place);
    if (tag == kAnyArray) return write_array(in, place);
    const Place behind = skip(place);
    if (tag == kAnyInteger && in.var_int().magnitude == 0) {  // zero, or minus zero
      out_.u8(kAnyInteger);
      out_.var_int(0, false);
    } else {
      out_.append(packed_.subspan(place.offset, behind.offset - place.offset));
    }
    return behind;
  }

  Place write_array(ByteReader& in, Place place) {
    out_.u8(kAnyArray);
    const std::uint64_t count = in.var_uint();
    out_.var_uint(count);
    Place next = inside(in, place);
    for (std::uint64_t i = 0; i < count; ++i) next = write(next);
    return next;
  }

  Place write_object(ByteReader& in, Place place) {
    out_.u8(kAnyObject);
    const std::uint64_t count = in.var_uint();
    out_.var_uint(count);
    std::vector<Member> members;
    members.reserve(count);
    Place next = inside(in, place);
    for (std::uint64_t i = 0; i < count; ++i) {
      ByteReader at(packed_.subspan(next.offset));
      const std::string_view key = as_text(at.var_buffer());
      next.offset += static_cast<std::uint32_t>(at.position());
      members.push_back({key, next});
      next = skip(next);
    }
    std::ranges::sort(members, {}, &Member::key);
    for (const Member& member : members) {
      out_.var_string(member.key);
      write(member.value);
    }
    return next;
  }

  // The place of the first value or key in the container whose tag and count `in` has read.
  static Place inside(const ByteReader& in, Place container) {
    return {container.offset + static_cast<std::uint32_t>(in.position()), container.container + 1};
  }

  // The place after the value at `place`, in O(1).
  Place skip(Place place) const {
    const std::uint8_t tag = packed_[place.offset];
    if (tag == kAnyObject || tag == kAnyArray) {
      const Container& container = containers_[place.container];
      return {container.end, container.next};
    }
    ByteReader in(packed_.subspan(place.offset));
    std::vector<Container> none;
    pass(in, none);
    return {place.offset + static_cast<std::uint32_t>(in.position()), place.container};
  }

  ByteView packed_;
  std::vector<Container> containers_;
  ByteWriter out_;
};

}  // namespace

Bytes sorted_value(ByteView packed) {
  return Sorter(packed).sorted();
}

bool same_value(ByteView a, ByteView b) {
  return std::ranges::equal(a, b) || std::ranges::equal(sorted_value(a), sorted_value(b));
}

}  // namespace syncline::crdt
