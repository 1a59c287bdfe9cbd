#include "cli/command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "cli/config_file.h"
#include "cli/suggest.h"
#include "syncline/version.h"

namespace syncline::cli {
namespace {

constexpr std::string_view kConfig = "--config";

// Refuses a value that is not one of the choices.
CLI::Validator one_of(std::vector<std::string> choices) {
  auto check = [choices = std::move(choices)](std::string& value) -> std::string {
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return {};
    return fmt::format("'{}' is none of {}{}", value, fmt::join(choices, ", "),
                       did_you_mean(value, choices));
  };
  return CLI::Validator(std::move(check), "", "choice");
}

template <typename T>
CLI::Validator number_of() {
  auto check = [](std::string& value) -> std::string {
    T parsed{};
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, parsed);
    if (error == std::errc{} && stop == end && !value.empty()) return {};
    return fmt::format("'{}' is no whole number from 0 to {}", value,
                       std::numeric_limits<T>::max());
  };
  return CLI::Validator(std::move(check), "", "number");
}

// `--config FILE` is an option of the program but may be anywhere. Moves it to the front.
std::vector<std::string> config_first(std::vector<std::string> words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  auto found = std::find_if(words.begin(), end, [](const std::string& word) {
    return word == kConfig || word.starts_with(std::string(kConfig) + "=");
  });
  if (found == end) return words;
  auto last = found + 1;
  if (*found == kConfig && last != words.end()) ++last;
  std::rotate(words.begin(), found, last);
  return words;
}

}  // namespace

Command::Command(std::string name, std::string summary)
    : root_app_(std::make_unique<CLI::App>(summary, name)),
      app_(root_app_.get()),
      name_(std::move(name)),
      summary_(std::move(summary)) {
  set_up();
  app_->set_version_flag("--version", "syncline " SYNCLINE_VERSION_STRING);
  options_.push_back({.name = "--version", .text = "Print the version"});
  app_->set_config(std::string(kConfig))->envname("SYNCLINE_CONFIG");
  options_.push_back({.name = std::string(kConfig),
                      .value = "FILE",
                      .text = "Read options from a TOML or INI file, a [section] per command",
                      .environment = "SYNCLINE_CONFIG",
                      .is_file = true});
  app_->config_formatter(make_config_reader(*this));
}

Command::Command(Command& parent, std::string name, std::string summary)
    : parent_(&parent),
      app_(parent.app_->add_subcommand(name, summary)),
      name_(std::move(name)),
      summary_(std::move(summary)) {
  set_up();
}

Command::~Command() = default;

void Command::set_up() {
  app_->set_help_flag("-h,--help", "Print this help");
  app_->formatter_fn(
      [this](const CLI::App*, const std::string&, CLI::AppFormatMode) { return help_text(*this); });
  options_.push_back({.name = "-h,--help", .text = "Print this help"});
}

Command& Command::add(std::string name, std::string summary) {
  app_->require_subcommand(1);
  commands_.emplace_back(new Command(*this, std::move(name), std::move(summary)));
  return *commands_.back();
}

void Command::note(OptionSpec spec, CLI::Option& option) {
  option.required(spec.required);
  if (!spec.environment.empty()) option.envname(spec.environment);
  if (!spec.choices.empty()) option.check(one_of(spec.choices));
  options_.insert(options_.end() - 1, std::move(spec));
}

void Command::note_argument(OptionSpec spec, CLI::Option& option, bool many) {
  option.required(spec.required);
  if (!spec.choices.empty()) option.check(one_of(spec.choices));
  arguments_.push_back(std::move(spec));
  takes_many_ = many;
}

void Command::flag(OptionSpec spec, bool& target) {
  CLI::Option* option = app_->add_flag(spec.name, target);
  note(std::move(spec), *option);
}

void Command::json_flag(bool& target) {
  flag({.name = "--json", .text = "Print JSON, one object per line"}, target);
}

void Command::option(OptionSpec spec, std::string& target) {
  CLI::Option* option = app_->add_option(spec.name, target);
  if (spec.fallback.empty()) spec.fallback = target;
  note(std::move(spec), *option);
}

