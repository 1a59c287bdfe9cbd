#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/doc/content.h"
#include "cli/doc/content_diff.h"
#include "cli/doc/update_file.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct DocDiffOptions {
  std::string before;
  std::string after;
  std::string format;
  bool json = false;
};

constexpr int kDocsSame = 0;
constexpr int kDocsDiffer = 1;
constexpr int kDocsError = 2;

Result<Any> load_content(const UpdateFile& file) {
  auto doc = document_of({&file, 1});
  if (!doc) return std::unexpected(std::move(doc.error()));
  return content_of(*doc, name_roots(*doc), true);
}

std::string json_of(const Difference& difference) {
  Any::Object line{{"path", Any(difference.path)}};
  const bool both = difference.before && difference.after;
  line.emplace_back("change", Any(both ? "changed" : difference.after ? "added" : "removed"));
  if (difference.before) line.emplace_back("before", *difference.before);
  if (difference.after) line.emplace_back("after", *difference.after);
  return compact_json(line);
}

void print_side(Console& console, Colour colour, char sign, std::string_view text) {
  console.line(console.paint(colour, fmt::format("{} {}", sign, visible(text))));
}

void print(const Difference& difference, Console& console) {
  console.line(console.paint(Colour::kBold, visible(difference.path)));
  if (difference.lines.empty()) {
    if (difference.before) print_side(console, Colour::kRed, '-', compact_json(*difference.before));
    if (difference.after) print_side(console, Colour::kGreen, '+', compact_json(*difference.after));
  }
  for (const LineChange& change : difference.lines) {
    const std::string place = change.removed.empty() ? fmt::format("line {}, new", change.new_line)
                                                     : fmt::format("line {}", change.old_line);
    console.line(console.paint(Colour::kDim, "@ " + place));
    for (const std::string& line : change.removed) print_side(console, Colour::kRed, '-', line);
    for (const std::string& line : change.added) print_side(console, Colour::kGreen, '+', line);
  }
}

int diff(const DocDiffOptions& options, Console& console) {
  const auto error = [&](const Error& what) {
    console.failed(what);
    return kDocsError;
  };
  const std::vector<std::string> paths{options.before, options.after};
  auto files = load_updates(paths, options.format);
  if (!files) return error(files.error());
  auto before = load_content((*files)[0]);
  if (!before) return error(before.error());
  auto after = load_content((*files)[1]);
  if (!after) return error(after.error());
  const std::vector<Difference> differences = difference_of(*before, *after);
  for (const Difference& difference : differences)
    options.json ? console.line(json_of(difference)) : print(difference, console);
  return differences.empty() ? kDocsSame : kDocsDiffer;
}

}  // namespace

void add_doc_diff(Command& doc) {
  Command& command = doc.add("diff", "Compare what two documents hold");
  auto options = std::make_shared<DocDiffOptions>();
  command.argument({.name = "A", .text = "a document's state", .required = true, .is_file = true},
                   options->before);
  command.argument({.name = "B", .text = "another", .required = true, .is_file = true},
                   options->after);
  format_option(command, options->format);
  command.json_flag(options->json);
  command.details(
      "Compares content, with formats shown as ⟦marks⟧, not history: documents may be equal that "
      "were written "
      "by different clients. Exits 0 if they are the same, 1 if they differ, 2 on an error.");
  command.example("syncline doc diff monday.bin friday.bin", "what the week brought");
  command.run([options](Console& console) { return diff(*options, console); });
}

}  // namespace syncline::cli
