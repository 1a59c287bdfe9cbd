// `syncline completions SHELL`: shell scripts made from the table of commands.
//
// bash and zsh get a function that finds the command which the words typed so far name, and offers
// the words of that command. fish gets one line per option with its condition.
#include <fmt/format.h>

#include <functional>
#include <memory>

#include "cli/commands.h"

namespace syncline::cli {
namespace {

using Visit = std::function<void(const Command&)>;

void walk(const Command& command, const Visit& visit) {
  if (command.hidden()) return;
  visit(command);
  for (const auto& inner : command.commands()) walk(*inner, visit);
}

// The path without the program's name: "doc show"; "" for the program itself.
std::string inner_path(const Command& command) {
  const std::string path = command.path();
  const std::size_t blank = path.find(' ');
  return blank == std::string::npos ? "" : path.substr(blank + 1);
}

bool takes_files(const Command& command) {
  for (const OptionSpec& argument : command.arguments()) {
    if (argument.is_file) return true;
  }
  return false;
}

std::string words_of(const Command& command) {
  std::vector<std::string> words = command.command_names();
  for (const OptionSpec& argument : command.arguments())
    words.insert(words.end(), argument.choices.begin(), argument.choices.end());
  for (std::string& name : command.option_names()) words.push_back(std::move(name));
  return fmt::format("{}", fmt::join(words, " "));
}

// "-o|--output": a pattern for `case`.
std::string pattern_of(const OptionSpec& option) {
  std::string pattern = option.name;
  if (const std::size_t comma = pattern.find(','); comma != std::string::npos) pattern[comma] = '|';
  return pattern;
}

// The body of a `case` over the command that was found. `choices` is the code that offers words,
// `files` the code that offers file names.
std::string value_cases(const Command& command) {
  std::string cases;
  for (const OptionSpec& option : command.options()) {
    if (option.value.empty()) continue;
    const std::string words = fmt::format("{}", fmt::join(option.choices, " "));
    cases += fmt::format("        {}) values='{}'; files={}; value=1 ;;\n", pattern_of(option),
                         words, option.is_file ? 1 : 0);
  }
  return cases.empty() ? "" : fmt::format("      case \"$previous\" in\n{}      esac\n", cases);
}

// Common to bash and zsh: sets `words_here`, `values`, `files` and `value` from `found`.
std::string table_function(const Command& root) {
  std::string out = "_syncline_table() {\n  words_here=''; values=''; files=0; value=0\n";
  out += "  case \"$1\" in\n";
  walk(root, [&](const Command& command) {
    out +=
        fmt::format("    '{}')\n      words_here='{}'; files={}\n{}      ;;\n", inner_path(command),
                    words_of(command), takes_files(command) ? 1 : 0, value_cases(command));
  });
  out += "  esac\n}\n\n";
  std::string paths;
  walk(root, [&](const Command& command) {
    if (!command.is_root())
      paths += fmt::format("{}'{}'", paths.empty() ? "" : "|", inner_path(command));
  });
  out += "_syncline_is_command() {\n  case \"$1\" in\n    " + paths +
         ") return 0 ;;\n  esac\n  return 1\n}\n";
  return out;
}

std::string bash_script(const Command& root) {
  return "# bash completion for syncline: source it, or put it into\n"
         "# ~/.local/share/bash-completion/completions/syncline\n\n" +
         table_function(root) + R"(
_syncline() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
  local found='' word words_here values files value
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if _syncline_is_command "${found:+$found }$word"; then found="${found:+$found }$word"; fi
  done
  _syncline_table "$found"
  if [[ $value == 1 ]]; then words_here=$values; fi
  mapfile -t COMPREPLY < <(compgen -W "$words_here" -- "$current")
  if [[ $files == 1 && $current != -* ]]; then
    compopt -o filenames
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -F _syncline syncline
)";
}

std::string zsh_script(const Command& root) {
  return "#compdef syncline\n"
         "# zsh completion for syncline: put it into a folder of $fpath as _syncline\n\n" +
         table_function(root) + R"(
_syncline() {
  local previous="${words[CURRENT-1]}" found='' word words_here values files value
  for word in "${(@)words[2,CURRENT-1]}"; do
    if _syncline_is_command "${found:+$found }$word"; then found="${found:+$found }$word"; fi
  done
  _syncline_table "$found"
  if [[ $value == 1 ]]; then words_here=$values; fi
  compadd -- ${=words_here}
  if [[ $files == 1 ]]; then _files; fi
}

if [[ "${funcstack[1]}" == _syncline ]]; then _syncline "$@"; else compdef _syncline syncline; fi
)";
}

std::string fish_quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// True if the typed words lead to this command and not to a subcommand of it.
std::string fish_condition(const Command& command) {
  std::string condition;
  const std::string path = inner_path(command);
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (!condition.empty()) condition += "; and ";
    condition += fmt::format("__fish_seen_subcommand_from {}", rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto names = command.command_names();
  if (!names.empty()) {
    condition += condition.empty() ? "" : "; and ";
    condition += fmt::format("not __fish_seen_subcommand_from {}", fmt::join(names, " "));
  }
  return condition;
}

std::string fish_option(const OptionSpec& option) {
  const std::size_t comma = option.name.find(',');
  const std::string long_name =
      comma == std::string::npos ? option.name : option.name.substr(comma + 1);
  std::string out;
  if (comma != std::string::npos) out += " -s " + option.name.substr(1, comma - 1);
  out += " -l " + long_name.substr(2);
  if (!option.value.empty()) out += option.is_file ? " -rF" : " -x";
  if (!option.choices.empty())
    out += " -a " + fish_quote(fmt::format("{}", fmt::join(option.choices, " ")));
  return out + " -d " + fish_quote(option.text);
}

std::string fish_script(const Command& root) {
  std::string out =
      "# fish completion for syncline: put it into ~/.config/fish/completions/syncline.fish\n\n"
      "complete -c syncline -f\n";
  walk(root, [&](const Command& command) {
    const std::string base =
        fmt::format("complete -c syncline -n {}", fish_quote(fish_condition(command)));
    for (const auto& inner : command.commands()) {
      if (!inner->hidden())
        out += fmt::format("{} -a {} -d {}\n", base, inner->name(), fish_quote(inner->summary()));
    }
    for (const OptionSpec& argument : command.arguments()) {
      if (argument.is_file) out += base + " -F\n";
      if (!argument.choices.empty())
        out += fmt::format("{} -a {}\n", base,
                           fish_quote(fmt::format("{}", fmt::join(argument.choices, " "))));
    }
    for (const OptionSpec& option : command.options()) out += base + fish_option(option) + "\n";
  });
  return out;
}

}  // namespace

void add_completions(Command& root) {
  Command& command = root.add("completions", "Print a completion script for a shell");
  auto shell = std::make_shared<std::string>();
  command.argument(
      {.name = "SHELL", .text = "which one", .choices = {"bash", "zsh", "fish"}, .required = true},
      *shell);
  command.example("source <(syncline completions bash)", "for this bash session");
  command.run([shell, &root](Console& console) {
    console.out(*shell == "bash"  ? bash_script(root)
                : *shell == "zsh" ? zsh_script(root)
                                  : fish_script(root));
    return kDone;
  });
}

}  // namespace syncline::cli
