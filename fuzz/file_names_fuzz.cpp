// Names of objects as paths: every name is found again, and no path leaves the folder.
#include <string>
#include <string_view>

#include "base/assert.h"
#include "identity/names.h"
#include "migrate/file_names.h"
#include "syncline/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  const std::string_view text = as_text({data, size});
  const std::string named = migrate::object_of_file(text);
  SYNCLINE_ASSERT(named.size() <= text.size());
  if (!identity::check_object_id(text)) return 0;
  const std::string path = migrate::file_of_object(text);
  SYNCLINE_ASSERT(migrate::object_of_file(path) == text);
  SYNCLINE_ASSERT(!path.starts_with('/') && path.find("//") == std::string::npos);
  for (const std::string_view bad : {"./", "../", "/./", "/../"})
    SYNCLINE_ASSERT(!path.starts_with(bad) && path.find(bad) == std::string::npos);
  return 0;
}
