// Any bytes as what a stranger sends before it is let in: the name of a host, its address, and the
// name of an object. What is accepted is well formed.
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "check.h"
#include "identity/hosts.h"
#include "identity/names.h"
#include "identity/network.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const identity::Hosts loopback;
  const identity::Hosts listed({"docs.example"}, false);
  if (loopback.check(text, true)) {
    // "evil.localhost" is no name of this machine.
    const std::string_view name = text.substr(0, text.rfind(':'));
    FUZZ_CHECK(name.size() <= 255 && name.find('/') == name.npos);
    FUZZ_CHECK(listed.check(text, true).has_value());
  }
  FUZZ_CHECK(loopback.check(text, false).has_value());
  if (identity::check_host_name(text)) {
    const identity::Hosts named({std::string(text)}, true);
    FUZZ_CHECK(named.check(text, true).has_value());
    FUZZ_CHECK(named.check(std::string(text) + ":4400", true).has_value());
  }

  FUZZ_CHECK(identity::network_of(text).size() <= size + 8);

  if (!identity::check_object_id(text)) return 0;
  const auto fresh = identity::check_new_object_id(text);
  FUZZ_CHECK(is_valid_utf8(text));
  if (!fresh) FUZZ_CHECK(is_valid_utf8(fresh.error().message));
  return 0;
}
