#include <memory>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

constexpr std::size_t kAuditPage = 200;  // events

struct AuditOptions {
  std::uint64_t after = 0;
  SourceOptions source;
  bool json = false;
};

// "PUT notes/retention", "write notes/plan": what was asked for, and of what.
std::string asked(const crdt::Any& entry) {
  const std::string request = text_member(entry, "request");
  std::string text = request.empty() ? text_member(entry, "right") : request;
  const std::string workspace = text_member(entry, "workspace");
  const std::string object = text_member(entry, "object");
  if (!workspace.empty()) text += "  " + workspace;
  if (!object.empty()) text += (workspace.empty() ? "  " : "/") + object;
  return text;
}

std::string outcome(const crdt::Any& entry) {
  const std::string reason = text_member(entry, "reason");
  if (!reason.empty()) return reason;
  return text_of(member(entry, "status"));
}

void add_entry_of_audit(Table& table, const EventLine& line) {
  const auto json = crdt::from_json(line.json);
  if (!json) return;
  if (json->find("dropped") != nullptr) {
    table.row({std::to_string(line.position), "", "", "", "", "(dropped by retention)", ""});
    return;
  }
  const std::uint64_t count = number_member(*json, "count");
  table.row({std::to_string(line.position), text_member(*json, "time"), text_member(*json, "kind"),
             count > 1 ? std::to_string(count) : "", text_member(*json, "principal"), asked(*json),
             outcome(*json)});
}

int show_audit(const Command& command, const AuditOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  Table table({{"POSITION", Align::kRight},
               {"TIME"},
               {"KIND"},
               {"TIMES", Align::kRight},
               {"PRINCIPAL"},
               {"ASKED FOR"},
               {"OUTCOME"}});
  for (std::uint64_t after = options.after; !console.closed();) {
    const auto page = api->audit(after, kAuditPage);
    if (!page) return console.failed(page.error());
    if (page->empty()) break;
    for (const EventLine& line : *page)
      options.json ? console.line(line.json) : add_entry_of_audit(table, line);
    after = page->back().position;
  }
  if (!table.empty()) console.out(table.print());
  return kDone;
}

}  // namespace

void add_audit(Command& root) {
  Command& audit = root.add("audit", "Show the audit log of the tenant");
  audit.details(
      "The log holds administrative acts, refusals and exports, if the server was started with "
      "--audit, and reads if a policy with the annotation @audit says so. It is the log of the "
      "workspace .system, so `syncline export`, `log checkpoint`, "
      "`log prove` and "
      "`retention` work with that name, too.");
  auto options = std::make_shared<AuditOptions>();
  audit.option({.name = "--after", .value = "POSITION", .text = "Only what follows this position"},
               options->after);
  source_options(audit, options->source);
  audit.json_flag(options->json);
  audit.example("syncline audit --server http://127.0.0.1:4400", "of a server");
  audit.run([&audit, options](Console& console) { return show_audit(audit, *options, console); });
}

}  // namespace syncline::cli
