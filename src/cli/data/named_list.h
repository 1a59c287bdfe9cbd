// `pin ls` and `quarantine ls`: prints the named entries of a workspace, page by page, as rows of
// four columns or as the JSON of the API.
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
  std::string_view member;  // in the JSON of an entry
  // Where the JSON has the name of that principal; "": the member is none.
  std::string_view person = {};
};
// The second column is a number.
using NamedColumns = std::array<NamedColumn, 4>;

std::string named_row(const std::string& json, const NamedColumns& columns);

struct NamedList {
  std::string summary;  // of the command
  std::string of;       // the description of the WORKSPACE argument
  std::string value;    // the value of --after, "NAME"
  std::string one;      // the name of an entry, "pin"
  NamedColumns columns = {};
  // Returns one page, as Api::pins does.
  std::function<Result<std::vector<NamedLine>>(Api& api, const std::string& workspace,
                                               const std::string& after)>
      page;
};

// Adds the command "ls". The caller adds its examples.
Command& add_named_list(Command& parent, NamedList list);

}  // namespace syncline::cli
