#include "cli/data/named_list.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/data/absent.h"
#include "cli/data/event_text.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

constexpr std::size_t kAuthorCell = 100;  // characters

struct NamedListOptions {
  std::string workspace;
  std::string after;
  SourceOptions source;
  bool json = false;
};

std::string list_row(std::string_view a, std::string_view b, std::string_view c,
                     std::string_view d) {
  return fmt::format("{:<24} {:>10}  {:<24}  {}", a, b, c, d);
}

void print_titles(const NamedColumns& columns, Console& console) {
  const auto& [a, b, c, d] = columns;
  console.line(console.paint(Colour::kBold, list_row(a.title, b.title, c.title, d.title)));
}

// The entry with its workspace: as a member of its own, or in front of the name.
std::string in_workspace(const std::string& json, const std::string& workspace,
                         std::string_view name, bool as_member) {
  const auto entry = crdt::from_json(json);
  const auto* found = entry ? std::get_if<crdt::Any::Object>(&entry->value()) : nullptr;
  if (found == nullptr) return json;
  crdt::Any::Object members = *found;
  if (as_member) {
    members.insert(members.begin(), {"workspace", crdt::Any(workspace)});
  } else {
    for (auto& [key, value] : members)
      if (key == name) value = crdt::Any(workspace + "/" + text_of(value));
  }
  return compact_json(crdt::Any(std::move(members)));
}

// `titles`: those of the columns are still to be printed.
Result<void> print_of(const NamedList& list, Api& api, const std::string& workspace,
                      const NamedListOptions& options, bool& titles, Console& console) {
  std::string after = options.after;
  const bool many = options.workspace.empty();
  bool none = true;
  while (!console.closed()) {
    const auto page = list.page(api, workspace, after);
    if (!page) return std::unexpected(explain_absent(api, page.error(), workspace));
    if (page->empty()) break;
    none = false;
    if (std::exchange(titles, false) && !options.json) print_titles(list.columns, console);
    for (const NamedLine& entry : *page) {
      const std::string json =
          many ? in_workspace(entry.json, workspace, list.columns[0].member, options.json)
               : entry.json;
      console.line(options.json ? json : named_row(json, list.columns));
    }
    after = page->back().name;
  }
  if (none && !many && has_no_events(api, workspace))
    return std::unexpected(no_such_workspace(api, workspace));
  return {};
}

int print(const NamedList& list, const Command& command, const NamedListOptions& options,
          Console& console) {
  if (options.workspace.empty() && !options.after.empty())
    return console.misused("--after is of one workspace: name it");
  auto api = open_api(command, options.source);
  if (!api) return console.unusable(api.error());
  bool titles = true;
  Result<void> printed;
  if (!options.workspace.empty()) {
    printed = print_of(list, *api, options.workspace, options, titles, console);
    return printed ? kDone : console.failed(printed.error());
  }
  const auto each = [&](const std::string& workspace) {
    printed = print_of(list, *api, workspace, options, titles, console);
    return printed.has_value() && !console.closed();
  };
  if (const auto listed = each_workspace(*api, each); !listed)
    return console.failed(listed.error());
  return printed ? kDone : console.failed(printed.error());
}

}  // namespace

std::string named_row(const std::string& json, const NamedColumns& columns) {
  const auto entry = crdt::from_json(json);
  if (!entry) return json;
  const auto cell = [&](const NamedColumn& column) {
    if (!column.person.empty()) return visible(author_text(*entry, kAuthorCell, column.person));
    return visible(text_of(member(*entry, column.member)));
  };
  return list_row(cell(columns[0]), cell(columns[1]), cell(columns[2]), cell(columns[3]));
}

Command& add_named_list(Command& parent, NamedList list) {
  Command& command = parent.add("ls", list.summary);
  auto options = std::make_shared<NamedListOptions>();
  command.argument({.name = "WORKSPACE", .text = list.of, .required = !list.all},
                   options->workspace);
  command.option({.name = "--after", .value = list.value, .text = "Go on after this " + list.one},
                 options->after);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.run([&command, options, list = std::move(list)](Console& console) {
    return print(list, command, *options, console);
  });
  return command;
}

}  // namespace syncline::cli
