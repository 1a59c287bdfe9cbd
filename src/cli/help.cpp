// help_text() of command.h. The text is 96 columns wide, whatever the terminal.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"

namespace syncline::cli {
namespace {

constexpr std::size_t kWidth = 96;
constexpr std::size_t kMaxLabel = 28;

struct Entry {
  std::string label;
  std::string text;
};

// Breaks lines at blanks. Indents every line except the first.
std::string wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string section(std::string_view title, const std::vector<Entry>& entries) {
  if (entries.empty()) return {};
  std::size_t width = 0;
  for (const Entry& entry : entries) {
    if (entry.label.size() <= kMaxLabel) width = std::max(width, entry.label.size());
  }
  std::string out = fmt::format("\n{}:\n", title);
  for (const Entry& entry : entries) {
    out += "  " + entry.label;
    if (entry.label.size() > kMaxLabel) {
      out += '\n' + std::string(width + 4, ' ');
    } else {
      out += std::string(width + 2 - entry.label.size(), ' ');
    }
    out += wrap(entry.text, width + 4) + '\n';
  }
  return out;
}

std::string option_label(const OptionSpec& option) {
  std::string label = option.name;
  const std::size_t comma = label.find(',');
  if (comma == std::string::npos) {
    label = "    " + label;
  } else {
    label.replace(comma, 1, ", ");
  }
  return option.value.empty() ? label : label + " " + option.value;
}

std::string option_text(const OptionSpec& option) {
  std::string text = option.text;
  if (!option.choices.empty()) text += fmt::format(": {}", fmt::join(option.choices, ", "));
  std::vector<std::string> notes;
  if (option.required) notes.emplace_back("required");
  if (!option.fallback.empty()) notes.push_back("default: " + option.fallback);
  if (!option.environment.empty()) notes.push_back("env: " + option.environment);
  return notes.empty() ? text : fmt::format("{} ({})", text, fmt::join(notes, "; "));
}

std::string usage(const Command& command) {
  std::string line = "Usage: " + command.path();
  if (!command.commands().empty()) return line + " COMMAND …\n";
  line += " [OPTIONS]";
  for (const OptionSpec& option : command.options()) {
    if (option.required)
      line += fmt::format(" {} {}", option.name.substr(0, option.name.find(',')), option.value);
  }
  for (const OptionSpec& argument : command.arguments()) {
    const bool many = command.takes_many() && &argument == &command.arguments().back();
    const std::string word = argument.name + (many ? "…" : "");
    line += " " + (argument.required ? word : "[" + word + "]");
  }
  return line + "\n";
}

std::string examples(const Command& command) {
  if (command.examples().empty()) return {};
  std::string out = "\nExamples:\n";
  for (const Command::Example& example : command.examples()) {
    out += fmt::format("  # {}\n  {}\n", example.what, example.command);
  }
  return out;
}

std::string details(const Command& command) {
  std::string out;
  std::string_view rest = command.details();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    out += "\n" + wrap(rest.substr(0, end), 0) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

}  // namespace

std::string help_text(const Command& command) {
  std::vector<Entry> commands;
  for (const auto& inner : command.commands()) {
    if (!inner->hidden()) commands.push_back({inner->name(), inner->summary()});
  }
  std::vector<Entry> arguments;
  for (const OptionSpec& argument : command.arguments())
    arguments.push_back({argument.name, option_text(argument)});
  std::vector<Entry> options;
  for (const OptionSpec& option : command.options())
    options.push_back({option_label(option), option_text(option)});

  std::string out = command.summary() + ".\n\n" + usage(command) + details(command);
  out += section("Commands", commands) + section("Arguments", arguments);
  out += section("Options", options) + examples(command);
  if (!commands.empty()) out += fmt::format("\nMore: {} COMMAND --help\n", command.path());
  return out;
}

}  // namespace syncline::cli
