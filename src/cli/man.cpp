// `syncline man`: the manual pages (man(7) macros), made from the table of commands: one of the whole
// program, and one of each command. The page in docs/cli is its output; a test compares the two.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <system_error>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/suggest.h"
#include "cli/table.h"
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

// "syncline-log-show" of `syncline log show`: the name of its page, as `man` looks for it.
std::string page_name(const Command& command) {
  std::string name = command.path();
  std::ranges::replace(name, ' ', '-');
  return name;
}

// The page of one command, with those below it.
std::string page_of(const Command& command) {
  if (command.is_root()) return page(command);
  std::string title = page_name(command);
  std::ranges::transform(title, title.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  std::string out = ".\\\" Written by `syncline man`.\n";
  out += fmt::format(".TH {} 1 \"\" \"Syncline {}\" \"User Commands\"\n", roff(title),
                     SYNCLINE_VERSION_STRING);
  out += ".SH NAME\n" + roff(page_name(command)) + " \\- " + roff(command.summary()) + "\n";
  out += ".SH DESCRIPTION\n" + man_section(command);
  out += ".SH EXIT STATUS\n0 done, 1 failed, 2 misused";
  if (command.path().ends_with("diff")) out += "; of this one, 0 same, 1 different, 2 error";
  out += ".\n.SH SEE ALSO\n" + bold("syncline") + "(1)";
  for (const auto& inner : command.commands())
    if (!inner->hidden()) out += ", " + bold(page_name(*inner)) + "(1)";
  return out + "\n";
}

Result<std::size_t> write_pages(const Command& command, const std::string& folder,
                                Console& console) {
  std::size_t count = 1;
  const std::string path = fmt::format("{}/{}.1", folder, page_name(command));
  if (auto written = write_file(path, as_bytes(page_of(command)), console); !written)
    return std::unexpected(std::move(written.error()));
  std::error_code error;
  std::filesystem::permissions(path, std::filesystem::perms(0644), error);  // for all to read
  for (const auto& inner : command.commands()) {
    if (inner->hidden()) continue;
    const auto more = write_pages(*inner, folder, console);
    if (!more) return more;
    count += *more;
  }
  return count;
}

struct ManOptions {
  std::vector<std::string> words;
  std::string folder;
};

int print_man(const Command& root, const ManOptions& options, Console& console) {
  if (!options.folder.empty()) {
    const auto count = write_pages(root, options.folder, console);
    if (!count) return console.failed(count.error());
    console.line(fmt::format("{}: {}", options.folder, count_of(*count, "page")));
    return kDone;
  }
  const Command* command = &root;
  for (const std::string& word : options.words) {
    const Command* inner = command->find(word);
    if (inner == nullptr)
      return console.misused(fmt::format("{} has no command '{}'{}", command->path(), word,
                                         did_you_mean(word, command->command_names())));
    command = inner;
  }
  console.out(page_of(*command));
  return kDone;
}

}  // namespace

void add_man(Command& root) {
  Command& command = root.add("man", "Print a manual page, or write all of them into a folder");
  auto options = std::make_shared<ManOptions>();
  command.argument({.name = "COMMAND", .text = "of which command; otherwise of the program"},
                   options->words);
  command.option({.name = "--dir",
                  .value = "DIR",
                  .text = "Write a page for each command there, such as syncline-log-show.1",
                  .is_file = true},
                 options->folder);
  command.example("syncline man log show | man -l -", "read one");
  command.example("syncline man --dir /usr/local/share/man/man1", "so that man finds them");
  command.run([options, &root](Console& console) { return print_man(root, *options, console); });
}

}  // namespace syncline::cli
