#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

struct PeopleOptions {
  std::string principal;
  std::string guests_of;  // a workspace; "": people with an identity
  std::string after;
  SourceOptions source;
  bool forget = false;
  bool json = false;
};

void add_entry(Table& table, const NamedLine& entry) {
  const auto json = crdt::from_json(entry.json);
  if (!json) return;
  const bool forgotten = json->find("forgotten") != nullptr;
  table.row({entry.name, forgotten ? "(erased for good)" : text_member(*json, "name"),
             text_member(*json, "first_seen"), text_member(*json, "last_seen")});
}

Result<std::vector<NamedLine>> page_of(Api& api, const PeopleOptions& options,
                                       const std::string& after) {
  return options.guests_of.empty() ? api.people(after) : api.guests(options.guests_of, after);
}

int list(const Command& command, const PeopleOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const char* const title = options.guests_of.empty() ? "PRINCIPAL" : "ACTOR";
  Table table({{title}, {"NAME"}, {"FIRST SEEN"}, {"LAST SEEN"}});
  for (std::string after = options.after; !console.closed();) {
    const auto page = page_of(*api, options, after);
    if (!page) return console.failed(page.error());
    if (page->empty()) break;
    for (const NamedLine& entry : *page)
      options.json ? console.line(entry.json) : add_entry(table, entry);
    after = page->back().name;
  }
  if (!table.empty()) console.out(table.print());
  return kDone;
}

int erase(const Command& command, const PeopleOptions& options, Console& console) {
  if (options.principal.empty() == options.guests_of.empty())
    return console.misused("name a principal, or a workspace with --guests");
  if (options.forget && !options.guests_of.empty())
    return console.misused("--forget is for a principal: guests have a new id each time");
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto erased = options.guests_of.empty()
                          ? api->erase_person(options.principal, options.forget)
                          : api->erase_guests(options.guests_of);
  return erased ? kDone : console.failed(erased.error());
}

void guests_option(Command& command, PeopleOptions& options, std::string text) {
  command.option({.name = "--guests", .value = "WORKSPACE", .text = std::move(text)},
                 options.guests_of);
}

}  // namespace

void add_people(Command& root) {
  Command& people = root.add("people", "The names that are kept of people");
  people.details(
      "The log holds opaque ids only. Names are kept beside it, and can be erased: history then "
      "shows the ids. Backups made before keep them.");

  Command& list_command = people.add("list", "List the people whose names are kept");
  auto list_options = std::make_shared<PeopleOptions>();
  guests_option(list_command, *list_options,
                "List the names instead that people without an identity gave themselves there");
  list_command.option({.name = "--after", .value = "ID", .text = "Go on after this one"},
                      list_options->after);
  source_options(list_command, list_options->source);
  list_command.json_flag(list_options->json);
  list_command.example("syncline people list --server http://127.0.0.1:4400", "of a server");
  list_command.run([&list_command, list_options](Console& console) {
    return list(list_command, *list_options, console);
  });

  Command& erase_command = people.add("erase", "Erase the name of a person");
  auto erase_options = std::make_shared<PeopleOptions>();
  erase_command.argument({.name = "PRINCIPAL", .text = "whose name, as history shows the id"},
                         erase_options->principal);
  guests_option(erase_command, *erase_options, "Erase the names of all guests there instead");
  erase_command.flag({.name = "--forget",
                      .text = "Keep no name for this principal again; otherwise the next change of "
                              "the person brings it back"},
                     erase_options->forget);
  source_options(erase_command, erase_options->source);
  erase_command.example("syncline people erase 7f3a --forget --server http://127.0.0.1:4400",
                        "for good");
  erase_command.run([&erase_command, erase_options](Console& console) {
    return erase(erase_command, *erase_options, console);
  });
}

}  // namespace syncline::cli
