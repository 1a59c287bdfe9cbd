// A workspace's log on the disk, for oracles. It is read with the product's own reader, which
// checks every record and the hash chain.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "store/reads.h"

namespace syncline::sim {

inline Result<std::vector<log::Event>> read_log(const store::Tables& tables,
                                                const std::string& workspace) {
  std::vector<log::Event> all;
  for (;;) {
    auto some = store::read_events(tables, workspace, all.size(), {});
    if (!some) return some;
    if (some->empty()) return all;
    std::ranges::move(*some, std::back_inserter(all));
  }
}

}  // namespace syncline::sim
