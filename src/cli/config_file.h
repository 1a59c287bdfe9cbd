// The file behind --config, as CLI11 reads it (TOML or INI), made strict: a key that names no
// option is an error, and what the environment sets is left to the environment.
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
