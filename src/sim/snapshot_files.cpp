#include "sim/snapshot_files.h"

#include <fmt/format.h>

#include <string>

#include "sim/invariants.h"
#include "store/contents.h"

namespace syncline::sim {
namespace {

std::string broken_entry(const store::Tables& tables) {
  const auto cursor = tables.cursor(store::Family::kSnapshots);
  for (cursor->seek(""); cursor->valid(); cursor->next()) {
    const auto kept = store::decode_snapshot(cursor->key(), cursor->value());
    if (!kept || !kept->apart) continue;
    const auto content = store::content_of(tables, *kept);
    const auto key = store::parse_object_key(cursor->key());
    if (!content || !*content)
      return fmt::format("the snapshot of {} at {} names a file that is missing or damaged",
                         key ? key->object : "?", key ? key->position : 0);
  }
  return {};
}

}  // namespace

void check_snapshot_files(World& world, const store::Tables& tables, bool damaged) {
  if (const std::string fault = broken_entry(tables); !fault.empty() && !damaged)
    return world.violated(std::string(kSnapshots), fault);
  const auto names = tables.blobs().list();
  for (const store::BlobName& name : names.value_or(std::vector<store::BlobName>())) {
    const auto named = store::is_named(tables, name);
    if (named && !*named)
      return world.violated(std::string(kSnapshots),
                            fmt::format("no snapshot names the file {}", to_hex(name)));
  }
}

}  // namespace syncline::sim
