// `pin ls` and `quarantine ls`: what has a name of its own in a workspace, page by page, as rows of
// four columns or as the JSON that the API gives.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/data/options.h"

namespace syncline::cli {

struct NamedColumn {
  std::string_view title;
  std::string_view member;  // of an entry's JSON
};
// The second is a number.
using NamedColumns = std::array<NamedColumn, 4>;

std::string named_row(const std::string& json, const NamedColumns& columns);

struct NamedList {
  std::string summary;  // of the command
  std::string of;       // what its argument says of the workspace
  std::string value;    // what --after takes, "NAME"
  std::string one;      // of what is listed, "pin"
  NamedColumns columns = {};
  // A page, as of Api::pins.
  std::function<Result<std::vector<NamedLine>>(Api& api, const std::string& workspace,
                                               const std::string& after)>
      page;
};

// Adds "ls", which lacks its examples.
Command& add_named_list(Command& parent, NamedList list);

}  // namespace syncline::cli
