// Keys of y-leveldb: the key of an update has the same bytes when it is made again.
#include "base/assert.h"
#include "migrate/y_leveldb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  const auto key = migrate::read_y_leveldb_key({data, size});
  if (!key || key->kind != migrate::YLeveldbKey::Kind::kUpdate) return 0;
  const auto again =
      migrate::read_y_leveldb_key(migrate::y_leveldb_update_key(key->document, key->number));
  SYNCLINE_ASSERT(again && again->number == key->number);
  return 0;
}
