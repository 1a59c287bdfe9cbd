// `syncline access report`: who could reach an object, and who changed it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct AccessOptions {
  std::string path;  // WORKSPACE/OBJECT
  std::string from;
  std::string to;
  SourceOptions source;
  bool json = false;
};

// What somebody could do between two positions, and why: rights with the same reasons together.
struct CouldRow {
  std::string who;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string by;
  std::string rights;
};

struct DidRow {
  std::uint64_t changes = 0;
  std::uint64_t first = 0;
  std::string first_time;
  std::uint64_t last = 0;
  std::string last_time;
};

// Spans come by who, and there by right. One that was cut between two pages goes on.
class Spans {
 public:
  void add(const Any& span) {
    Span read{number_member(span, "from"), number_member(span, "to"), reasons_of(span)};
    std::string right = text_member(span, "right");
    if (member(span, "in_part") == Any(true)) right += " (in part)";
    auto& known = spans_[{order_of(text_member(span, "who")), rank_of(right), right}];
    if (!known.empty() && known.back().to == read.from && known.back().by == read.by)
      known.back().to = read.to;
    else
      known.push_back(std::move(read));
  }

  std::vector<CouldRow> rows() const {
    std::map<std::tuple<Who, std::uint64_t, std::uint64_t, std::string>, std::string> merged;
    for (const auto& [of, spans] : spans_)
      for (const Span& span : spans) {
        const auto& [who, rank, right] = of;
        std::string& rights = merged[{who, span.from, span.to, span.by}];
        rights += (rights.empty() ? "" : ", ") + right;
      }
    std::vector<CouldRow> rows;
    for (auto& [key, rights] : merged) {
      const auto& [who, from, to, by] = key;
      rows.push_back({who.second, from, to, by, rights});
    }
    return rows;
  }

 private:
  using Who = std::pair<int, std::string>;
  struct Span {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    std::string by;
  };

  // In the order of the answer: everyone, administrators, groups, people.
  static Who order_of(std::string who) {
    const int kind = who == "everyone"               ? 0
                     : who == "administrators"       ? 1
                     : who.starts_with("principal:") ? 3
                                                     : 2;
    return {kind, std::move(who)};
  }

  // As people read them.
  static std::size_t rank_of(std::string_view right) {
    constexpr std::string_view kOrder = "read history presence write restore share export";
    return kOrder.find(right.substr(0, right.find(' ')));
  }

  static std::string reasons_of(const Any& span) {
    std::string list;
    if (const Any::Array* reasons = array_member(span, "by"))
      for (const Any& each : *reasons) list += (list.empty() ? "" : "; ") + text_of(each);
    const std::string ends = text_member(span, "ends");
    if (!ends.empty()) list += (list.empty() ? "" : "; ") + ("the link ends " + ends);
    return list;
  }

  std::map<std::tuple<Who, std::size_t, std::string>, std::vector<Span>> spans_;
};

void add_deeds(std::map<std::string, DidRow>& did, const Any& deeds) {
  DidRow& row = did[text_member(deeds, "principal")];
  if (row.changes == 0) {
    row.first = number_member(deeds, "first");
    row.first_time = text_member(deeds, "first_time");
  }
  row.changes += number_member(deeds, "changes");
  row.last = number_member(deeds, "last");
  row.last_time = text_member(deeds, "last_time");
}

void print_access(const Spans& spans, const std::map<std::string, DidRow>& did, Console& console) {
  Table could({{"WHO"}, {"COULD"}, {"FROM", Align::kRight}, {"TO", Align::kRight}, {"BY"}});
  for (const CouldRow& row : spans.rows())
    could.row({row.who, row.rights, std::to_string(row.from), std::to_string(row.to), row.by});
  console.out(could.print());
  if (did.empty()) return console.line("\nnobody changed it");
  Table changes({{"PRINCIPAL"}, {"CHANGES", Align::kRight}, {"FIRST"}, {"LAST"}});
  for (const auto& [principal, row] : did)
    changes.row({principal, std::to_string(row.changes),
                 fmt::format("{} ({})", row.first, row.first_time),
                 fmt::format("{} ({})", row.last, row.last_time)});
  console.out("\n" + changes.print());
}

// Refusals, and who got the whole workspace.
void add_audited(Table& table, const Any& page) {
  const Any::Array* entries = array_member(page, "audit");
  if (entries == nullptr) return;
  for (const Any& entry : *entries) {
    const std::string reason = text_member(entry, "reason");
    table.row({text_member(entry, "time"), text_member(entry, "kind"),
               std::to_string(number_member(entry, "count")), text_member(entry, "principal"),
               text_member(entry, "right"),
               reason.empty() ? text_of(member(entry, "status")) : reason});
  }
}

int report_access(const Command& command, const AccessOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kRefused);
  if (!path) return console.misused(path.error().message);
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  Spans spans;
  std::map<std::string, DidRow> did;
  Table audited(
      {{"TIME"}, {"KIND"}, {"TIMES", Align::kRight}, {"PRINCIPAL"}, {"RIGHT"}, {"OUTCOME"}});
  bool cut = false;
  for (std::uint64_t after = 0; !console.closed();) {
    const auto page =
        api->access_report(path->workspace, path->object, options.from, options.to, after);
    if (!page) return console.failed(page.error());
    if (options.json) console.line(compact_json(*page));
    for (const Any& span : *array_member(*page, "could")) spans.add(span);
    if (const Any::Array* deeds = array_member(*page, "did"))
      for (const Any& each : *deeds) add_deeds(did, each);
    add_audited(audited, *page);
    cut = cut || member(*page, "audit_cut") == Any(true);
    after = number_member(*page, "next");
    if (after == 0) break;
  }
  if (!options.json) {
    print_access(spans, did, console);
    if (!audited.empty()) console.out("\n" + audited.print());
  }
  if (cut) console.message("the audit log may hold more: ask for a shorter time");
  return kDone;
}

}  // namespace

void add_access(Command& root) {
  Command& access = root.add("access", "Say who could reach what, and who did");
  Command& report =
      access.add("report", "Who could do what with an object between two moments, and who did");
  auto options = std::make_shared<AccessOptions>();
  report.argument({.name = "WORKSPACE/OBJECT", .text = "of whom", .required = true}, options->path);
  report.option({.name = "--from",
                 .value = "MOMENT",
                 .text = "After a position, a time or a pin",
                 .fallback = "the beginning"},
                options->from);
  report.option({.name = "--to", .value = "MOMENT", .text = "Up to that", .fallback = "now"},
                options->to);
  source_options(report, options->source);
  report.json_flag(options->json);
  report.details(
      "Judges everybody whom the policies and shares mention, the authors of changes, everyone, "
      "and "
      "administrators, with the rules that held at each position. Somebody in a group has also "
      "what "
      "the group has. A token may allow less than the rules do.");
  report.example("syncline access report demo/notes/plan --from 2026-01-01 --to 2026-12-31",
                 "for an auditor");
  report.run(
      [&report, options](Console& console) { return report_access(report, *options, console); });
}

}  // namespace syncline::cli
