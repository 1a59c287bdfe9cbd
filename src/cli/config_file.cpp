#include "cli/config_file.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "cli/command.h"
#include "cli/suggest.h"

namespace syncline::cli {
namespace {

// The long names of a command's options, without dashes.
std::vector<std::string> keys_of(const Command& command) {
  std::vector<std::string> keys;
  for (const std::string& name : command.option_names()) {
    if (name.starts_with("--")) keys.push_back(name.substr(2));
  }
  return keys;
}

const OptionSpec* find_option(const Command& command, const std::string& key) {
  for (const OptionSpec& option : command.options()) {
    const std::string name = "--" + key;
    if (option.name == name || option.name.ends_with("," + name)) return &option;
  }
  return nullptr;
}

class StrictConfig final : public CLI::ConfigTOML {
 public:
  explicit StrictConfig(const Command& root) : root_(root) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::vector<CLI::ConfigItem> kept;
    for (CLI::ConfigItem& item : CLI::ConfigTOML::from_config(input)) {
      // CLI11 marks the ends of sections with special items.
      const bool mark = item.name == "++" || item.name == "--";
      if (mark || !is_in_environment(item)) kept.push_back(std::move(item));
    }
    return kept;
  }

 private:
  bool is_in_environment(const CLI::ConfigItem& item) const {
    const Command* command = &root_;
    for (const std::string& section : item.parents) {
      const Command* inner = command->find(section);
      if (inner == nullptr) {
        throw CLI::ConfigError(fmt::format("config file: [{}] names no command{}", section,
                                           did_you_mean(section, command->command_names())));
      }
      command = inner;
    }
    const OptionSpec* option = find_option(*command, item.name);
    if (option == nullptr) {
      throw CLI::ConfigError(fmt::format("config file: '{}' is no option of {}{}", item.name,
                                         command->path(),
                                         did_you_mean(item.name, keys_of(*command))));
    }
    if (option->environment.empty()) return false;
    const char* value = std::getenv(option->environment.c_str());
    return value != nullptr && *value != '\0';
  }

  const Command& root_;
};

}  // namespace

std::shared_ptr<CLI::Config> make_config_reader(const Command& root) {
  return std::make_shared<StrictConfig>(root);
}

}  // namespace syncline::cli
