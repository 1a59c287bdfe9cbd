// File descriptors: the process raises its limit as far as it may, and shares it out before it needs it, so that
// connections never take those that the store needs: a store that cannot open its files takes this for a failed
// disk.
//
// Thread-safety: any thread.
#pragma once

#include <cstddef>

namespace syncline::backend {

struct DescriptorShares {
  std::size_t limit = 0;        // of the process
  std::size_t store = 0;        // for the store's tables; 0: as many as it has
  std::size_t connections = 0;  // never more than were wanted
};

// How `limit` descriptors are shared out: an eighth, but at least 64, for tables of the store; as many again, but
// at most 256, for its logs, for compaction, imports, backups and the loops; the rest for connections. An eighth of
// 4,096 or more is enough for 256 GB of tables; then the store has no bound, and 4,096 are kept for it.
DescriptorShares share_descriptors(std::size_t limit, std::size_t wanted_connections);

// Raises the limit of the process to what the system allows (RLIMIT_NOFILE), and returns it.
std::size_t raise_descriptor_limit();

}  // namespace syncline::backend
