#include <memory>

#include "cli/commands.h"
#include "cli/doc/update_file.h"
#include "cli/files.h"
#include "syncline/crdt/updates.h"

namespace syncline::cli {
namespace {

struct DocMergeOptions {
  std::vector<std::string> files;
  std::string format;
  std::string to = "v1";
  std::string output;
};

Result<Bytes> merge(const DocMergeOptions& options) {
  auto files = load_updates(options.files, options.format);
  if (!files) return std::unexpected(std::move(files.error()));
  const crdt::UpdateVersion to = version_of(options.to);
  std::vector<ByteView> updates;
  for (UpdateFile& file : *files) {
    if (file.version != to) {
      auto converted = crdt::convert_update(file.bytes, file.version, to);
      if (!converted) return std::unexpected(std::move(converted.error()));
      file.bytes = std::move(*converted);
    }
    updates.push_back(file.bytes);
  }
  return crdt::merge_updates(updates, to);
}

}  // namespace

void add_doc_merge(Command& doc) {
  Command& command = doc.add("merge", "Make one update of several, without loading a document");
  auto options = std::make_shared<DocMergeOptions>();
  file_argument(command, options->files, "updates, in any order");
  output_option(command, options->output);
  version_option(command, options->to);
  format_option(command, options->format);
  command.details(
      "What lies between the updates may be missing; the result then waits for it too.");
  command.example("syncline doc merge edit1.bin edit2.bin -o edits.bin", "two updates as one");
  command.run([options](Console& console) {
    auto merged = merge(*options);
    if (!merged) return console.failed(merged.error());
    auto written = write_file(options->output, *merged, console);
    return written ? kDone : console.failed(written.error());
  });
}

}  // namespace syncline::cli
