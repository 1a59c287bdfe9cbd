// `syncline man` (not listed): the manual page (man(7) macros), made from the table of commands.
// The page in docs/cli is its output; a test compares the two.
#include <fmt/format.h>

#include "cli/commands.h"
#include "syncline/version.h"

namespace syncline::cli {
namespace {

// Escapes text so that troff prints it literally.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '.' && (out.empty() || out.back() == '\n')) {
      out += "\\&.";
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + roff(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + roff(text) + "\\fR";
}

std::string notes(const OptionSpec& option) {
  std::string out = roff(option.text);
  if (!option.choices.empty()) {
    out += ": ";
    for (const std::string& choice : option.choices)
      out += (&choice == &option.choices.front() ? "" : ", ") + bold(choice);
  }
  out += ".";
  if (!option.fallback.empty()) out += " Default: " + roff(option.fallback) + ".";
  if (!option.environment.empty()) out += " Environment: " + bold(option.environment) + ".";
  return out + "\n";
}

std::string option_entry(const OptionSpec& option) {
  std::string name = bold(option.name);
  if (const std::size_t comma = option.name.find(','); comma != std::string::npos)
    name = bold(option.name.substr(0, comma)) + ", " + bold(option.name.substr(comma + 1));
  if (!option.value.empty()) name += " " + italic(option.value);
  return ".TP\n" + name + "\n" + notes(option);
}

std::string synopsis(const Command& command) {
  std::string out = bold(command.path()) + " [" + italic("OPTIONS") + "]";
  for (const OptionSpec& argument : command.arguments()) {
    const bool many = command.takes_many() && &argument == &command.arguments().back();
    const std::string word = italic(argument.name) + (many ? " ..." : "");
    out += argument.required ? " " + word : " [" + word + "]";
  }
  return out + "\n";
}

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += ".PP\n" + roff(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string man_section(const Command& command) {
  if (command.hidden()) return {};
  std::string out;
  if (!command.commands().empty()) {
    if (!command.details().empty())
      out += ".SS " + roff(command.path()) + "\n" + roff(command.summary()) + ".\n" +
             paragraphs(command.details());
    for (const auto& inner : command.commands()) out += man_section(*inner);
    return out;
  }
  out += ".SS " + roff(command.path()) + "\n" + synopsis(command);
  out += ".PP\n" + roff(command.summary()) + ".\n" + paragraphs(command.details());
  for (const OptionSpec& argument : command.arguments())
    out += ".TP\n" + italic(argument.name) + "\n" + notes(argument);
  for (const OptionSpec& option : command.options()) {
    if (option.name != "-h,--help") out += option_entry(option);
  }
  for (const Command::Example& example : command.examples()) {
    out += ".PP\nExample, " + roff(example.what) + ":\n.PP\n.RS 4\n.nf\n" + roff(example.command) +
           "\n.fi\n.RE\n";
  }
  return out;
}

std::string page(const Command& root) {
  std::string out = ".\\\" Written by `syncline man`.\n";
  out += ".TH SYNCLINE 1 \"\" \"Syncline " SYNCLINE_VERSION_STRING "\" \"User Commands\"\n";
  out += ".SH NAME\nsyncline \\- " + roff(root.summary()) + "\n";
  out += ".SH SYNOPSIS\n" + bold("syncline") + " " + italic("COMMAND") + " ...\n";
  out += ".SH DESCRIPTION\nEvery command explains itself with " + bold("--help") +
         ". Data goes to stdout, messages go to stderr.\n" + paragraphs(root.details());
  out += ".SH OPTIONS\n";
  for (const OptionSpec& option : root.options()) out += option_entry(option);
  out += ".SH COMMANDS\n";
  for (const auto& command : root.commands()) out += man_section(*command);
  return out;
}

}  // namespace

void add_man(Command& root) {
  Command& command = root.add("man", "Print the manual page");
  command.hide();
  command.run([&root](Console& console) {
    console.out(page(root));
    return kDone;
  });
}

}  // namespace syncline::cli
