// Command: a command with its subcommands, options and arguments. Parsing, help, completions and
// the man page are all made from this table.
//
//   Command& show = doc.add("show", "Print a document");
//   auto options = std::make_shared<Options>();
//   show.argument({.name = "FILE", .text = "file of an update"}, options->files);
//   show.flag({.name = "--json", .text = "…"}, options->json);
//   show.run([options](Console& console) { return print(*options, console); });
//
// A value comes from the command line, otherwise from the environment, otherwise from the config
// file; otherwise the target keeps its value. Targets must live as long as the command; usually the
// closure that is passed to run() owns them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"

namespace CLI {
class App;
class Option;
class Error;
}  // namespace CLI

namespace syncline::cli {

struct OptionSpec {
  std::string name;              // "-o,--output"; for an argument: "FILE"
  std::string value = {};        // what follows it, "FILE"; empty for flags and arguments
  std::string text = {};         // what it does
  std::string environment = {};  // environment variable; none for secret or rare options
  std::vector<std::string> choices = {};
  bool required = false;
  bool is_file = false;  // completions offer file names
  std::string fallback =
      {};  // the default as help shows it; made from the target if that holds one
};

class Command {
 public:
  // Makes the root command, the program itself.
  Command(std::string name, std::string summary);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  Command& add(std::string name, std::string summary);

  void flag(OptionSpec spec, bool& target);
  void option(OptionSpec spec, std::string& target);
  void option(OptionSpec spec, std::uint16_t& target);
  void option(OptionSpec spec, std::uint32_t& target);
  void option(OptionSpec spec, std::uint64_t& target);
  // May be given several times; its environment variable holds the values with commas between them.
  void option(OptionSpec spec, std::vector<std::string>& target);
  void argument(OptionSpec spec, std::string& target);
  void argument(OptionSpec spec,
                std::vector<std::string>& target);  // one or more; any if not required
  void json_flag(bool& target);                     // --json

  void run(std::function<int(Console&)> body) { body_ = std::move(body); }
  void details(std::string text) { details_ = std::move(text); }  // paragraphs after the summary
  void example(std::string command, std::string what);
  void hide() { hidden_ = true; }  // it works but is not listed

  // True if the option (by its long name) was on the command line, not only elsewhere.
  bool typed(std::string_view long_name) const;

  // ---- the table
  struct Example {
    std::string command;
    std::string what;
  };
  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }
  const std::string& details() const { return details_; }
  const std::vector<Example>& examples() const { return examples_; }
  const std::vector<OptionSpec>& options() const { return options_; }  // --help is last
  const std::vector<OptionSpec>& arguments() const { return arguments_; }
  bool takes_many() const { return takes_many_; }  // the last argument may be repeated
  const std::vector<std::unique_ptr<Command>>& commands() const { return commands_; }
  bool hidden() const { return hidden_; }
  bool is_root() const { return parent_ == nullptr; }
  std::string path() const;  // "syncline doc show"

  Command* find(std::string_view name) const;
  std::vector<std::string> command_names() const;  // without the hidden ones
  std::vector<std::string> option_names() const;   // every spelling: "-o", "--output"

  // Parses the arguments and runs the command; returns the exit code. `arguments` are those of main
  // without the program's name.
  int main(std::vector<std::string> arguments, Console& console);

 private:
  Command(Command& parent, std::string name, std::string summary);
  template <typename T>
  void number(OptionSpec spec, T& target);
  void note(OptionSpec spec, CLI::Option& option);
  void note_argument(OptionSpec spec, CLI::Option& option, bool many);
  void set_up();
  Command& innermost();
  int complain(const std::string& what, Console& console) const;

  Command* parent_ = nullptr;
  std::unique_ptr<CLI::App> root_app_;  // in the root only; owns the others
  CLI::App* app_;
  std::string name_;
  std::string summary_;
  std::string details_;
  std::vector<Example> examples_;
  std::vector<OptionSpec> options_;
  std::vector<OptionSpec> arguments_;
  bool takes_many_ = false;
  bool hidden_ = false;
  std::vector<std::unique_ptr<Command>> commands_;
  std::function<int(Console&)> body_;
  std::vector<std::string> typed_;  // in the root only: the words of the command line
};

// The output of `--help`.
std::string help_text(const Command& command);

}  // namespace syncline::cli
