#include "streams/fork_codec.h"

namespace syncline::streams {
namespace {

std::string read_name(ByteReader& in) {
  std::string name(in.var_string());
  if (name.empty() || name.size() > kMostNameBytes) in.fail();
  return name;
}

Inherited read_part(ByteReader& in, Offset end_before) {
  Inherited part;
  part.object = read_name(in);
  part.generation = in.var_uint();
  part.after = in.var_uint();
  part.to = in.var_uint();
  part.part_at = in.var_uint();
  part.part = in.var_uint();
  const bool whole = part.part_at == 0 && part.part == 0;
  const bool cut = part.part_at > part.to && part.part > 0;
  if (part.to < part.after || (!whole && !cut) || part.end() < end_before) in.fail();
  return part;
}

}  // namespace

void write_fork(ByteWriter& out, const Fork& fork) {
  out.var_string(fork.from.source);
  out.var_uint(fork.from.offset ? *fork.from.offset + 1 : 0);
  out.var_uint(fork.from.sub_offset);
  out.var_uint(fork.parts.size());
  for (const Inherited& part : fork.parts) {
    out.var_string(part.object);
    out.var_uint(part.generation);
    out.var_uint(part.after);
    out.var_uint(part.to);
    out.var_uint(part.part_at);
    out.var_uint(part.part);
  }
}

Fork read_fork(ByteReader& in) {
  Fork fork;
  fork.from.source = read_name(in);
  if (const std::uint64_t offset = in.var_uint(); offset > 0) fork.from.offset = offset - 1;
  fork.from.sub_offset = in.var_uint();
  const std::uint64_t parts = in.var_uint();
  if (parts > kMostInherited) in.fail();
  for (std::uint64_t i = 0; i < parts && in.ok(); ++i)
    fork.parts.push_back(read_part(in, fork.parts.empty() ? 0 : fork.parts.back().end()));
  return fork;
}

}  // namespace syncline::streams
