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

// How `limit` descriptors are shared out. From 32,768 on, the store has no bound, and 4,096 are kept for its tables, which
// is enough for 256 GB. Below, its tables have an eighth, but 64 at least and 256 at most; it opens tables again that it had
// to close. As many again, but 200 at most, are for its logs, for compaction, imports, backups and the loops. The rest
// is for connections.
DescriptorShares share_descriptors(std::size_t limit, std::size_t wanted_connections);

// Raises the limit of the process to what the system allows (RLIMIT_NOFILE), and returns it.
std::size_t raise_descriptor_limit();

}  // namespace syncline::backend
