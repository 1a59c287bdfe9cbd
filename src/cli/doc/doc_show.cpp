#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/doc/content.h"
#include "cli/doc/update_file.h"
#include "cli/json.h"
#include "cli/suggest.h"

namespace syncline::cli {
namespace {

using crdt::Any;
using crdt::TypeKind;

struct DocShowOptions {
  std::vector<std::string> files;
  std::string format;
  std::string as = "json";
  std::string root;
  bool json = false;
};

bool fits(const Root& root, std::string_view as) {
  if (as == "xml") return root.kind == TypeKind::kXmlFragment;
  return as == "json" || root.kind == TypeKind::kText;
}

// The root with the given name, or the only root if there is just one.
Result<Root> choose_root(const std::vector<Root>& roots, const DocShowOptions& options) {
  std::vector<std::string> names;
  for (const Root& root : roots) names.push_back(root.name);
  if (!options.root.empty()) {
    for (const Root& root : roots) {
      if (root.name == options.root) return root;
    }
    return fail(
        ErrorCode::kNotFound,
        fmt::format("no root type '{}'{}", options.root,
                    names.empty() ? "; the document is empty" : did_you_mean(options.root, names)));
  }
  if (roots.empty()) return fail(ErrorCode::kNotFound, "the document is empty");
  if (roots.size() == 1) return roots.front();
  const auto fitting = [&](const Root& root) { return fits(root, options.as); };
  if (std::count_if(roots.begin(), roots.end(), fitting) == 1)
    return *std::find_if(roots.begin(), roots.end(), fitting);
  return fail(ErrorCode::kInvalid,
              fmt::format("which root type? Choose one with --root: {}", fmt::join(names, ", ")));
}

// A root gets its kind at its first use. Here the wanted form of output decides it.
TypeKind kind_shown_as(std::string_view as, TypeKind guess) {
  if (as == "xml") return guess == TypeKind::kText ? TypeKind::kXmlText : TypeKind::kXmlFragment;
  return as == "json" ? guess : TypeKind::kText;
}

Any show_root(crdt::Doc& doc, const Root& root, const DocShowOptions& options) {
  const crdt::Type type = root_type(doc, root);
  if (options.as == "text") return crdt::as<crdt::Text>(type).to_string();
  if (options.as == "delta") return to_any(crdt::as<crdt::Text>(type).to_delta());
  if (options.as == "json") return content_of(type, false);
  return root.kind == TypeKind::kXmlText ? crdt::as<crdt::XmlText>(type).to_string()
                                         : crdt::as<crdt::XmlFragment>(type).to_string();
}

void print(const Any& content, const DocShowOptions& options, Console& console) {
  if (options.json) {
    Any::Object line{{"as", Any(options.as)}};
    if (!options.root.empty()) line.emplace_back("root", Any(options.root));
    line.emplace_back("content", content);
    return console.line(compact_json(line));
  }
  const auto* text = std::get_if<std::string>(&content.value());
  if (options.as == "text" || options.as == "xml") {
    console.out(*text);
    if (!text->ends_with('\n')) console.out("\n");
  } else {
    console.line(pretty_json(content));
  }
}

int show(DocShowOptions options, Console& console) {
  auto files = load_updates(options.files, options.format);
  if (!files) return console.failed(files.error());
  auto names = document_of(*files);
  if (!names) return console.failed(names.error());
  const std::vector<Root> roots = name_roots(*names);
  if (options.as == "json" && options.root.empty()) {
    print(content_of(*names, roots, false), options, console);
  } else {
    auto root = choose_root(roots, options);
    if (!root) return console.failed(root.error());
    // Guessing has fixed the kind of the root, so this uses a new document.
    auto doc = document_of(*files);
    if (!doc) return console.failed(doc.error());
    root->kind = kind_shown_as(options.as, root->kind);
    options.root = root->name;
    print(show_root(*doc, *root, options), options, console);
  }
  if (const std::string waiting = waiting_text(*names, *files); !waiting.empty())
    console.message("not all of it can be shown: " + waiting);
  return kDone;
}

}  // namespace

void add_doc_show(Command& doc) {
  Command& command = doc.add("show", "Print what a document holds");
  auto options = std::make_shared<DocShowOptions>();
  file_argument(command, options->files, "updates of one document, in any order");
  command.option({.name = "--as",
                  .value = "FORM",
                  .text = "Print as",
                  .choices = {"json", "text", "xml", "delta"}},
                 options->as);
  command.option({.name = "--root", .value = "NAME", .text = "Print one root type only"},
                 options->root);
  format_option(command, options->format);
  command.json_flag(options->json);
  command.details(
      "An update does not say whether a root type is a map, an array, a text or XML; that is "
      "guessed from what it holds. --as text, xml and delta read it as you say.");
  command.example("syncline doc show notes.bin", "everything, as JSON");
  command.example("syncline doc show base.bin edit1.bin edit2.bin --as text --root content",
                  "the text that several updates make");
  command.run([options](Console& console) { return show(*options, console); });
}

}  // namespace syncline::cli
