#include "identity/person.h"

#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "identity/link.h"
#include "identity/names.h"
#include "log/directory_store.h"

namespace syncline::identity {
namespace {

constexpr std::uint8_t kPersonForm = 1;
constexpr std::uint64_t kForgotten = 1;
constexpr char kBetween = '\x1e';

std::optional<std::string> record_id(std::string_view owner, std::string_view who) {
  if (who.empty() || owner.find(kBetween) != owner.npos || owner.find('\0') != owner.npos ||
      who.find('\0') != who.npos)
    return std::nullopt;
  std::string id = people_of(owner).append(who);
  if (id.size() > log::kMaxDirectoryIdBytes) return std::nullopt;
  return id;
}

}  // namespace

Bytes encode_person(const Person& person) {
  ByteWriter out;
  out.u8(kPersonForm);
  out.var_uint(person.forgotten ? kForgotten : 0);
  out.var_uint(person.first_day);
  out.var_uint(person.last_day);
  out.var_string(person.name);
  return std::move(out).take();
}

Result<Person> decode_person(ByteView value) {
  ByteReader in(value);
  if (in.u8() != kPersonForm && in.ok())
    return fail(ErrorCode::kUnsupported, "the name of a person in a form of a later version");
  Person person;
  const std::uint64_t flags = in.var_uint();
  person.forgotten = flags == kForgotten;
  person.first_day = in.var_uint();
  person.last_day = in.var_uint();
  person.name = in.var_string();
  const bool fits = person.forgotten
                        ? person.name.empty() && person.first_day == 0 && person.last_day == 0
                        : person.first_day <= person.last_day && !person.name.empty() &&
                              display_name(person.name) == person.name;
  if (!in.ok() || !in.at_end() || flags > kForgotten || !fits)
    return fail(ErrorCode::kMalformed, "the name of a person is damaged");
  return person;
}

bool is_verified(const Principal& principal) {
  return principal.identity != nullptr && principal.identity->source != Identity::Source::kShared &&
         !principal.id.empty() && principal.id != "anonymous" && !is_link(principal.id);
}

std::string_view tenant_of(const Principal& principal) {
  return principal.identity == nullptr ? std::string_view() : principal.identity->tenant;
}

std::optional<std::string> person_id(std::string_view tenant, std::string_view principal) {
  return record_id(tenant, principal);
}

std::optional<std::string> guest_id(std::string_view workspace, std::string_view actor) {
  return record_id(workspace, actor);
}

std::string people_of(std::string_view tenant_or_workspace) {
  return std::string(tenant_or_workspace) + kBetween;
}

}  // namespace syncline::identity
