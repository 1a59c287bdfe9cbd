// The lineage of documents (merge/lineage.h): the client ids of the state vectors with which generations have ended.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "merge/lineage.h"

namespace syncline::merge {

// Versions that are no state vectors are passed over. nullptr: no client id is left to recognise.
std::unique_ptr<Lineage> doc_lineage(std::span<const ByteView> versions,
                                     std::span<const std::uint64_t> seeds);

}  // namespace syncline::merge
