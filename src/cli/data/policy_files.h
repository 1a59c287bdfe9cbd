// Policies in files.
#pragma once

#include <string>

namespace syncline::cli {

// The name of the policy in a file: that of the file, without its folder and its ending.
std::string policy_name_of(const std::string& file);

}  // namespace syncline::cli
