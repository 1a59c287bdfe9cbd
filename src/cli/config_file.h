// The file behind --config, as CLI11 reads it (TOML or INI), with strict checks: a key that matches
// no option is an error. A variable of the environment overrides the file.
#pragma once

#include <memory>

namespace CLI {
class Config;
}

namespace syncline::cli {

class Command;

// `root` must outlive the result.
std::shared_ptr<CLI::Config> make_config_reader(const Command& root);

}  // namespace syncline::cli
