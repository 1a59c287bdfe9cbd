#include <memory>

#include "cli/commands.h"
#include "cli/doc/update_file.h"
#include "cli/files.h"

namespace syncline::cli {
namespace {

struct DocApplyOptions {
  std::string base;
  std::vector<std::string> updates;
  std::string format;
  std::string to = "v1";
  std::string output;
  bool keep_deleted = false;
};

int apply(const DocApplyOptions& options, Console& console) {
  std::vector<std::string> paths{options.base};
  paths.insert(paths.end(), options.updates.begin(), options.updates.end());
  auto files = load_updates(paths, options.format);
  if (!files) return console.failed(files.error());
  auto doc = document_of(*files, !options.keep_deleted);
  if (!doc) return console.failed(doc.error());
  const crdt::UpdateVersion to = version_of(options.to);
  auto written = write_file(options.output, doc->encode_state_as_update({}, to), console);
  if (!written) return console.failed(written.error());
  if (const std::string waiting = waiting_text(*doc, *files); !waiting.empty())
    console.message("kept, but not applied yet: " + waiting);
  return kDone;
}

}  // namespace

void add_doc_apply(Command& doc) {
  Command& command = doc.add("apply", "Apply updates to a document and write its new state");
  auto options = std::make_shared<DocApplyOptions>();
  command.argument(
      {.name = "BASE", .text = "the document's state", .required = true, .is_file = true},
      options->base);
  command.argument({.name = "UPDATE",
                    .text = "updates to apply to it, in order",
                    .required = true,
                    .is_file = true},
                   options->updates);
  output_option(command, options->output);
  version_option(command, options->to);
  command.flag({.name = "--keep-deleted", .text = "Keep deleted content, as Yjs with gc off"},
               options->keep_deleted);
  format_option(command, options->format);
  command.example("syncline doc apply notes.bin edit.bin -o notes.bin",
                  "bring a file up to date, in place");
  command.run([options](Console& console) { return apply(*options, console); });
}

}  // namespace syncline::cli
