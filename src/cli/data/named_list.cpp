#include "cli/data/named_list.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

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

int print(const NamedList& list, const Command& command, const NamedListOptions& options,
          Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto& [a, b, c, d] = list.columns;
  std::string after = options.after;
  bool first = true;
  while (!console.closed()) {
    const auto page = list.page(*api, options.workspace, after);
    if (!page) return console.failed(page.error());
    if (page->empty()) return kDone;
    if (std::exchange(first, false) && !options.json)
      console.line(console.paint(Colour::kBold, list_row(a.title, b.title, c.title, d.title)));
    for (const NamedLine& entry : *page)
      console.line(options.json ? entry.json : named_row(entry.json, list.columns));
    after = page->back().name;
  }
  return kDone;
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
  command.argument({.name = "WORKSPACE", .text = list.of, .required = true}, options->workspace);
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
