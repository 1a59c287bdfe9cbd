// Edits a text to other text and formats. For this room only.
#pragma once

#include <vector>

#include "forms/mapping.h"
#include "forms/xml_tree.h"
#include "syncline/crdt/types.h"

namespace syncline::forms {

// The delta that turns one content into the other, as far as the mapping knows its formats; empty if there is no
// difference. Neither may have embeds. Costs: O(both), and diff/text_diff.h.
crdt::Delta text_edit(const Mapping& mapping, const std::vector<Run>& now,
                      const std::vector<Run>& wanted);

}  // namespace syncline::forms