template <typename T>
void Command::number(OptionSpec spec, T& target) {
  CLI::Option* option = app_->add_option(spec.name, target);
  option->check(number_of<T>());
  if (spec.fallback.empty() && !spec.required) spec.fallback = std::to_string(target);
  note(std::move(spec), *option);
}

void Command::option(OptionSpec spec, std::uint16_t& target) {
  number(std::move(spec), target);
}

void Command::option(OptionSpec spec, std::uint32_t& target) {
  number(std::move(spec), target);
}

void Command::option(OptionSpec spec, std::uint64_t& target) {
  number(std::move(spec), target);
}

void Command::option(OptionSpec spec, std::vector<std::string>& target) {
  CLI::Option* option = app_->add_option(spec.name, target);
  option->expected(1)->allow_extra_args(false)->delimiter(',');
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  note(std::move(spec), *option);
}

void Command::argument(OptionSpec spec, std::string& target) {
  CLI::Option* option = app_->add_option(spec.name, target);
  note_argument(std::move(spec), *option, false);
}

void Command::argument(OptionSpec spec, std::vector<std::string>& target) {
  CLI::Option* option = app_->add_option(spec.name, target);
  note_argument(std::move(spec), *option, true);
}

void Command::example(std::string command, std::string what) {
  examples_.push_back({std::move(command), std::move(what)});
}

bool Command::typed(std::string_view long_name) const {
  if (parent_ != nullptr) return parent_->typed(long_name);
  return std::any_of(typed_.begin(), typed_.end(), [&](std::string_view word) {
    return word.substr(0, word.find('=')) == long_name;
  });
}

std::string Command::path() const {
  return parent_ == nullptr ? name_ : parent_->path() + " " + name_;
}

Command* Command::find(std::string_view name) const {
  for (const auto& command : commands_) {
    if (command->name_ == name) return command.get();
  }
  return nullptr;
}

std::vector<std::string> Command::command_names() const {
  std::vector<std::string> names;
  for (const auto& command : commands_) {
    if (!command->hidden_) names.push_back(command->name_);
  }
  return names;
}

std::vector<std::string> Command::option_names() const {
  std::vector<std::string> names;
  for (const OptionSpec& option : options_) {
    const std::size_t comma = option.name.find(',');
    names.push_back(option.name.substr(0, comma));
    if (comma != std::string::npos) names.push_back(option.name.substr(comma + 1));
  }
  return names;
}

Command& Command::innermost() {
  for (const auto& command : commands_) {
    if (command->app_->parsed()) return command->innermost();
  }
  return *this;
}

// Reports what is wrong with the command line: first an unknown word, otherwise the message of
// CLI11.
int Command::complain(const std::string& what, Console& console) const {
  console.speak_as(path());
  for (const std::string& word : app_->remaining()) {
    const std::string name = word.substr(0, word.find('='));
    if (word.size() > 1 && word.starts_with('-')) {
      return console.misused(
          fmt::format("unknown option '{}'{}", name, did_you_mean(name, option_names())));
    }
    if (!commands_.empty()) {
      return console.misused(
          fmt::format("unknown command '{}'{}", word, did_you_mean(word, command_names())));
    }
    return console.misused(fmt::format("one argument too many: '{}'", word));
  }
  if (!commands_.empty() && app_->get_subcommands().empty() && what.find("subcommand") != what.npos)
    return console.misused(
        fmt::format("which command? One of {}", fmt::join(command_names(), ", ")));
  return console.misused(what);
}

int Command::main(std::vector<std::string> arguments, Console& console) {
  typed_ = arguments;
  arguments = config_first(std::move(arguments));
  std::reverse(arguments.begin(), arguments.end());
  if (arguments.empty()) arguments.emplace_back("--help");
  try {
    app_->parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    console.out(help_text(innermost()));
    return kDone;
  } catch (const CLI::CallForVersion& version) {
    console.line(version.what());
    return kDone;
  } catch (const CLI::ParseError& error) {
    return innermost().complain(error.what(), console);
  }
  Command& chosen = innermost();
  console.speak_as(chosen.path());
  return chosen.body_(console);
}

}  // namespace syncline::cli
