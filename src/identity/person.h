// Person: the name of somebody, as it is kept beside the logs (log/directory_store.h). Events hold opaque ids only,
// so a name can be erased from all of history at once.
//
// There are two kinds of records:
//   kPerson  tenant, 0x1e, principal id   a name that a token says; verified
//   kGuest   workspace, 0x1e, actor       a name that somebody without an identity gave himself (his awareness state);
//                                         not verified
//
// A value is: 1 (version), flags as varUint (bit 0: forgotten), the first and the last day on which somebody was seen
// as varUints (days since 1970), the name as a varString. A forgotten one has no name and no days: it says only that no
// name is kept for this principal again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "identity/principal.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::identity {

struct Person {
  std::string name = {};
  std::uint64_t first_day = 0;
  std::uint64_t last_day = 0;
  bool forgotten = false;

  bool operator==(const Person&) const = default;
};

inline constexpr std::uint64_t kDayMs = 86'400'000;

Bytes encode_person(const Person& person);
// kMalformed: damaged. kUnsupported: of a later version.
Result<Person> decode_person(ByteView value);

// True if a token vouches for who this is: not for one of those that many share, a link among them, and not for
// "anonymous".
bool is_verified(const Principal& principal);

// Of the tenant of a caller; "": the default one.
std::string_view tenant_of(const Principal& principal);

// Ids of records. nullopt: one that cannot be (too long, or with a byte NUL), so nothing is kept for it.
std::optional<std::string> person_id(std::string_view tenant, std::string_view principal);
std::optional<std::string> guest_id(std::string_view workspace, std::string_view actor);
// What all ids of a tenant, or of a workspace, begin with.
std::string people_of(std::string_view tenant_or_workspace);

}  // namespace syncline::identity
