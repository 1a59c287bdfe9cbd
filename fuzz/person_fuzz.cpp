// Any bytes as the record of a person, as the state of a client, and as a name. What is accepted can be written again,
// and what is shown can be shown.
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "check.h"
#include "identity/names.h"
#include "identity/person.h"
#include "syncline/crdt/any.h"
#include "workspace/stamp.h"

using namespace syncline;

namespace {

void check_state(std::string_view state) {
  const workspace::Stamp stamp{.id = "ada", .name = "Ada", .verified = true};
  const auto told = workspace::stamped(state, stamp);
  if (told && *told) {
    const auto user = crdt::from_json(**told);
    FUZZ_CHECK(user && user->find("user") != nullptr);
    FUZZ_CHECK(*user->find("user")->find("id") == crdt::Any("ada"));
    FUZZ_CHECK(*user->find("user")->find("name") == crdt::Any("Ada"));
    FUZZ_CHECK(workspace::claimed_name(**told) == "Ada");
    FUZZ_CHECK(*workspace::stamped(**told, stamp) == told.value());
  }
  const auto rest = workspace::without_claim(state);
  if (!rest) return;
  const auto passed = crdt::from_json(*rest ? std::string_view(**rest) : state);
  const crdt::Any* user = passed ? passed->find("user") : nullptr;
  FUZZ_CHECK(user == nullptr || user->find("verified") == nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto person = identity::decode_person({data, size}))
    FUZZ_CHECK(identity::decode_person(identity::encode_person(*person)) == *person);

  const std::string name = identity::display_name(text);
  FUZZ_CHECK(name.size() <= identity::kMaxDisplayNameBytes && is_valid_utf8(name));
  FUZZ_CHECK(identity::display_name(name) == name);
  if (!name.empty()) {
    const identity::Person person{.name = name, .first_day = 1, .last_day = size};
    if (size > 0) FUZZ_CHECK(identity::decode_person(identity::encode_person(person)) == person);
  }
  check_state(text);
  return 0;
}
